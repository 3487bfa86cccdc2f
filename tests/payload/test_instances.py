"""Several instances that train one model."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from instances import Instance, this_instance
from problems import InputError

from tests.payload.training_processes import TrainingProcesses

Together = Callable[..., list[tuple[int, str]]]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def train_together(trainings: TrainingProcesses) -> Together:
    """``train_together(model, instances, *arguments, fails="0")``: exit code and output of each instance."""

    def start(model: Path, instances: int, *arguments: str, fails: str = "none") -> list[tuple[int, str]]:
        shared = {"PAYLOAD_TRACKER_PORT": str(_free_port()), "SNOWFLAKE_JOBS_COUNT": str(instances)}
        running = [
            trainings.start(
                model, 20_000, "--num_rounds", "10", *arguments, fails=fails, **shared, SNOWFLAKE_JOB_INDEX=str(index)
            )
            for index in range(instances)
        ]
        return [each.ended() for each in running]

    return start


def _result(model: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(model.with_suffix(".json").read_text())
    return result


@pytest.mark.parametrize("way", [[], ["--memory", "blocks", "--blocks", "2"]], ids=["whole", "blocks"])
def test_two_instances_agree_with_one(train_together: Together, tmp_path: Path, way: list[str]) -> None:
    """Each reads half of the rows; the same rows are held out, and the AUC is the same within its interval."""
    one, two = tmp_path / "one.ubj", tmp_path / "two.ubj"
    for model, instances in ((one, 1), (two, 2)):
        for status, output in train_together(model, instances, *way):
            assert status == 0, output
    alone, together = _result(one), _result(two)
    for name in ("rows", "train_rows", "holdout_rows", "fingerprint"):
        assert alone[name] == together[name], name
    assert alone["metrics"]["label_rate"] == together["metrics"]["label_rate"]
    assert abs(alone["auc"] - together["auc"]) < alone["metrics"]["auc_standard_error"]
    assert together["instances"] == 2


@pytest.mark.parametrize("failing", [0, 1])
def test_failing_instance_fails_the_other_with_its_reason(
    train_together: Together, tmp_path: Path, failing: int
) -> None:
    """A wrong label in one instance's rows ends both; nobody writes a model."""
    ended = train_together(tmp_path / "model.ubj", 2, fails=str(failing))
    assert ended[failing][0] == 2, ended[failing][1]
    assert "--label=IS_DEFAULT: it holds 2" in ended[failing][1]
    status, output = ended[1 - failing]
    assert status == 1
    assert (
        f"instance {failing} failed to read MEMORY.PUBLIC.LOANS: InputError: --label=IS_DEFAULT: it holds 2" in output
    )
    assert not (tmp_path / "model.ubj").exists()


def test_this_instance_is_what_snowflake_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without REPLICAS the variables are not there."""
    monkeypatch.delenv("SNOWFLAKE_JOB_INDEX", raising=False)
    monkeypatch.delenv("SNOWFLAKE_JOBS_COUNT", raising=False)
    assert this_instance() == Instance(0, 1)
    monkeypatch.setenv("SNOWFLAKE_JOB_INDEX", "2")
    monkeypatch.setenv("SNOWFLAKE_JOBS_COUNT", "3")
    assert this_instance() == Instance(2, 3)


@pytest.mark.parametrize(("index", "count"), [("2", "2"), ("x", "2"), ("-1", "2"), ("0", "0")])
def test_this_instance_that_cannot_be_is_refused(index: str, count: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index outside of the count would train on no rows."""
    monkeypatch.setenv("SNOWFLAKE_JOB_INDEX", index)
    monkeypatch.setenv("SNOWFLAKE_JOBS_COUNT", count)
    with pytest.raises(InputError, match="SNOWFLAKE_JOB_INDEX"):
        this_instance()
