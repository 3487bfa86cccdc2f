"""What belongs to a payload, and its hash."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from airflow_provider_spcs.errors import InvalidInput
from airflow_provider_spcs.payload_tree import gather


def write(root: Path, files: dict[str, str]) -> Path:
    """A directory with files."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_files_of_tools_and_of_git_are_left_out(tmp_path: Path) -> None:
    """Only what a person wrote is uploaded."""
    files = {"a.py": "1", "sub/b.py": "2", ".hidden": "3", ".git/config": "x", "__pycache__/a.pyc": "x",
             "sub/__pycache__/b.pyc": "x", "c.pyc": "x", ".venv/bin/python": "x", ".DS_Store": "x"}  # fmt: skip
    tree = gather(write(tmp_path, files))
    assert [file.path for file in tree.files] == [".hidden", "a.py", "sub/b.py"]


def test_hash_depends_on_content_and_path_only(tmp_path: Path) -> None:
    """The same on every machine, whatever the times."""
    one = write(tmp_path / "one", {"a.py": "1", "b.py": "2"})
    two = write(tmp_path / "two", {"b.py": "2", "a.py": "1"})
    os.utime(two / "a.py", (0, 0))
    assert gather(one).digest == gather(two).digest
    (two / "a.py").write_text("changed")
    assert gather(one).digest != gather(two).digest


def test_hash_is_pinned(tmp_path: Path) -> None:
    """A new version must find the payload that the old one uploaded."""
    assert gather(write(tmp_path, {"a.py": "1"})).digest == "fcd1a51745a06d15"


def test_renamed_file_changes_the_hash(tmp_path: Path) -> None:
    """A path is content too."""
    one = gather(write(tmp_path / "one", {"a.py": "1"}))
    assert one.digest != gather(write(tmp_path / "two", {"b.py": "1"})).digest


def test_link_inside_is_followed_and_link_out_is_refused(tmp_path: Path) -> None:
    """What is outside was not meant to be uploaded."""
    root = write(tmp_path / "root", {"a.py": "1"})
    (root / "b.py").symlink_to("a.py")
    assert [file.path for file in gather(root).files] == ["a.py", "b.py"]
    (tmp_path / "secret").write_text("x")
    (root / "c.py").symlink_to(tmp_path / "secret")
    with pytest.raises(InvalidInput, match="leads to"):
        gather(root)


def test_link_to_a_directory_is_refused(tmp_path: Path) -> None:
    """It may lead around in a circle."""
    root = write(tmp_path, {"a.py": "1"})
    (root / "loop").symlink_to(root)
    with pytest.raises(InvalidInput, match="link to a directory"):
        gather(root)


@pytest.mark.parametrize("name", ["a'b.py", "a$b.py", "a;b.py", "a*b.py", "a[b].py", 'a"b.py'])
def test_name_that_a_stage_cannot_hold_is_refused(tmp_path: Path, name: str) -> None:
    """Before anything is uploaded."""
    with pytest.raises(InvalidInput, match="Rename it"):
        gather(write(tmp_path, {name: "1"}))


def test_empty_or_missing_directory_is_refused(tmp_path: Path) -> None:
    """A typing mistake in the path is told at once."""
    with pytest.raises(InvalidInput, match="no file"):
        gather(tmp_path)
    with pytest.raises(InvalidInput, match="not a directory"):
        gather(tmp_path / "missing")
