"""Completion of `spcs` in a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Spcs


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("spcs su", {"submit"}),
        ("spcs spec ", {"render", "validate"}),
        ("spcs ps --stat", {"--status"}),
        ("spcs ps --status C", {"CANCELLED", "CANCELLING"}),
        ("spcs gc --drop ", {"ended", "succeeded", "none"}),
        ("spcs logs --level w", {"warning"}),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_knows_commands_options_and_choices(spcs: Spcs, shell: str, words: str, expected: set[str]) -> None:
    """What the shell's own script asks of the command, and what it is answered."""
    asked = {
        "bash": {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))},
        "zsh": {"_TYPER_COMPLETE_ARGS": words},
    }[shell]
    answered = spcs(_SPCS_COMPLETE=f"complete_{shell}", **asked).output
    if shell == "bash":
        assert set(answered.split()) == expected
    else:
        assert [word for word in expected if f'"{word}"' not in answered] == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_completion_script_completes_in_bash() -> None:
    """The script that `spcs --install-completion` leaves, read by a real bash, as it calls it on a tab."""
    script = """
    eval "$(_SPCS_COMPLETE=source_bash spcs)"
    COMP_WORDS=(spcs des); COMP_CWORD=1
    "$(complete -p spcs | sed 's/.*-F \\([^ ]*\\).*/\\1/')" spcs des spcs
    echo "${COMPREPLY[*]}"
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", script], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["describe"], done.stderr
