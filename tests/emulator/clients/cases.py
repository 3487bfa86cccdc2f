"""Run the cases of one client against a running emulator and say how many passed.

The scripts beside this file need only their client, in an environment of its own, and a running emulator::

    spcs emulator --home /tmp/account --port 8471 &
    /path/to/venv/bin/python tests/emulator/clients/connector.py --home /tmp/account --port 8471 [WORD ...]

With words, only the cases whose name holds one of them run. The exit code is 0 when every case passed.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class SkippedError(Exception):
    """This version of the client cannot do what the case wants; says why."""


@dataclass
class Place:
    """Where the emulator is, and a directory for the case's files."""

    host: str
    port: int
    password: str
    directory: Path = field(default_factory=Path)

    @property
    def kwargs(self) -> dict[str, Any]:
        """What ``snowflake.connector.connect`` takes."""
        return {
            "account": "LOCAL", "user": "ADMIN", "password": self.password, "host": self.host, "port": self.port,
            "protocol": "http", "database": "EMULATOR", "schema": "CLIENTS", "warehouse": "COMPUTE_WH",
            "role": "ACCOUNTADMIN",
        }  # fmt: skip


Case = Callable[[Place], None]
_CASES: list[Case] = []


def case(function: Case) -> Case:
    """Register a case; its docstring says what is to hold."""
    _CASES.append(function)
    return function


def same(found: object, expected: object) -> None:
    """Fail the case when the two differ, showing both."""
    if found != expected:
        raise AssertionError(f"found {found!r}, expected {expected!r}")


@contextlib.contextmanager
def fails_saying(word: str) -> Iterator[None]:
    """The block raises an error whose text, or that of its cause, holds this word in any case."""
    said = ""
    try:
        yield
    except SkippedError:
        raise
    except Exception as error:  # noqa: BLE001 each client has kinds of its own
        said = f"{error} {error.__cause__}"
    if word.lower() not in said.lower():
        raise AssertionError(f"{said or 'no error'}, expected one with {word!r}")


def main(prepare: Case | None = None) -> None:
    """Run the registered cases; prints one line for each and ``N of M cases passed``; exits 0 or 1.

    Args:
        prepare: Run once before the cases.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True, help="the emulator's home, which holds the password")
    parser.add_argument("--port", type=int, required=True, help="of plain HTTP")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("words", nargs="*", help="run only cases whose name holds one of these")
    given = parser.parse_args()
    place = Place(given.host, given.port, (given.home / "admin-password").read_text())
    if prepare is not None:
        prepare(place)
    chosen = [each for each in _CASES if not given.words or any(word in each.__name__ for word in given.words)]
    outcomes = [_run(each, place) for each in chosen]
    tried = len(outcomes) - outcomes.count(None)
    sys.stdout.write(f"{outcomes.count(True)} of {tried} cases passed, {outcomes.count(None)} not for this version\n")
    sys.exit(0 if outcomes.count(True) == tried else 1)


def _run(each: Case, place: Place) -> bool | None:
    begun, why = time.monotonic(), ""
    with tempfile.TemporaryDirectory() as directory:
        place.directory = Path(directory)
        try:
            each(place)
            passed: bool | None = True
        except SkippedError as reason:
            passed, why = None, f"  {reason}"
        except Exception as error:  # noqa: BLE001 one case that fails must not hide the next
            passed, why = False, "\n" + "".join(traceback.format_exception(error)[-3:])
    word = {True: "passed", False: "FAILED", None: "skipped"}[passed]
    sys.stdout.write(f"{word}  {each.__name__}  {time.monotonic() - begun:.1f}s{why}\n")
    sys.stdout.flush()
    return passed
