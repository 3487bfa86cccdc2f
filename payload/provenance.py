"""Where a model comes from: the commit of the code and the versions of the libraries."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_DISTRIBUTIONS = (
    "xgboost",
    "scikit-learn",
    "pandas",
    "numpy",
    "pyarrow",
    "snowflake-snowpark-python",
    "snowflake-ml-python",
)


def commit() -> str | None:
    """The commit this code was taken from: ``$GIT_COMMIT``, else what git says of this file's directory."""
    stated = os.environ.get("GIT_COMMIT")
    if stated:
        return stated
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=Path(__file__).resolve().parent,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def versions() -> dict[str, str]:
    """Python's version and that of each library that has a part in the model."""
    found = {"python": platform.python_version()}
    for distribution in _DISTRIBUTIONS:
        try:
            found[distribution] = version(distribution)
        except PackageNotFoundError:
            continue
    return found
