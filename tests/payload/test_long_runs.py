"""Trainings that are killed, stopped early or looked at while they run."""

from __future__ import annotations

import argparse
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import train
from pipeline import load_booster
from problems import InputError

from tests.payload.training_processes import TrainingProcesses

Arguments = Callable[..., argparse.Namespace]
Table = Callable[..., Any]


@pytest.mark.parametrize(
    "way",
    [[], ["--memory", "blocks", "--blocks", "10"], ["--early_stopping_rounds", "40"]],
    ids=["whole", "blocks", "early"],
)
def test_killed_training_goes_on_to_the_same_model(
    trainings: TrainingProcesses, tmp_path: Path, way: list[str]
) -> None:
    """Killed with -9 after a checkpoint, run again: byte for byte what an undisturbed run gives."""
    argv = ["--num_rounds", "60", "--checkpoint_rounds", "5", *way]
    kept, cut, whole = tmp_path / "checkpoints", tmp_path / "killed.ubj", tmp_path / "whole.ubj"
    killed = trainings.start(cut, 20_000, *argv, "--checkpoint_dir", str(kept), killed_in=str(kept)).ended()
    assert killed[0] == -signal.SIGKILL, killed
    assert not cut.exists()
    resumed = trainings.start(cut, 20_000, *argv, "--checkpoint_dir", str(kept)).ended()
    assert resumed[0] == 0, resumed
    assert "going on after round" in resumed[1]
    undisturbed = trainings.start(whole, 20_000, *argv, "--checkpoint_dir", str(tmp_path / "other")).ended()
    assert undisturbed[0] == 0, undisturbed
    assert cut.read_bytes() == whole.read_bytes()


def test_checkpoint_of_another_training_is_refused(table: Table, train_arguments: Arguments, tmp_path: Path) -> None:
    """Its trees would be mixed with those of other arguments or rows; the message says what differs."""
    kept = ("--num_rounds", "4", "--checkpoint_rounds", "2", "--checkpoint_dir", str(tmp_path / "kept"))
    train.train(table(5000), train_arguments(*kept), tmp_path)
    with pytest.raises(InputError, match=r"another training's checkpoint .*max_depth was 6 and is 3"):
        train.train(table(5000), train_arguments(*kept, "--max_depth", "3"), tmp_path)
    with pytest.raises(InputError, match="fingerprint was"):
        train.train(table(5001), train_arguments(*kept), tmp_path)


def test_training_goes_on_with_its_engine_whatever_memory_is_free(
    table: Table, train_arguments: Arguments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was begun in blocks does not change to in memory because the second container has more of it."""
    kept = ("--num_rounds", "4", "--checkpoint_rounds", "1", "--checkpoint_dir", str(tmp_path / "kept"))
    forced = train_arguments(*kept, "--memory", "blocks", "--blocks", "2")
    first = train.train(table(5000), forced, tmp_path)
    for document in (tmp_path / "kept").glob("*.json"):
        # As if the choice had been made by the memory that was free.
        content = json.loads(document.read_text())
        content["identity"]["memory"] = "auto"
        document.write_text(json.dumps(content))
    again = train.train(table(5000), train_arguments(*kept), tmp_path)
    assert again.result["engine"]["name"] == "blocks"
    assert again.model == first.model


def test_checkpoint_that_is_half_written_is_left_out(table: Table, train_arguments: Arguments, tmp_path: Path) -> None:
    """A kill in the middle of writing loses that checkpoint, not the one before it."""
    kept = tmp_path / "kept"
    arguments = train_arguments("--num_rounds", "6", "--checkpoint_rounds", "2", "--checkpoint_dir", str(kept))
    first = train.train(table(5000), arguments, tmp_path)
    assert sorted(path.name for path in kept.glob("*.json")) == ["round-000004.json", "round-000006.json"]
    model = kept / "round-000006.ubj"
    model.write_bytes(model.read_bytes()[:100])
    assert train.train(table(5000), arguments, tmp_path).model == first.model


def test_early_stopping_keeps_the_best_round_of_the_validation_part(
    table: Table, train_arguments: Arguments, tmp_path: Path
) -> None:
    """A quickly overfitting training ends early, and the model still knows its categories."""
    arguments = train_arguments(
        "--num_rounds", "200", "--early_stopping_rounds", "5", "--learning_rate", "0.8", "--max_depth", "8"
    )
    trained = train.train(table(8000), arguments, tmp_path)
    losses = trained.metrics["log_loss_by_round"]["validation"]
    assert trained.result["stopped_early"]
    assert trained.result["trees"] == int(np.argmin(losses)) + 1 == len(losses) - 5
    assert trained.result["validation_rows"] == pytest.approx(640, rel=0.2)
    booster: Any = load_booster(trained.model, "")
    assert dict(booster.get_categories(export_to_arrow=True).to_arrow())["LOAN_PURPOSE"] is not None


def test_validation_part_does_not_change_the_hold_out(table: Table, train_arguments: Arguments, tmp_path: Path) -> None:
    """Models with and without early stopping are compared on the same rows."""
    plain = train.train(table(8000), train_arguments("--num_rounds", "2"), tmp_path).result
    early = train.train(
        table(8000), train_arguments("--num_rounds", "2", "--early_stopping_rounds", "1"), tmp_path
    ).result
    assert plain["holdout_rows"] == early["holdout_rows"]
    assert plain["train_rows"] == early["train_rows"] + early["validation_rows"]


def test_rounds_are_told_one_json_line_each(table: Table, train_arguments: Arguments, tmp_path: Path) -> None:
    """Losses, speed and memory of each round, for whoever plots them."""
    trained = train.train(table(5000), train_arguments("--num_rounds", "7"), tmp_path)
    train.save_to_directory(trained, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "rounds.jsonl").read_text().splitlines()]
    assert [line["round"] for line in lines] == list(range(1, 8))
    assert [line["log_loss"]["holdout"] for line in lines] == trained.metrics["log_loss_by_round"]["holdout"]
    assert all(line["memory_bytes"] > 10**7 and line["rows_per_second"] > 0 for line in lines)
