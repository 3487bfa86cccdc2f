"""A local directory as the payload of a job: which files belong to it, and one hash of their content.

Named so that nothing is mistaken for the ``payload`` directory of the examples.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from airflow_provider_spcs.errors import InvalidInput

#: Never part of a payload: what tools make, and what git keeps.
_LEFT_OUT = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".venv",
        "__pycache__",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".hypothesis",
        ".ipynb_checkpoints",
        ".DS_Store",
        "node_modules",
    }
)
_LEFT_OUT_ENDINGS = (".pyc", ".pyo", ".swp")
_NAME = re.compile(r"[^\x00-\x1f'\\\"$;*?\[\]{}]+\Z")
#: Files of one payload; more is a mistake (a data directory) nearly always.
MOST_FILES = 10_000


@dataclass(frozen=True, slots=True)
class PayloadFile:
    """One file: its path below the directory with ``/``, where it lies, SHA-256 of its content in hexadecimal."""

    path: str
    source: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class PayloadTree:
    """The files of a payload, in order of path."""

    files: tuple[PayloadFile, ...]

    @property
    def digest(self) -> str:
        """16 hexadecimal digits over every path and content: the same everywhere, whatever the times and owners."""
        whole = hashlib.sha256()
        for file in self.files:
            whole.update(f"{file.path}\0{file.sha256}\n".encode())
        return whole.hexdigest()[:16]


def gather(directory: Path | str) -> PayloadTree:
    """Read a directory.

    Args:
        directory: Links inside it are followed as long as they stay inside.

    Raises:
        InvalidInput: When it is no directory, has no file, too many, a link that leads out, or a name that a stage
            cannot hold.
    """
    root = Path(directory)
    if not root.is_dir():
        raise InvalidInput(
            f"payload {root}", "it is not a directory", "A payload is a local directory", "Check the path"
        )
    real_root = root.resolve()
    files = []
    for path in _walk(root):
        _inside(path, real_root)
        relative = path.relative_to(root).as_posix()
        if not _NAME.match(relative):
            raise InvalidInput(
                f"payload {root}",
                f"the file name {relative!r} cannot be put on a stage",
                "Names have no quotes, backslashes, '$', ';', '*', '?', brackets or control characters",
                "Rename it",
            )
        with path.open("rb") as content:
            files.append(PayloadFile(relative, path, hashlib.file_digest(content, "sha256").hexdigest()))
        if len(files) > MOST_FILES:
            raise InvalidInput(
                f"payload {root}", f"it has more than {MOST_FILES} files", "A payload is code", "Put data on a stage"
            )
    if not files:
        raise InvalidInput(f"payload {root}", "it has no file", "A payload has at least one", "Check the path")
    return PayloadTree(tuple(sorted(files, key=lambda file: file.path)))


@contextmanager
def written(files: Mapping[str, str]) -> Iterator[Path | None]:
    """Texts as files of a directory that lives as long as the block; None when there is none.

    Args:
        files: Path below the directory to text.
    """
    if not files:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="spcs-") as directory:
        for path, text in files.items():
            target = Path(directory, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        yield Path(directory)


def combine(*directories: Path | str | None) -> PayloadTree:
    """Several directories as one payload.

    Raises:
        InvalidInput: As :func:`gather`, or two hold the same path.
    """
    files = [file for directory in directories if directory is not None for file in gather(directory).files]
    paths = Counter(file.path for file in files)
    twice = sorted(path for path, count in paths.items() if count > 1)
    if twice:
        raise InvalidInput(
            "payload",
            f"it has {', '.join(twice)}",
            "These names are taken by what is shipped with a function",
            "Rename them",
        )
    return PayloadTree(tuple(sorted(files, key=lambda file: file.path)))


def _walk(directory: Path) -> Iterator[Path]:
    for place, directories, names in os.walk(directory):
        for name in directories:
            if Path(place, name).is_symlink():
                raise InvalidInput(
                    f"payload {directory}",
                    f"{Path(place, name)} is a link to a directory",
                    "Only links to files inside the payload are followed",
                    "Replace it by the directory",
                )
        directories[:] = [name for name in directories if name not in _LEFT_OUT]
        for name in names:
            path = Path(place, name)
            if name not in _LEFT_OUT and not name.endswith(_LEFT_OUT_ENDINGS) and (path.is_symlink() or path.is_file()):
                yield path


def _inside(path: Path, root: Path) -> None:
    real = path.resolve()
    if not real.is_file() or not real.is_relative_to(root):
        raise InvalidInput(
            f"payload {root}",
            f"the link {path} leads to {real}",
            "A link leads to a file inside the payload: what is outside is not meant to be uploaded",
            "Copy the file, or remove the link",
        )
