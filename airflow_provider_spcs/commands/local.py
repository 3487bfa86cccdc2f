"""`spcs demo`, `spcs up` and `spcs emulator`: what runs on this machine alone."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from airflow_provider_spcs.commands.groups import command

if TYPE_CHECKING:
    from airflow_provider_spcs.demo.screen import Screen
    from airflow_provider_spcs.emulator import RunningAccount

Home = Annotated[Path | None, typer.Option(help="Directory for all state. Kept afterwards.", file_okay=False)]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")]
AirflowPort = Annotated[
    int,
    typer.Option("--port", min=0, max=65535, help="Port of Airflow's UI; 0 takes the home's last one, or a free one."),
]


def add(app: typer.Typer) -> None:
    """Register the family's commands."""
    for function in (demo, up, emulator):
        app.command(rich_help_panel="On this machine")(function)


@command
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
    with _idle_at_end(screen), _home(home, keep=keep) as directory:
        retrain.run(directory, rows, screen, deferrable=deferrable, kept=keep or home is not None)


@command
def up(home: Home = None, port: AirflowPort = 0) -> None:
    """Start emulator, git server and Airflow for pressing Trigger by hand; Ctrl-C stops all of it.

    Prints where Airflow's UI and the emulator's page are, with user and password, when they can be opened.
    """
    from airflow_provider_spcs.demo import workshop
    from airflow_provider_spcs.demo.screen import Screen

    screen = Screen()
    with _idle_at_end(screen), _home(home, keep=False) as directory:
        workshop.run(directory, port, screen)


@command
def emulator(
    home: Home = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Port = 0,
) -> None:
    """Start only the emulator; prints `ready http://127.0.0.1:PORT` when it accepts connections."""
    from airflow_provider_spcs.emulator.endpoints import TRUST_VARIABLES
    from airflow_provider_spcs.emulator.server import serve

    def announce(account: RunningAccount) -> None:
        from airflow_provider_spcs.demo import client_files

        clients = client_files.write(account, account.account.home.root)
        typer.echo(f"In another shell, for spcs, snow, Python and Airflow: . {clients}")
        trust = " ".join(f"{name}={account.environment[name]}" for name in TRUST_VARIABLES)
        typer.echo(f"Over TLS, trust its certificate: export {trust}")

    with _home(home, keep=False) as directory:
        serve(directory, host, port, announce=announce)


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
def _idle_at_end(screen: Screen) -> Iterator[None]:
    """Take the live line away before an error or a stop is told."""
    try:
        yield
    finally:
        screen.idle()
