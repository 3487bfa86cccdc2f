"""`spcs`: the demo, the emulator, and commands for job services."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from airflow_provider_spcs.demo.screen import Screen

app = typer.Typer(
    name="spcs",
    help="Run container jobs on Snowflake from Airflow, and the same DAG on a laptop without an account.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Home = Annotated[Path | None, typer.Option(help="Directory for all state. Kept afterwards.", file_okay=False)]
Port = Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")]

INTERRUPTED = 130  # 128 + SIGINT, as shells report it


@app.command()
def demo(
    rows: Annotated[int, typer.Option(min=1_000, max=1_000_000_000, help="Rows of training data.")] = 200_000,
    home: Home = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the temporary home: logs, model files, tables.")] = False,
    deferrable: Annotated[bool, typer.Option(help="Wait in Airflow's triggerer, or in its workers.")] = True,
) -> None:
    """Run the weekly retrain end to end on this machine, with one command."""
    from airflow_provider_spcs.demo import retrain
    from airflow_provider_spcs.demo.screen import Screen

    screen = Screen()
    with _told_plainly(screen), _home(home, keep=keep) as directory:
        retrain.run(directory, rows, screen, deferrable=deferrable, kept=keep or home is not None)


@app.command()
def up(home: Home = None, port: Port = 0) -> None:
    """Start emulator, git server and Airflow for pressing Trigger by hand; Ctrl-C stops all of it."""
    from airflow_provider_spcs.demo import workshop
    from airflow_provider_spcs.demo.screen import Screen

    screen = Screen()
    with _told_plainly(screen), _home(home, keep=False) as directory:
        workshop.run(directory, port, screen)


@app.command()
def emulator(
    home: Home = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Port = 0,
) -> None:
    """Start only the emulator; prints `ready http://127.0.0.1:PORT` when it accepts connections."""
    from airflow_provider_spcs.demo.screen import Screen
    from airflow_provider_spcs.emulator.server import serve

    with _told_plainly(Screen()), _home(home, keep=False) as directory:
        serve(directory, host, port)


@contextmanager
def _home(home: Path | None, *, keep: bool) -> Iterator[Path]:
    """The given directory, or a temporary one that is removed afterwards unless it is to be kept."""
    if home is not None:
        yield _writable(home)
        return
    directory = Path(tempfile.mkdtemp(prefix="spcs-"))
    try:
        yield directory
    finally:
        if not keep:
            shutil.rmtree(directory, ignore_errors=True)


def _writable(home: Path) -> Path:
    from airflow_provider_spcs.demo.errors import DemoError

    home = home.expanduser().absolute()
    reason = None
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(home, os.W_OK | os.X_OK):
            reason = "Permission denied"
    except OSError as error:
        reason = error.strerror
    if reason:
        raise DemoError(
            f"--home: cannot write to {str(home)!r} ({reason}). All state is kept there. "
            "Give a directory of yours, or leave --home out for a temporary one."
        )
    return home


@contextmanager
def _told_plainly(screen: Screen) -> Iterator[None]:
    """Errors as one message and an exit code; SIGTERM ends like Ctrl-C, so that everything is stopped."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        screen.idle()
        screen.line("stopped", "yellow")
        raise SystemExit(INTERRUPTED) from None
    except RuntimeError as error:
        screen.idle()
        screen.failure(str(error))
        raise SystemExit(1) from error


def main() -> None:
    """Entry point of the `spcs` command."""
    app(prog_name="spcs")


if __name__ == "__main__":
    main()
