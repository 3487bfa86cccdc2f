"""Which local environment stands for which container image."""

from __future__ import annotations

import fnmatch
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEFAULT_FILE = """\
# Which local environment a container image stands for. There are no image files here: a container runs as a local
# process, and `python` says with which interpreter. The first entry whose `image` fits is taken; a job whose image
# fits none fails as an image pull does.
#
#   image:   name with wildcards (* matches anything, also /); without a tag it fits every tag
#   python:  "current" (the emulator's own interpreter) or the path of one; its directory comes first on PATH
#   path:    further directories for PATH, after the interpreter's
#   env:     variables that the image sets
#   command: what runs when the specification gives no command
#   workdir: directory to start in; HOME when left out
#   mounts:  files of the image: directory inside -> directory here (read-only inside)
images:
  # Snowflake's own runtime images: notebooks, ML Jobs, the example image.
  - image: "*/snowflake/images/snowflake_images/*"
    python: current
    env: {PYTHONUNBUFFERED: "1"}
  # Docker's Python images, also as pushed to a repository of yours.
  - image: "python:3*"
    python: current
    env: {PYTHONUNBUFFERED: "1"}
    command: [python3]
  - image: "*/python:3*"
    python: current
    env: {PYTHONUNBUFFERED: "1"}
    command: [python3]
"""
_FIELDS = {"image", "python", "path", "env", "command", "workdir", "mounts"}


class ImageNotFound(LookupError):  # noqa: N818 (named after Snowflake's "image not found")
    """No environment stands for an image."""


class ImagesError(ValueError):
    """``images.yaml`` is not as it should be; says where, what, the rule and the mend."""


@dataclass(frozen=True)
class Image:
    """A local environment that stands for an image.

    Args:
        python: The interpreter; None when the image has none.
        path: Directories for PATH, before the system's.
        env: Variables the image sets.
        command: Default command; empty for none.
        workdir: Directory inside to start in; empty for HOME.
        mounts: Directory inside -> directory on the host, read-only inside.
    """

    python: Path | None
    path: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    workdir: str = ""
    mounts: dict[str, Path] = field(default_factory=dict)


class Images:
    """The image map; the file is read anew whenever it changed.

    Args:
        path: ``images.yaml``; written with its comments when missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int] | None = None
        self._entries: list[tuple[str, Image]] = []
        if not path.exists():
            path.write_text(DEFAULT_FILE)

    def find(self, image: str) -> Image:
        """The environment for an image.

        Raises:
            ImageNotFound: No entry fits.
            ImagesError: The file is malformed.
        """
        names = _names(image)
        for pattern, found in self._read():
            if any(fnmatch.fnmatchcase(name, pattern) for name in names):
                return found
        raise ImageNotFound(
            f"{image}: no environment stands for this image. A container runs here as a local process, and "
            f'{self.path} says with which interpreter. Add an entry with `image: "{names[-1]}"` there.'
        )

    def _read(self) -> list[tuple[str, Image]]:
        status = self.path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp != self._stamp:
            self._entries = _parse(self.path)
            self._stamp = stamp
        return self._entries


def _names(image: str) -> list[str]:
    """The image as written, then without its tag or digest."""
    bare = image.split("@", 1)[0]
    head, colon, tag = bare.rpartition(":")
    without_tag = head if colon and "/" not in tag else bare
    return list(dict.fromkeys([image, bare, without_tag]))


def _parse(path: Path) -> list[tuple[str, Image]]:
    import yaml

    try:
        document = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise ImagesError(f"{path}: not YAML: {error}. Mend it, or delete it to get the default one back.") from error
    entries = document.get("images") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ImagesError(f"{path}: no list `images`. Mend it, or delete it to get the default one back.")
    return [_entry(f"{path}: images[{number}]", entry) for number, entry in enumerate(entries)]


def _entry(where: str, entry: Any) -> tuple[str, Image]:
    if not isinstance(entry, dict) or not isinstance(entry.get("image"), str):
        raise ImagesError(f"{where}: no `image`. Each entry names the images it stands for. Add one.")
    if unknown := sorted(map(str, set(entry) - _FIELDS)):
        raise ImagesError(f"{where}: unknown {', '.join(unknown)}. Known are {', '.join(sorted(_FIELDS))}.")
    for key, kind in (("env", dict), ("mounts", dict), ("path", list), ("command", list)):
        if not isinstance(entry.get(key) or kind(), kind):
            raise ImagesError(f"{where}.{key}: {entry[key]!r} is not a {kind.__name__}.")
    python = _interpreter(where, entry.get("python"))
    path = ([str(python.parent)] if python else []) + [str(item) for item in entry.get("path") or []]
    return entry["image"], Image(
        python=python,
        path=tuple(path),
        env={str(key): str(value) for key, value in (entry.get("env") or {}).items()},
        command=tuple(str(item) for item in entry.get("command") or []),
        workdir=str(entry.get("workdir") or ""),
        mounts={str(key): Path(value).expanduser() for key, value in (entry.get("mounts") or {}).items()},
    )


def _interpreter(where: str, python: object) -> Path | None:
    if python is None:
        return None
    if python == "current":
        return Path(sys.executable)
    found = shutil.which(Path(str(python)).expanduser())
    if found is None:
        raise ImagesError(f'{where}.python: {python!r} is not an executable file. Give an interpreter, or "current".')
    return Path(found)
