"""The demo's private repository: who may clone, what is served."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_spcs.demo import git_repository, git_server
from tests.waiting import DEADLINE

TOKEN = "ghp_right"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A payload directory."""
    directory = tmp_path / "payload"
    directory.mkdir()
    (directory / "train.py").write_text("print('one')\n")
    return directory


@pytest.fixture
def repository(tmp_path: Path, source: Path) -> Path:
    """A bare repository that holds the payload."""
    path = tmp_path / "git" / "retrain.git"
    git_repository.commit(source, path)
    return path


@pytest.fixture
def server(repository: Path) -> Iterator[git_server.GitServer]:
    """The repository, served."""
    with git_server.serve(repository.parent, TOKEN) as running:
        yield running


def clone(url: str, target: Path, token: str | None) -> subprocess.CompletedProcess[str]:
    """Clone as a container does: the token comes from a credential helper."""
    helper = f'!f() {{ echo username=x; echo "password={token}"; }}; f' if token else ""
    return subprocess.run(
        ["git", "-c", f"credential.helper={helper}", "clone", "--quiet", url, str(target)],
        env={
            "PATH": os.environ["PATH"],
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "HOME": str(target.parent),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )


def log(repository: Path) -> list[str]:
    """The commits of the bare repository."""
    done = subprocess.run(
        ["git", f"--git-dir={repository}", "log", "--format=%H"], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_clone_with_the_token_gets_the_payload(server: git_server.GitServer, repository: Path, tmp_path: Path) -> None:
    """The right token opens the repository."""
    done = clone(server.url(repository), tmp_path / "clone", TOKEN)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "clone" / "payload" / "train.py").read_text() == "print('one')\n"


@pytest.mark.parametrize("token", [None, "ghp_wrong"], ids=["no_token", "wrong_token"])
def test_clone_without_the_right_token_is_refused(
    server: git_server.GitServer, repository: Path, tmp_path: Path, token: str | None
) -> None:
    """Any other token, or none, gets nothing."""
    done = clone(server.url(repository), tmp_path / "clone", token)
    assert done.returncode == 128
    assert not (tmp_path / "clone").exists()


def test_push_with_the_token_is_refused(server: git_server.GitServer, repository: Path, tmp_path: Path) -> None:
    """The repository is read-only even for the token's holder."""
    clone(server.url(repository), tmp_path / "clone", TOKEN)
    url = server.url(repository).replace("//", f"//x:{TOKEN}@")
    done = subprocess.run(["git", "push", url, "main:other"], cwd=tmp_path / "clone", capture_output=True, check=False)
    assert done.returncode != 0
    assert b"403" in done.stderr


def test_commit_of_an_unchanged_source_adds_nothing(repository: Path, source: Path) -> None:
    """The same content is the same commit."""
    before = log(repository)
    git_repository.commit(source, repository)
    assert log(repository) == before


def test_commit_of_a_changed_source_adds_a_commit(repository: Path, source: Path) -> None:
    """History goes on across starts."""
    before = log(repository)
    (source / "train.py").write_text("print('two')\n")
    git_repository.commit(source, repository)
    assert log(repository)[1:] == before
