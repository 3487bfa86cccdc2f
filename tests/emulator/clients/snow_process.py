"""Processes that are ``snow``, split off from this one: its imports take seconds, and a case starts it many times."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
from collections.abc import Iterator
from multiprocessing.context import ForkProcess
from pathlib import Path

_FORK = multiprocessing.get_context("fork")


def _become(words: list[str], directory: Path, given: Path, out: Path, errors: Path) -> None:
    import snowflake.cli._app.__main__ as command

    os.chdir(directory)
    for number, path, flags in [(0, given, os.O_RDONLY), (1, out, os.O_WRONLY), (2, errors, os.O_WRONLY)]:
        os.dup2(os.open(path, flags), number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 the process ends with it
    sys.argv = ["snow", *words]
    command.main()


@contextlib.contextmanager
def snow_process(directory: Path, words: list[str], text: str = "") -> Iterator[tuple[ForkProcess, Path, Path]]:
    """``snow WORDS`` in ``directory``: the process, and the files that its output and its errors go to.

    Args:
        directory: Where it runs; the files lie in it, too.
        words: After ``snow``.
        text: Its standard input.
    """
    import snowflake.cli._app.__main__  # noqa: F401 loaded here once, for every process

    given, out, errors = (directory / f"snow.{name}" for name in ("stdin", "stdout", "stderr"))
    given.write_text(text)
    for path in (out, errors):
        path.write_text("")
    process = _FORK.Process(target=_become, args=(words, directory, given, out, errors))
    process.start()
    try:
        yield process, out, errors
    finally:
        process.terminate()
        process.join(60)
