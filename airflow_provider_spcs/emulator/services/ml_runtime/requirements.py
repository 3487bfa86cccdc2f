"""Installs the packages that an ML Job's payload asks for, where only this job sees them.

Source: ``startup.sh`` of snowflake-ml-python 2.6, which runs ``pip install -r requirements.txt`` and fails with it.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

PRIVATE = Path("~/.local/mljob-packages")


def install(file: Path) -> None:
    """Install what is missing of ``file``; nothing when there is no such file.

    Raises:
        SystemExit: ``pip`` failed, for example because no external access integration lets it reach an index.
    """
    if not file.is_file():
        return
    print(f"Installing packages from {file.name}", flush=True)
    if importlib.util.find_spec("pip") is None:
        _say_missing(file)
        return
    target = PRIVATE.expanduser()
    command = [sys.executable, "-m", "pip", "install", "--no-input", "--prefix", str(target), "-r", str(file)]
    code = subprocess.run(command, check=False).returncode
    if code:
        sys.exit(code)
    found = [str(path) for path in target.glob("lib*/python*/site-packages")]
    os.environ["PYTHONPATH"] = os.pathsep.join([*found, *filter(None, [os.environ.get("PYTHONPATH")])])
    os.environ["PATH"] = os.pathsep.join([str(target / "bin"), os.environ.get("PATH", os.defpath)])


def _say_missing(file: Path) -> None:
    missing = missing_of(file.read_text())
    if missing:
        print(
            f"WARNING: emulator: {', '.join(missing)} of {file.name} cannot be installed: the image's interpreter "
            f"{sys.executable} has no pip. The job runs with what is there. Install them into that environment, or "
            "give the image one with pip in images.yaml.",
            file=sys.stderr,
            flush=True,
        )


def missing_of(text: str) -> list[str]:
    """The requirements that the environment does not meet, as far as it can tell."""
    lines = (line.split(" #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith(("#", "-")) and not _met(line)]


def _met(line: str) -> bool:
    try:
        from packaging.requirements import InvalidRequirement, Requirement
    except ModuleNotFoundError:
        return False
    try:
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate():
            return True
        return wanted.specifier.contains(importlib.metadata.version(wanted.name), prereleases=True)
    except (InvalidRequirement, importlib.metadata.PackageNotFoundError):
        return False
