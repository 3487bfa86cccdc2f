"""The commands as a container runs them: exit status, message, files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.payload.commands import PAYLOAD, run_command
from tests.waiting import DEADLINE


def _run(script: str, *arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    bare = {key: value for key, value in os.environ.items() if not key.startswith("SNOWFLAKE_")}
    own = {**bare, "HOME": str(cwd), **environment}
    return run_command(script, *arguments, environment=own, timeout=DEADLINE, cwd=cwd)


@pytest.mark.parametrize(
    ("script", "arguments", "words"),
    [
        ("generate_data.py", ["--rows", "0"], "--rows=0: it is out of range. It is 1 to"),
        ("generate_data.py", ["--rows", "-5"], "--rows=-5"),
        ("generate_data.py", ["--rows", "99999999999999"], "--rows=99999999999999"),
        ("generate_data.py", ["--table", "a b"], "--table='a b': it is not a name"),
        ("generate_data.py", ["--seed", "-1"], "--seed=-1"),
        ("generate_data.py", ["--chunk_rows", "0"], "--chunk_rows=0"),
        ("train.py", ["--num_rounds", "0"], "--num_rounds=0"),
        ("train.py", ["--test_fraction", "1.5"], "--test_fraction=1.5"),
        ("train.py", ["--test_fraction", "nan"], "--test_fraction=nan"),
        ("train.py", ["--source_table", "x; DROP TABLE y"], "--source_table='x; DROP TABLE y': it is not a name"),
        ("train.py", ["--output_dir", "/proc/nowhere"], "--output_dir=/proc/nowhere: it cannot be written to"),
        ("evaluate.py", ["--model_dir", "missing"], "--model_dir=missing: there is no such directory"),
        ("score.py", ["--source_table", "T", "--scores_table", "a b"], "--scores_table='a b': it is not a name"),
        ("register.py", ["--model_dir", "missing"], "--model_dir=missing: there is no such directory"),
        ("register.py", ["--model_dir", ".", "--threshold", "7"], "--threshold=7.0"),
        ("register.py", ["--model_dir", ".", "--version", "a-b"], "--version='a-b': it is not a name"),
        ("register.py", ["--model_dir", "."], "--model_dir=.: it has no model.ubj"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_command_with_wrong_input_exits_with_2_and_one_message(
    script: str, arguments: list[str], words: str, tmp_path: Path
) -> None:
    """Wrong input is refused before a connection is made: the message is all that stderr holds."""
    done = _run(script, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_command_without_any_connection_says_where_one_is_looked_for(tmp_path: Path) -> None:
    """Neither a container's variables nor a config.toml."""
    done = _run("generate_data.py", "--rows", "10", cwd=tmp_path, SNOWFLAKE_HOME=str(tmp_path))
    assert done.returncode == 2, done.stdout
    assert "there is no default connection" in done.stderr


def test_command_that_snowflake_cannot_be_reached_by_exits_with_1(tmp_path: Path) -> None:
    """A failure that no argument can mend is told apart from wrong input."""
    done = _run(
        "generate_data.py",
        cwd=tmp_path,
        SNOWFLAKE_ACCOUNT="local",
        SNOWFLAKE_DATABASE="D",
        SNOWFLAKE_HOST="127.0.0.1",
        SNOWFLAKE_PORT="not-a-port",
        SNOWFLAKE_USER="u",
        SNOWFLAKE_PASSWORD="p",
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: ")


def test_write_result_goes_to_the_file_the_environment_names(tmp_path: Path) -> None:
    """The container's mount can be anywhere."""
    code = "from result import write_result; write_result({'rows': 3})"
    environment = {**os.environ, "SPCS_RESULT_FILE": str(tmp_path / "return.json"), "PYTHONPATH": str(PAYLOAD)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=DEADLINE)
    assert json.loads((tmp_path / "return.json").read_text()) == {"rows": 3}


def test_write_result_without_its_directory_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run by hand, a command needs no mount."""
    from result import write_result

    monkeypatch.setenv("SPCS_RESULT_FILE", str(tmp_path / "absent" / "return.json"))
    assert write_result({"rows": 3}) is None
    assert list(tmp_path.iterdir()) == []
