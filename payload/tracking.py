"""Experiment tracking: what a training tells MLflow or Weights & Biases while it runs.

Off unless ``--tracking`` names one. A training is worth more than its record: when the other side is away, one warning
says so and the training goes on without it, unless ``--tracking_required`` is given.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from problems import InputError

NONE, MLFLOW, WANDB = "none", "mlflow", "wandb"
CHOICES = (NONE, MLFLOW, WANDB)
#: Beside the checkpoints: which run a training that goes on belongs to.
_FILE = "tracking.json"
_SECONDS_BETWEEN_SENDS = 5.0

logger = logging.getLogger(__name__)

Opener = Callable[[str | None], "Recorder"]


class TrackingFailedError(Exception):
    """The record could not be kept, and ``--tracking_required`` was given."""


class Recorder(Protocol):
    """One run in a tracking system; each of its methods may raise whatever its client does."""

    run_id: str
    url: str | None

    def parameters(self, values: Mapping[str, Any]) -> None:
        """What is known before the first round."""

    def rounds(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Lines as `rounds.State` has them."""

    def end(self, metrics: Mapping[str, float], directory: Path | None) -> None:
        """The metrics of the hold-out and the directory with the model's files, if there is one; closes the run."""

    def fail(self) -> None:
        """Close the run as failed."""


class Tracking:
    """Keeps a training and its record apart, so that one may fail without the other.

    Args:
        opener: Opens a run: the one of the given id, or a new one; None keeps no record.
        kept: Directory that remembers the run's id for a training that goes on after a kill; None does not.
        required: Whether a failure of the record fails the training.
    """

    def __init__(self, opener: Opener | None = None, kept: Path | None = None, required: bool = False) -> None:
        self._opener, self._required = opener, required
        self._file = None if kept is None else kept / _FILE
        self._recorder: Recorder | None = None
        self._waiting: list[Mapping[str, Any]] = []
        self._sent = time.monotonic()

    @property
    def run(self) -> dict[str, str | None] | None:
        """For the result: id and address of the run; None where no record is kept."""
        return None if self._recorder is None else {"run_id": self._recorder.run_id, "url": self._recorder.url}

    def begin(self, parameters: Mapping[str, Any]) -> None:
        """Open the run, and say what is known before the first round."""
        if self._opener is not None:
            self._attempt(self._open)
            self._tell(lambda recorder: recorder.parameters(parameters))

    def round(self, line: Mapping[str, Any]) -> None:
        """Take in one round; several are sent at once, so that a slow server does not slow the training."""
        self._waiting.append(line)
        if time.monotonic() - self._sent > _SECONDS_BETWEEN_SENDS:
            self._send()

    def end(self, metrics: Mapping[str, Any], directory: Path | None) -> None:
        """Record the outcome, and close the run.

        Args:
            metrics: On the hold-out.
            directory: With the model's files; None where they are in the registry.
        """
        self._send()
        numbers = {name: float(value) for name, value in metrics.items() if value is not None}
        self._tell(lambda recorder: recorder.end(numbers, directory))
        if self._file is not None:
            self._file.unlink(missing_ok=True)

    def fail(self) -> None:
        """Close the run as failed, whatever else goes wrong."""
        self._required = False
        self._send()
        self._tell(lambda recorder: recorder.fail())

    def _open(self) -> None:
        if self._opener is None:
            return
        self._recorder = self._opener(self._known_run())
        logger.info("tracking: run %s %s", self._recorder.run_id, self._recorder.url or "")
        if self._file is not None:
            self._file.write_text(json.dumps({"run_id": self._recorder.run_id}), encoding="utf-8")

    def _known_run(self) -> str | None:
        try:
            return None if self._file is None else str(json.loads(self._file.read_bytes())["run_id"])
        except (OSError, ValueError, KeyError):
            return None

    def _send(self) -> None:
        lines, self._waiting, self._sent = self._waiting, [], time.monotonic()
        if lines:
            self._tell(lambda recorder: recorder.rounds(lines))

    def _tell(self, act: Callable[[Recorder], object]) -> None:
        recorder = self._recorder
        if recorder is not None:
            self._attempt(lambda: act(recorder))

    def _attempt(self, act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:
            self._recorder = None
            reason = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
            if self._required:
                raise TrackingFailedError(f"--tracking_required: no record can be kept ({reason})") from error
            logger.warning("tracking is away, training goes on without it: %s", reason)


OFF = Tracking()


@contextmanager
def tracked(arguments: argparse.Namespace, leads: bool) -> Iterator[Tracking]:
    """The record that the arguments ask for; a failure within the block closes it as failed.

    Args:
        arguments: As `training_arguments.parser` gives them.
        leads: Whether this instance is the one that writes.
    """
    if arguments.tracking == NONE or not leads:
        yield Tracking()
        return
    tracking = Tracking(_opener(arguments), arguments.checkpoint_dir, arguments.tracking_required)
    try:
        yield tracking
    except BaseException:
        tracking.fail()
        raise


def check_tracking(arguments: argparse.Namespace) -> None:
    """Refuse what cannot work, before anything is read.

    Raises:
        InputError: If the server or the key is not said, or a password would be in the log.
    """
    if arguments.tracking == MLFLOW and not _uri(arguments):
        raise InputError(
            "--tracking=mlflow",
            "no server is named",
            "It is --tracking_uri or $MLFLOW_TRACKING_URI, as http://mlflow-server:5000",
            "Name it, or leave --tracking out",
        )
    offline = os.environ.get("WANDB_MODE") in ("offline", "disabled")
    if arguments.tracking == WANDB and not offline and not os.environ.get("WANDB_API_KEY"):
        raise InputError(
            "--tracking=wandb",
            "$WANDB_API_KEY is not set",
            "The key comes from a Snowflake secret that the job's specification puts there",
            "Add the secret to the job, or set WANDB_MODE=offline",
        )
    if urlsplit(_uri(arguments) or "").password:
        raise InputError(
            "--tracking_uri",
            "it holds a password",
            "Arguments are in logs and results",
            "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD from secrets",
        )


def _uri(arguments: argparse.Namespace) -> str | None:
    variable = {MLFLOW: "MLFLOW_TRACKING_URI", WANDB: "WANDB_BASE_URL"}.get(arguments.tracking, "")
    return arguments.tracking_uri or os.environ.get(variable) or None


def _opener(arguments: argparse.Namespace) -> Opener:
    experiment = arguments.experiment or arguments.model_name
    name = os.environ.get("SNOWFLAKE_SERVICE_NAME")
    uri = _uri(arguments)
    if arguments.tracking == MLFLOW:

        def open_mlflow(run_id: str | None) -> Recorder:
            from tracking_mlflow import MlflowRun

            return MlflowRun(uri or "", experiment, name, run_id)

        return open_mlflow

    def open_wandb(run_id: str | None) -> Recorder:
        from tracking_wandb import WandbRun

        return WandbRun(uri, experiment, name, run_id)

    return open_wandb
