"""What lies directly in a directory of a stage."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple


class Entry(NamedTuple):
    """One folder or file."""

    is_file: bool
    name: str
    size: int
    changed: datetime


def entries(directory: Path) -> list[Entry]:
    """Folders, then files, each by name; links and what is neither are left out; empty when there is no directory."""
    try:
        with os.scandir(directory) as found:
            shown = [_entry(item) for item in found if not item.is_symlink()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(item for item in shown if item is not None)


def _entry(item: os.DirEntry[str]) -> Entry | None:
    try:
        seen = item.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    changed = datetime.fromtimestamp(seen.st_mtime, UTC)
    if item.is_dir(follow_symlinks=False):
        return Entry(False, item.name, 0, changed)
    return Entry(True, item.name, seen.st_size, changed) if item.is_file(follow_symlinks=False) else None
