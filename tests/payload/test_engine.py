"""Which way the rows are held while training, and what each gives."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import train
from engine import Size, check_disk, choose_engine
from machine import MemoryLimit, memory_limit, parse_bytes, resident_memory
from memory_watch import MemoryExhaustedError, MemoryWatch
from problems import InputError

Arguments = Callable[..., argparse.Namespace]
Table = Callable[..., Any]
_TEN_MILLION = Size(10_000_000, 9, missing=False)


def _limit(gigabytes: float) -> MemoryLimit:
    return MemoryLimit(int(gigabytes * 1e9), "a test")


def _train(table: Table, train_arguments: Arguments, work: Path, *argv: str) -> train.Trained:
    return train.train(table(30_000), train_arguments("--num_rounds", "12", *argv), work)


def test_external_memory_gives_the_model_of_in_memory(table: Table, train_arguments: Arguments, tmp_path: Path) -> None:
    """Where the bins lie changes nothing in the trees."""
    inside = _train(table, train_arguments, tmp_path, "--memory", "in_memory")
    outside = _train(table, train_arguments, tmp_path, "--memory", "external")
    assert inside.model == outside.model
    assert outside.result["engine"]["name"] == "external"


def test_blocks_train_all_rounds_to_nearly_the_same_auc(
    table: Table, train_arguments: Arguments, tmp_path: Path
) -> None:
    """Each block trains its share of the trees, and all of them make one model."""
    whole = _train(table, train_arguments, tmp_path)
    blocks = _train(table, train_arguments, tmp_path, "--memory", "blocks", "--blocks", "4")
    assert blocks.result["trees"] == 12
    assert [line["block"] for line in blocks.rounds] == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    assert blocks.result["auc"] == pytest.approx(whole.result["auc"], abs=0.015)
    assert "4 rotating blocks" in blocks.result["matrix"]


@pytest.mark.parametrize(
    ("gigabytes", "name"), [(16, "in_memory"), (1.5, "external"), (1.0, "blocks")], ids=["large", "middle", "small"]
)
def test_choose_engine_takes_the_first_that_fits_and_says_why(gigabytes: float, name: str) -> None:
    """Ten million rows want 0.87 GB in memory and 0.46 GB outside, beside a constant."""
    engine = choose_engine(_TEN_MILLION, _limit(gigabytes), 100)
    assert engine.name == name
    assert engine.memory_bytes <= gigabytes * 1e9
    assert "a test" in engine.reason


def test_choose_engine_with_missing_values_expects_more() -> None:
    """A missing value anywhere makes XGBoost's bins larger."""
    dense = choose_engine(_TEN_MILLION, _limit(16), 100)
    sparse = choose_engine(Size(10_000_000, 9, missing=True), _limit(16), 100)
    assert sparse.memory_bytes > 1.2 * dense.memory_bytes


def test_choose_engine_takes_more_blocks_for_more_rows() -> None:
    """A block stays as large as the limit allows."""
    few = choose_engine(Size(100_000_000, 9, missing=False), _limit(4), 1000, "blocks")
    many = choose_engine(Size(1_000_000_000, 9, missing=False), _limit(4), 1000, "blocks")
    assert 8 * few.blocks < many.blocks < 12 * few.blocks


@pytest.mark.parametrize(
    ("gigabytes", "rounds", "forced", "blocks", "words"),
    [
        (1.0, 100, "in_memory", None, r"--memory=in_memory: it is expected to take 1\.\d+ GB, and 1.00 GB"),
        (0.7, 100, "external", None, "--memory=external: it is expected"),
        (16.0, 100, "in_memory", 4, "--blocks=4: --memory=in_memory has none"),
        (0.6, 5, "auto", None, r"--num_rounds=5: \d+ blocks are needed"),
        (0.3, 100, "auto", None, "memory: it is expected to take 0.40 GB"),
        (0.7, 100, "blocks", 2, "--blocks=2: it is expected"),
    ],
    ids=["in memory", "external", "two ways", "few rounds", "no room", "few blocks"],
)
def test_choose_engine_of_what_cannot_fit_is_refused(
    gigabytes: float, rounds: int, forced: str, blocks: int | None, words: str
) -> None:
    """Before anything is trained, with the bytes expected and those there are."""
    with pytest.raises(InputError, match=words):
        choose_engine(_TEN_MILLION, _limit(gigabytes), rounds, forced, blocks)


def test_more_blocks_than_batches_are_refused(table: Table, train_arguments: Arguments, tmp_path: Path) -> None:
    """A block without rows teaches nothing."""
    with pytest.raises(InputError, match="--blocks=500: the rows come in"):
        train.train(
            table(2000), train_arguments("--num_rounds", "500", "--memory", "blocks", "--blocks", "500"), tmp_path
        )


def test_check_disk_without_room_for_the_copy_is_refused(tmp_path: Path) -> None:
    """Said before the first row is read."""
    with pytest.raises(InputError, match=r"--work_dir=.*the local copy may take \d+"):
        check_disk(tmp_path, 10**13, 9)


def test_memory_watch_near_its_limit_ends_training_with_the_numbers() -> None:
    """Before the kernel would, and with a mend."""
    held = resident_memory()[1]
    with pytest.raises(MemoryExhaustedError, match=r"are taken\. Training ends at 92%.*--memory external"):
        MemoryWatch(MemoryLimit(int(held * 1.05), "a test")).check()
    MemoryWatch(MemoryLimit(held * 10, "a test")).check()


@pytest.mark.parametrize(("text", "size"), [("4Gi", 4 * 2**30), ("500M", 500_000_000), ("123", 123), ("1.5G", 1.5e9)])
def test_parse_bytes_reads_sizes_as_specifications_write_them(text: str, size: float) -> None:
    """Binary and decimal units."""
    assert parse_bytes(text, "--memory_limit") == size


@pytest.mark.parametrize("text", ["", "4Gib4", "-1", "0", "lots"])
def test_parse_bytes_of_what_is_no_size_is_refused(text: str) -> None:
    """The message names the argument."""
    with pytest.raises(InputError, match="--memory_limit"):
        parse_bytes(text, "--memory_limit")


def test_memory_limit_is_the_least_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment says what the container allows; the command line can only lower it."""
    monkeypatch.setenv("PAYLOAD_MEMORY_LIMIT", "300M")
    assert memory_limit("1T") == MemoryLimit(300_000_000, "$PAYLOAD_MEMORY_LIMIT")
    assert memory_limit("200M").bytes == 200_000_000
