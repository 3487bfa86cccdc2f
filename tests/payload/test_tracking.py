"""The record of a training in another system: what is sent, and what happens when nobody takes it."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import train
from problems import InputError
from tracking import Tracking, TrackingFailedError, check_tracking, tracked

Arguments = Callable[..., argparse.Namespace]
Table = Callable[..., Any]


class Listener:
    """A tracking system that keeps what it hears, until it fails at a call of a given name."""

    url = None

    def __init__(self, run_id: str | None = None, fails_at: str = "") -> None:
        self.run_id, self.fails_at = run_id or "new", fails_at
        self.heard: list[tuple[str, Any]] = []

    def _hear(self, call: str, content: Any) -> None:
        if call == self.fails_at:
            raise ConnectionError("the server is away")
        self.heard.append((call, content))

    def parameters(self, values: Mapping[str, Any]) -> None:
        """See `tracking.Recorder.parameters`."""
        self._hear("parameters", dict(values))

    def rounds(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """See `tracking.Recorder.rounds`."""
        self._hear("rounds", [line["round"] for line in lines])

    def end(self, metrics: Mapping[str, float], directory: Path | None) -> None:
        """See `tracking.Recorder.end`."""
        self._hear("end", dict(metrics))

    def fail(self) -> None:
        """See `tracking.Recorder.fail`."""
        self._hear("fail", None)


def _train(table: Table, train_arguments: Arguments, work: Path, tracking: Tracking) -> train.Trained:
    arguments = train_arguments("--num_rounds", "3", "--threads", "1")
    trained = train.train(table(2000), arguments, work, tracking=tracking)
    tracking.end(trained.metrics["metrics"], None)
    return trained


def test_training_is_recorded_from_its_parameters_to_its_metrics(
    table: Table, train_arguments: Arguments, tmp_path: Path
) -> None:
    """Arguments and data first, each round once, the metrics of the hold-out last; the result says where."""
    listener = Listener()
    trained = _train(table, train_arguments, tmp_path, Tracking(lambda run_id: listener))
    (_, parameters), *rounds, (_, metrics) = listener.heard
    assert (parameters["max_depth"], parameters["train_rows"]) == (6, trained.result["train_rows"])
    assert parameters["fingerprint"] == trained.result["fingerprint"]
    assert [number for _, numbers in rounds for number in numbers] == [1, 2, 3]
    assert metrics["auc"] == trained.result["auc"]
    assert trained.result["tracking"] == {"run_id": "new", "url": None}


@pytest.mark.parametrize("call", ["open", "parameters", "rounds", "end"])
def test_training_goes_on_when_its_record_cannot_be_kept(
    table: Table, train_arguments: Arguments, tmp_path: Path, caplog: pytest.LogCaptureFixture, call: str
) -> None:
    """One warning, and the same model."""

    def opener(run_id: str | None) -> Listener:
        if call == "open":
            raise ConnectionError("the server is away")
        return Listener(fails_at=call)

    trained = _train(table, train_arguments, tmp_path, Tracking(opener))
    assert trained.result["trees"] == 3
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ["tracking is away, training goes on without it: ConnectionError: the server is away"]


def test_training_fails_with_its_record_when_asked_to(table: Table, train_arguments: Arguments, tmp_path: Path) -> None:
    """--tracking_required is for those who must not have a model without a record."""
    tracking = Tracking(lambda run_id: Listener(fails_at="parameters"), required=True)
    with pytest.raises(TrackingFailedError, match=r"--tracking_required.*the server is away"):
        _train(table, train_arguments, tmp_path, tracking)


def test_training_that_goes_on_belongs_to_the_run_it_began(tmp_path: Path) -> None:
    """The run's id lies beside the checkpoints until the training has ended."""
    opened: list[str | None] = []

    def opener(run_id: str | None) -> Listener:
        opened.append(run_id)
        return Listener(run_id or "first")

    Tracking(opener, tmp_path).begin({})
    again = Tracking(opener, tmp_path)
    again.begin({})
    again.end({}, None)
    Tracking(opener, tmp_path).begin({})
    assert opened == [None, "first", None]


def test_tracked_block_that_fails_leaves_a_failed_run(
    train_arguments: Arguments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In MLflow itself, with a local store: nobody takes the run for one that still works."""
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    arguments = train_arguments("--tracking", "mlflow", "--tracking_uri", (tmp_path / "runs").as_uri())

    def work() -> None:
        with tracked(arguments, True) as tracking:
            tracking.begin({"rows": 5})
            raise RuntimeError("it broke")

    with pytest.raises(RuntimeError, match="broke"):
        work()
    client = mlflow.MlflowClient((tmp_path / "runs").as_uri())
    (experiment,) = [found for found in client.search_experiments() if found.name == "loan_default_predictor"]
    (run,) = client.search_runs([experiment.experiment_id])
    assert (run.info.status, run.data.params) == ("FAILED", {"rows": "5"})


@pytest.mark.parametrize(
    ("argv", "environment", "words"),
    [
        (["mlflow"], {}, "--tracking=mlflow: no server is named"),
        (["wandb"], {}, r"--tracking=wandb: \$WANDB_API_KEY is not set.*Snowflake secret"),
        (["mlflow", "--tracking_uri", "http://me:secret@host"], {}, "--tracking_uri: it holds a password"),
        (["mlflow"], {"MLFLOW_TRACKING_URI": "http://me:secret@host"}, "--tracking_uri: it holds a password"),
    ],
    ids=["no server", "no key", "password", "password in the environment"],
)
def test_tracking_that_cannot_work_is_refused_before_anything_is_read(
    train_arguments: Arguments,
    monkeypatch: pytest.MonkeyPatch,
    argv: list[str],
    environment: dict[str, str],
    words: str,
) -> None:
    """And no message holds a password."""
    for name in ("MLFLOW_TRACKING_URI", "WANDB_API_KEY", "WANDB_MODE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=words) as refused:
        check_tracking(train_arguments("--tracking", *argv))
    assert "secret@" not in str(refused.value)


@pytest.fixture
def mlflow_server(tmp_path: Path) -> Iterator[str]:
    """A real MLflow server, by the program that ``MLFLOW_PROGRAM`` names: mlflow-skinny is only the client."""
    program = os.environ.get("MLFLOW_PROGRAM")
    if program is None:
        pytest.skip("MLFLOW_PROGRAM does not name a whole MLflow")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [program, "server", "--port", str(port), "--workers", "1"]
    store = ["--backend-store-uri", f"sqlite:///{tmp_path}/runs.db", "--artifacts-destination", f"{tmp_path}/files"]
    with subprocess.Popen([*command, *store], cwd=tmp_path) as server:
        try:
            deadline = time.monotonic() + 400
            while time.monotonic() < deadline and server.poll() is None:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5)
                    break
                except OSError:
                    time.sleep(0.5)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.mark.slow
def test_training_is_recorded_by_a_real_mlflow_server(
    table: Table, train_arguments: Arguments, tmp_path: Path, mlflow_server: str
) -> None:
    """Parameters, a metric for each round, files."""
    from mlflow import MlflowClient

    arguments = train_arguments("--num_rounds", "4", "--tracking", "mlflow", "--tracking_uri", mlflow_server)
    directory = tmp_path / "model"
    directory.mkdir()
    with tracked(arguments, True) as tracking:
        trained = train.train(table(3000), arguments, tmp_path, tracking=tracking)
        train.save_to_directory(trained, directory, report=True)
        tracking.end(trained.metrics["metrics"], directory)
    client = MlflowClient(mlflow_server)
    run = client.get_run(trained.result["tracking"]["run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.params["num_rounds"] == "4"
    assert run.data.metrics["auc"] == trained.result["auc"]
    losses = client.get_metric_history(run.info.run_id, "holdout_log_loss")
    assert [round(metric.value, 6) for metric in losses] == trained.metrics["log_loss_by_round"]["holdout"]
    assert {"model.ubj", "report.html"} <= {file.path for file in client.list_artifacts(run.info.run_id)}


@pytest.mark.slow
def test_training_is_recorded_by_wandb_without_a_network(
    table: Table, train_arguments: Arguments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offline, the run's files are left beside the model, to be sent later."""
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    arguments = train_arguments("--num_rounds", "4", "--tracking", "wandb", "--tracking_required")
    directory = tmp_path / "model"
    directory.mkdir()
    with tracked(arguments, True) as tracking:
        trained = train.train(table(3000), arguments, tmp_path, tracking=tracking)
        train.save_to_directory(trained, directory)
        tracking.end(trained.metrics["metrics"], directory)
    (record,) = (directory / "wandb").glob("offline-run-*/*.wandb")
    content = record.read_bytes()
    assert trained.result["tracking"]["run_id"].encode() in content
    assert b"holdout_log_loss" in content
