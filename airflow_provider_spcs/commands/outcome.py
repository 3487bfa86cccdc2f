"""How a command ends: exit codes, and errors as one message without a traceback."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from airflow_provider_spcs.errors import InvalidInput, PreflightError, SpcsError

OK, PROBLEM, USAGE, NO_CONNECTION, INTERRUPTED = 0, 1, 2, 3, 130  # 130 is 128 + SIGINT, as shells report it

EXIT_CODES = """Exit codes: 0 fine; 1 a job failed or a problem was found; 2 bad usage; 3 Snowflake cannot be reached;
130 interrupted."""


class CannotConnect(SpcsError):  # noqa: N818 - says what happened, as the tree in errors.py does
    """There is no connection to Snowflake: none is configured, it is refused, or nothing answers."""


def note(text: str, style: str | None = None) -> None:
    """Say something beside the command's output, on standard error; colours only on a terminal."""
    typer.secho(text, err=True, fg=style)


def airflow_on_stderr() -> None:
    """Load Airflow with its own log on standard error, errors only: standard output is the command's."""
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
    import airflow.settings  # noqa: F401 - configures logging

    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stdout:
            handler.setStream(sys.stderr)
    for name in ("snowflake", "airflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)


def fail(error: BaseException, code: int) -> NoReturn:
    """Tell an error and leave."""
    lines = [str(error), *getattr(error, "__notes__", ())]
    note("\n".join(lines), typer.colors.RED)
    raise typer.Exit(code)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Expected failures as one message and an exit code; SIGTERM ends like Ctrl-C."""
    # A shell that starts us in the background has us ignore SIGINT; whoever sends it means it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    except typer.Exit:
        # One of ours, which has been told; it is a RuntimeError as well.
        raise
    except KeyboardInterrupt:
        note("stopped", typer.colors.YELLOW)
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # The reader (`| head`) has seen enough; the interpreter must not complain on its way out either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(OK) from None
    except CannotConnect as error:
        fail(error, NO_CONNECTION)
    except PreflightError as error:
        fail(error, PROBLEM)
    except InvalidInput as error:
        fail(error, USAGE)
    except RuntimeError as error:
        # Every error of this package and of the emulator is one; what is not is a bug and keeps its traceback.
        if isinstance(error, (RecursionError, NotImplementedError)) or type(error) is RuntimeError:
            raise
        fail(error, PROBLEM)
