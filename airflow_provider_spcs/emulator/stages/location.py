"""A place on a stage that was found: its directory, and the prefix of the file names meant."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.stages.formats import FileFormat
from airflow_provider_spcs.emulator.stages.reference import invalid_path


class File(NamedTuple):
    """One file: its path below the stage's root with ``/``, its size in bytes, its change time in nanoseconds."""

    path: str
    size: int
    changed_ns: int


@dataclass(frozen=True)
class Location:
    """Files whose path below ``root`` begins with ``prefix``.

    Args:
        root: The stage's directory.
        prefix: Beginning of the file paths meant; empty for all.
        label: What LIST writes before a path, for example ``"mystage/"``; empty for user and table stages.
    """

    root: Path
    prefix: str
    label: str = ""

    @property
    def directory(self) -> Path:
        """The directory that the whole prefix names, whether it exists or not.

        Raises:
            SnowflakeError: 391 when a part of the path is a symbolic link.
        """
        return self.file(self.prefix.rstrip("/"))

    def file(self, path: str) -> Path:
        """The file at ``path`` below the root.

        Raises:
            SnowflakeError: 391 when a part of the path is a symbolic link.
        """
        current = self.root
        for part in path.split("/") if path else []:
            current = current / part
            if current.is_symlink():
                raise invalid_path(path)
        return current

    def files(self, pattern: str | None = None) -> list[File]:
        """The files meant, by path; links are passed over.

        Args:
            pattern: A regular expression that the whole path must match, with or without the label.

        Raises:
            SnowflakeError: 100048 when the pattern is no regular expression.
        """
        matches = compiled(pattern)
        found = [
            file
            for file in _walk(self._start(), self.root)
            if file.path.startswith(self.prefix) and matches(file.path, self.label + file.path)
        ]
        return sorted(found)

    def _start(self) -> Path:
        """The deepest directory that every file of the prefix lies in."""
        return self.file(self.prefix.rpartition("/")[0])


@dataclass(frozen=True)
class Staged:
    """One file of a place, and the format it is read in."""

    location: Location
    file: File
    shape: FileFormat

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self.location.root / self.file.path


class _Matcher:
    def __init__(self, pattern: re.Pattern[str] | None) -> None:
        self._pattern = pattern

    def __call__(self, *names: str) -> bool:
        return self._pattern is None or any(self._pattern.fullmatch(name) for name in names)


def compiled(pattern: str | None) -> _Matcher:
    """A test for paths; everything passes without a pattern.

    Raises:
        SnowflakeError: 100048 when the pattern is no regular expression.
    """
    try:
        return _Matcher(re.compile(pattern, re.DOTALL) if pattern else None)
    except re.error as error:
        raise SnowflakeError(f"Invalid regular expression: '{pattern}', {error}", 100048, "2201B") from error


def _walk(directory: Path, root: Path) -> Iterator[File]:
    base = len(os.fspath(root)) + 1
    pending = [os.fspath(directory)]
    while pending:
        try:
            entries = os.scandir(pending.pop())
        except (FileNotFoundError, NotADirectoryError):
            continue
        with entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    seen = entry.stat(follow_symlinks=False)
                    yield File(entry.path[base:], seen.st_size, seen.st_mtime_ns)


def directory_name(part: str) -> str:
    """An object's name as one directory name: readable, unique, never hidden or ``..``."""
    return quote(part, safe=" $").replace(".", "%2E").replace("~", "%7E")
