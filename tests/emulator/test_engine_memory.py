"""The memory that DuckDB is told it may take."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_spcs.emulator.engine import memory


@pytest.mark.parametrize(
    ("groups", "file", "text"),
    [
        ("0::/\n", "memory.max", "1048576\n"),
        ("0::/a/b\n", "a/b/memory.max", "1048576\n"),
        ("0::/a/b\n", "a/memory.max", "1048576\n"),
        ("5:cpu:/x\n4:memory:/docker/1\n0::/\n", "memory/memory.limit_in_bytes", "1048576\n"),
        ("4:memory:/docker/1\n", "memory/docker/1/memory.limit_in_bytes", "1048576\n"),
    ],
)
def test_limit_of_a_container_counts_not_the_machines_memory(tmp_path: Path, groups: str, file: str, text: str) -> None:
    """Of either version of control groups, the own one or one around it; else the kernel would kill the emulator."""
    own, place = tmp_path / "own", tmp_path / "mount" / file
    own.write_text(groups)
    place.parent.mkdir(parents=True)
    place.write_text(text)
    assert memory.limit(tmp_path / "mount", own) == 2**20


@pytest.mark.parametrize("text", ["max\n", "9223372036854771712\n", ""])
def test_without_a_limit_the_machines_memory_counts(tmp_path: Path, text: str) -> None:
    """No limit is written as a word, as a number beyond any machine, or not at all."""
    own = tmp_path / "own"
    own.write_text("0::/\n")
    (tmp_path / "memory.max").write_text(text)
    assert memory.limit(tmp_path, own) == memory.limit(tmp_path / "none", tmp_path / "none") > 2**25
