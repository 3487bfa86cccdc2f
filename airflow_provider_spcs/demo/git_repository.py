"""The demo's repository: a directory committed into a bare git repository."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from airflow_provider_spcs.demo.errors import DemoError

BRANCH = "main"
_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "spcs demo"), ("EMAIL", "demo@localhost"))
}


def commit(source: Path, repository: Path) -> None:
    """Bring ``source``, as a folder of that name, into the bare repository if it differs from the last commit.

    Args:
        source: Directory to commit.
        repository: The bare repository; made when missing, its history goes on otherwise.

    Raises:
        DemoError: git is missing or fails.
    """
    if not repository.exists():
        repository.mkdir(parents=True)
        _git(repository, "init", "--quiet", "--bare", f"--initial-branch={BRANCH}")
    work = repository.with_suffix(".work")
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(source, work / source.name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    try:
        _git(repository, f"--work-tree={work}", "add", "--all")
        if _git(repository, f"--work-tree={work}", "status", "--porcelain"):
            _git(repository, f"--work-tree={work}", "commit", "--quiet", "--message", "Retrain payload")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _git(repository: Path, *arguments: str) -> str:
    own = {**_IDENTITY, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    try:
        done = subprocess.run(
            ["git", f"--git-dir={repository}", "-c", "core.bare=false", *arguments],
            env={**os.environ, **own},
            cwd=repository,
            capture_output=True,
            text=True,
            check=True,
        )
    except FileNotFoundError as error:
        raise DemoError("git: not on PATH. The demo's private repository is made with it. Install git.") from error
    except subprocess.CalledProcessError as error:
        raise DemoError(f"git: {' '.join(arguments[:2])} failed: {error.stderr.strip()}") from error
    return done.stdout
