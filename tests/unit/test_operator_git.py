"""The clone step of a container, run for real against a private repository on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_spcs.demo.git_server import serve
from airflow_provider_spcs.errors import SpecError
from airflow_provider_spcs.git import (
    EXIT_CODES,
    NO_CREDENTIALS,
    NO_REF,
    NO_REPOSITORY,
    TOKEN_VARIABLE,
    GitSource,
)
from tests.waiting import DEADLINE

TOKEN = "t0ken-of-the-test"
SHOW = ["/bin/sh", "-c", 'echo "at=$GIT_COMMIT" in="$PWD" token="${SPCS_GIT_TOKEN-unset}"; cat main.py; cat "$0"']


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A private repository with one file in the folder ``code``."""
    root = tmp_path_factory.mktemp("git")
    (root / "work" / "code").mkdir(parents=True)
    (root / "work" / "code" / "main.py").write_text("print('cloned')\n")
    identity = ["-c", "user.name=Test", "-c", "user.email=test@localhost"]
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["commit", "-q", "-m", "First"],
        ["clone", "-q", "--bare", ".", "../served/code.git"],
    ):
        subprocess.run(["git", *identity, *arguments], cwd=root / "work", check=True, capture_output=True)
    with serve(root / "served", TOKEN) as running:
        yield running.url(Path("code.git"))


def run(source: GitSource, tmp_path: Path, token: str | None = TOKEN) -> subprocess.CompletedProcess[str]:
    """Run the container's command as the runner would."""
    source.check()
    command, args = source.command([*SHOW, "../.git/config"])
    secret = {} if token is None else {TOKEN_VARIABLE: token}
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), "NO_PROXY": "127.0.0.1"}
    return subprocess.run(
        [*command, *args],
        env={**environment, **source.environment(), **secret},
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )


def commit(url: str, tmp_path: Path) -> str:
    """The commit at the tip of the repository."""
    done = run(GitSource(url, "main", "S", directory="code"), tmp_path)
    return next(line for line in done.stdout.splitlines() if line.startswith("at="))[3:].split()[0]


def test_git_source_branch_runs_the_command_in_the_directory_at_a_commit(url: str, tmp_path: Path) -> None:
    """The command finds the code in its working directory and the commit in GIT_COMMIT."""
    done = run(GitSource(url, "main", "S", directory="code"), tmp_path)
    assert done.returncode == 0, done.stderr
    assert "print('cloned')" in done.stdout
    assert "/code" in done.stdout
    assert "is commit " in done.stderr


@pytest.mark.parametrize("length", [40, 10])
def test_git_source_commit_long_or_short_is_found(url: str, tmp_path: Path, length: int) -> None:
    """A ref may be a commit, also an abbreviated one, which no server resolves by itself."""
    ref = commit(url, tmp_path)
    done = run(GitSource(url, ref[:length], "S", directory="code"), tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"at={ref}" in done.stdout


def test_git_source_token_is_nowhere_but_in_its_variable(url: str, tmp_path: Path) -> None:
    """Not in the output, not in .git/config or any file of the clone, not in an argument, not in the command's env."""
    source = GitSource(url, "main", "S", directory="code")
    done = run(source, tmp_path)
    assert "token=unset" in done.stdout
    command, args = source.command(SHOW)
    everything = [done.stdout, done.stderr, *command, *args, *source.environment().values()]
    everything += [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    assert len(everything) > 10
    assert not any(TOKEN in text for text in everything)


@pytest.mark.parametrize("token", ["wrong", None])
def test_git_source_wrong_or_missing_token_is_one_line_and_its_own_code(
    url: str, tmp_path: Path, token: str | None
) -> None:
    """A refused token is told from an unreachable repository, in one line that says what to renew."""
    done = run(GitSource(url, "main", "S"), tmp_path, token)
    assert done.returncode == NO_CREDENTIALS
    assert len(done.stderr.strip().splitlines()) == 1
    assert "refused the token" in done.stderr
    assert done.stdout == ""


def test_git_source_unknown_ref_is_one_line_and_its_own_code(url: str, tmp_path: Path) -> None:
    """A ref that does not exist is named."""
    done = run(GitSource(url, "no/such-branch", "S"), tmp_path)
    assert done.returncode == NO_REF
    assert done.stderr.strip().splitlines() == [f"git: no 'no/such-branch' in {url}: no such branch, tag or commit"]


def test_git_source_unreachable_repository_is_one_line_and_its_own_code(tmp_path: Path) -> None:
    """A host that does not answer is most often a missing external access integration."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/r.git"
    done = run(GitSource(url, "main"), tmp_path)
    assert done.returncode == NO_REPOSITORY
    assert len(done.stderr.strip().splitlines()) == 1


def test_git_source_failing_clone_leaves_nothing_behind(url: str, tmp_path: Path) -> None:
    """Bad input leaves nothing half-done."""
    run(GitSource(url, "no-such-ref", "S"), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "where"),
    [
        (GitSource("https://token@github.com/o/r.git"), "git.url"),
        (GitSource("https://u:p@github.com/o/r.git"), "git.url"),
        (GitSource("ssh://github.com/o/r.git"), "git.url"),
        (GitSource("--upload-pack=evil"), "git.url"),
        (GitSource("https://github.com/o/r.git", "--upload-pack=evil"), "git.ref"),
        (GitSource("https://github.com/o/r.git", "a..b"), "git.ref"),
        (GitSource("https://github.com/o/r.git", "main; rm -rf /"), "git.ref"),
        (GitSource("https://github.com/o/r.git", directory="../../etc"), "git.directory"),
    ],
)
def test_git_source_bad_input_is_refused_without_showing_a_token(source: GitSource, where: str) -> None:
    """What git would read as an option, or what would show a token, never reaches a container."""
    with pytest.raises(SpecError) as caught:
        source.check()
    assert caught.value.where == where
    assert "token@" not in str(caught.value)


def test_git_exit_codes_are_distinct_and_explained() -> None:
    """Each code tells one cause."""
    assert len(EXIT_CODES) == 4
    assert all(0 < code < 126 for code in EXIT_CODES)
