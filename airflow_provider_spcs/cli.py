"""`spcs`: job services from the command line, the demo, the emulator."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from airflow_provider_spcs.commands import describe, gc, list_jobs, local, logs, spec, stop, submit
from airflow_provider_spcs.commands.outcome import EXIT_CODES

app = typer.Typer(
    name="spcs",
    help="Run container jobs on Snowflake, with or without Airflow, and on a laptop without an account.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for family in (submit, list_jobs, logs, describe, stop, gc, spec, local):
    family.add(app)


def _version(wanted: bool) -> None:
    if wanted:
        from airflow_provider_spcs import __version__

        typer.echo(f"spcs {__version__}")
        raise typer.Exit


@app.callback()
def _everywhere(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say what is sent, on standard error.")] = False,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    logging.basicConfig(format="%(message)s", level=logging.ERROR)
    logging.getLogger("spcs").setLevel(logging.WARNING)
    if verbose:
        for name in ("spcs", "airflow_provider_spcs", "snowflake.connector.cursor"):
            logging.getLogger(name).setLevel(logging.DEBUG)


def main() -> None:
    """Entry point of the `spcs` command."""
    app(prog_name="spcs")


if __name__ == "__main__":
    main()
