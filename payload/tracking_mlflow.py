"""A training's record on an MLflow tracking server."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_files import present
from provenance import commit

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

#: The server takes no more metrics, or parameters, in one request.
_MOST_METRICS, _MOST_PARAMETERS = 1000, 100
_LONGEST_PARAMETER = 500


class MlflowRun:
    """One run; see `tracking.Recorder`.

    Args:
        uri: Of the server, or of a local store.
        experiment: Its name; made if there is none.
        name: Of a new run; None lets MLflow invent one.
        run_id: The run to go on with; None makes a new one.
    """

    def __init__(self, uri: str, experiment: str, name: str | None, run_id: str | None) -> None:
        # MLflow's own patience, several minutes, is longer than a training should wait for its record.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
        os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
        from mlflow import MlflowClient

        self._client = MlflowClient(uri)
        if run_id is None:
            place = _experiment(self._client, experiment)
            tags = {"mlflow.source.name": "train.py"}
            sha = commit()
            if sha:
                tags["mlflow.source.git.commit"] = sha
            run = self._client.create_run(place, run_name=name, tags=tags)
        else:
            run = self._client.get_run(run_id)
            self._client.set_terminated(run_id, "RUNNING")
        self.run_id = str(run.info.run_id)
        served = uri.startswith("http")
        page = f"{uri.rstrip('/')}/#/experiments/{run.info.experiment_id}/runs/{self.run_id}"
        self.url: str | None = page if served else None

    def parameters(self, values: Mapping[str, Any]) -> None:
        """See `tracking.Recorder.parameters`."""
        from mlflow.entities import Param

        told = [Param(name, str(value)[:_LONGEST_PARAMETER]) for name, value in values.items() if value is not None]
        for first in range(0, len(told), _MOST_PARAMETERS):
            self._client.log_batch(self.run_id, params=told[first : first + _MOST_PARAMETERS])

    def rounds(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """See `tracking.Recorder.rounds`."""
        metrics: list[Metric] = []
        for line in lines:
            values = {f"{part}_log_loss": loss for part, loss in line["log_loss"].items()}
            values |= {name: line[name] for name in ("rows_per_second", "memory_bytes")}
            metrics += _metrics(values, line["round"])
        self._send(metrics)

    def end(self, metrics: Mapping[str, float], directory: Path | None) -> None:
        """See `tracking.Recorder.end`."""
        self._send(_metrics(metrics, 0))
        if directory is not None:
            for file in present(directory):
                self._client.log_artifact(self.run_id, str(file))
        self._client.set_terminated(self.run_id)

    def fail(self) -> None:
        """See `tracking.Recorder.fail`."""
        self._client.set_terminated(self.run_id, "FAILED")

    def _send(self, metrics: Sequence[Metric]) -> None:
        for first in range(0, len(metrics), _MOST_METRICS):
            self._client.log_batch(self.run_id, metrics=metrics[first : first + _MOST_METRICS])


def _metrics(values: Mapping[str, float], step: int) -> list[Metric]:
    from mlflow.entities import Metric

    now = round(time.time() * 1000)
    return [Metric(name, float(value), now, step) for name, value in values.items()]


def _experiment(client: MlflowClient, name: str) -> str:
    """Its id; of two trainings that make it at once, one finds the other's."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name))
        except MlflowException:
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    return str(found.experiment_id)
