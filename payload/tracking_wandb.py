"""A training's record in Weights & Biases.

The key is ``$WANDB_API_KEY``, from a Snowflake secret; the job needs an external access integration for the host. With
``WANDB_MODE=offline`` it needs neither: the run's files are left in ``wandb`` beside the model, for ``wandb sync``.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from model_files import present

_SECONDS_TO_OPEN, _SECONDS_TO_END = 60, 120


class WandbRun:
    """One run; see `tracking.Recorder`.

    Args:
        uri: Of a server of one's own; None is W&B's.
        experiment: The project.
        name: Of a new run; None lets W&B invent one.
        run_id: The run to go on with; None makes a new one.
    """

    def __init__(self, uri: str | None, experiment: str, name: str | None, run_id: str | None) -> None:
        import wandb

        if uri:
            os.environ["WANDB_BASE_URL"] = uri
        # A stage takes no appends, and W&B's files are nothing but.
        self._files = Path(tempfile.mkdtemp(prefix="wandb-"))
        settings = wandb.Settings(
            silent=True,
            console="off",
            init_timeout=_SECONDS_TO_OPEN,
            finish_timeout=_SECONDS_TO_END,
            finish_timeout_raises=True,
        )
        project = experiment.replace(".", "-").replace('"', "")
        self._run = wandb.init(
            project=project, name=name, id=run_id, resume="allow", dir=self._files, settings=settings
        )
        self.run_id, self.url = str(self._run.id), self._run.url

    def parameters(self, values: Mapping[str, Any]) -> None:
        """See `tracking.Recorder.parameters`."""
        config: Any = self._run.config
        config.update(dict(values), allow_val_change=True)

    def rounds(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """See `tracking.Recorder.rounds`."""
        for line in lines:
            values = {f"{part}_log_loss": loss for part, loss in line["log_loss"].items()}
            values |= {name: line[name] for name in ("rows_per_second", "memory_bytes")}
            self._run.log(values, step=line["round"])

    def end(self, metrics: Mapping[str, float], directory: Path | None) -> None:
        """See `tracking.Recorder.end`."""
        import wandb

        self._run.summary.update(dict(metrics))
        if directory is not None:
            artifact = wandb.Artifact(f"model-{self.run_id}", type="model")
            for file in present(directory):
                artifact.add_file(str(file))
            self._run.log_artifact(artifact)
        self._run.finish()
        if directory is not None and os.environ.get("WANDB_MODE") == "offline":
            # W&B's own process writes the files, now and then after the run is said to be finished.
            wandb.teardown()
            shutil.copytree(self._files / "wandb", directory / "wandb", symlinks=False, dirs_exist_ok=True)
        shutil.rmtree(self._files, ignore_errors=True)

    def fail(self) -> None:
        """See `tracking.Recorder.fail`."""
        self._run.finish(exit_code=1)
        shutil.rmtree(self._files, ignore_errors=True)
