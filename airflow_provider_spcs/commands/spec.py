"""`spcs spec render` and `spcs spec validate`: specification files, without a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from airflow_provider_spcs.commands.groups import command
from airflow_provider_spcs.commands.outcome import PROBLEM, note
from airflow_provider_spcs.commands.output import AsJson, line, print_json
from airflow_provider_spcs.commands.templates import pairs, spec_text
from airflow_provider_spcs.errors import SpecError

if TYPE_CHECKING:
    from airflow_provider_spcs.spec import ServiceSpec

Param = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="NAME=VALUE", help="Value of {{ params.NAME }}; may be repeated."),
]


def add(app: typer.Typer) -> None:
    """Register the family's commands."""
    family = typer.Typer(no_args_is_help=True, help="Look at specification files; needs no connection.")
    family.command("render")(render)
    family.command("validate")(validate)
    app.add_typer(family, name="spec")


@command
def render(
    *,
    file: Annotated[str, typer.Argument(help="YAML or JSON file; - reads standard input.", show_default=False)],
    param: Param = None,
    show_secrets: Annotated[bool, typer.Option("--show-secrets", help="Do not hide what looks secret.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a specification filled in and checked, as it would be sent; values that look secret are hidden."""
    from airflow_provider_spcs.spec.writer import redacted

    spec = _load(file, pairs(param, "--param"))
    if as_json:
        document = spec.to_dict()
        print_json(document if show_secrets else redacted(document))
    else:
        line(spec.to_yaml(redact=not show_secrets).rstrip())


@command
def validate(
    *,
    files: Annotated[list[str], typer.Argument(help="YAML or JSON files; - is standard input.", show_default=False)],
    param: Param = None,
    as_json: AsJson = False,
) -> None:
    """Check specifications against Snowflake's rules; every problem of every file is told."""
    params = pairs(param, "--param")
    found: list[dict[str, Any]] = []
    for file in files:
        problems: list[str] = []
        try:
            _load(file, params)
        except SpecError as error:
            problems = [str(each) for each in (error, *error.others)]
        found.append({"file": file, "problems": problems})
    if as_json:
        print_json(found)
    for each in () if as_json else found:
        for problem in each["problems"]:
            line(f"{each['file']}: {problem}")
        if not each["problems"]:
            line(f"{each['file']}: valid")
    if count := sum(len(each["problems"]) for each in found):
        note(f"{count} problem{'s' if count != 1 else ''}", "red")
        raise typer.Exit(PROBLEM)


def _load(file: str, params: dict[str, str]) -> ServiceSpec:
    from airflow_provider_spcs.spec import ServiceSpec

    return ServiceSpec.from_yaml(spec_text(file, params))
