"""A job from the command line's options and what the account has: the example's defaults are found here."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_spcs import sql
from airflow_provider_spcs.commands.job_options import EXAMPLE_STAGE, EXAMPLE_WAREHOUSE, JobOptions
from airflow_provider_spcs.errors import InvalidInput, StatementError
from airflow_provider_spcs.naming import JobName
from airflow_provider_spcs.quoting import StagePath

if TYPE_CHECKING:
    from airflow_provider_spcs.client import SpcsClient
    from airflow_provider_spcs.order import Order

_EXAMPLE_PLACE = ("ML_DEMO_DB", "ML_DEMO_SCHEMA")
_RUNNERS = {".py": "python", ".sh": "sh"}
_USUAL = ("train.py", "main.py", "main.sh")
_MODELS = "/opt/models"


@dataclass(frozen=True)
class Prepared:
    """A job that can be submitted.

    Attributes:
        name: Qualified name.
        order: The job.
        generated: Whether the name was made here.
        missing_stage: The example's stage, when it has to be made first; empty otherwise.
        comment: COMMENT.
    """

    name: JobName
    order: Order
    generated: bool
    missing_stage: str
    comment: str

    def problems(self, client: SpcsClient) -> list[str]:
        """What the job would need and not find."""
        from dataclasses import replace

        order = self.order
        if self.missing_stage:
            parts = replace(order.parts, volumes={k: v for k, v in (order.parts.volumes or {}).items() if k != _MODELS})
            order = replace(order, parts=parts, stage=None, payload=None)
        return order.problems(client, self.name)


def prepare(client: SpcsClient, options: JobOptions, args: Sequence[str], *, default_place: bool) -> Prepared:
    """Make the job; nothing is sent but questions.

    Args:
        client: Asks.
        options: The command line's.
        args: Arguments of what runs.
        default_place: Whether the connection, and no option, says which schema: then the example's objects may also
            lie where ``example_dags/setup/*.sql`` makes them.

    Raises:
        InvalidInput: Options are not valid, or do not fit together.
    """
    from airflow_provider_spcs.commands.templates import pairs
    from airflow_provider_spcs.order import Order

    directory = _payload_directory(options)
    stage, missing = _stage(client, options, default_place=default_place)
    name = _name(client, options, stage if options.stage is None else None)
    command, volumes, arguments = None, {}, list(args)
    if directory is not None:
        entry = None if options.command else _entrypoint(directory, options.entrypoint)
        if entry is not None and (options.entrypoint or options.spec is None):
            command = [_RUNNERS[Path(entry).suffix], f"{options.payload_mount.rstrip('/')}/{entry}"]
        if options.is_example and options.spec is None:
            volumes = {_MODELS: f"{stage}/models"}
            if entry == "train.py":
                arguments += _missing_arguments(arguments, name)
    order = Order(
        parts=options.parts(command, arguments, volumes),
        compute_pool=options.compute_pool,
        query_warehouse=options.query_warehouse or _warehouse(client),
        external_access_integrations=tuple(options.eai or ()),
        replicas=options.replicas,
        tags=pairs(options.tag, "--tag") or None,
        payload=directory,
        payload_mount=options.payload_mount,
        stage=stage,
    )
    order.check()
    what = f" of {directory.name}" if directory is not None else ""
    return Prepared(name, order, options.name is None, missing, options.comment or f"spcs submit{what}")


def _payload_directory(options: JobOptions) -> Path | None:
    if not options.has_payload:
        return None
    if options.payload_dir is None:
        from airflow_provider_spcs.demo import sources

        return sources.payload()
    directory = options.payload_dir.expanduser().absolute()
    if not directory.is_dir():
        raise InvalidInput("--payload-dir", f"{str(directory)!r} is not a directory", "", "Check the path")
    return directory


def _entrypoint(directory: Path, wanted: str | None) -> str:
    scripts = sorted(path.name for path in directory.iterdir() if path.suffix in _RUNNERS and path.is_file())
    if wanted is None:
        usual = [name for name in _USUAL if name in scripts] or (scripts if len(scripts) == 1 else [])
        if not usual:
            raise InvalidInput(
                "--entrypoint",
                f"not given, and {str(directory)!r} has {', '.join(scripts) or 'no script'}",
                "One file of the payload is run",
                "Name it with --entrypoint, or give --command",
            )
        return usual[0]
    file = (directory / wanted).resolve()
    if not file.is_file() or not file.is_relative_to(directory.resolve()) or file.suffix not in _RUNNERS:
        raise InvalidInput(
            "--entrypoint",
            f"{wanted!r} is no .py or .sh file of {str(directory)!r}",
            f"It has {', '.join(scripts) or 'no script'}",
            "Choose one, or give --command",
        )
    return file.relative_to(directory.resolve()).as_posix()


def _missing_arguments(given: Sequence[str], name: JobName) -> list[str]:
    """What the example's training needs and was not told."""
    wanted = {"--source_table": "loan_applications", "--output_dir": f"{_MODELS}/{name.name}"}
    there = {argument.partition("=")[0] for argument in given}
    return [word for option, value in wanted.items() if option not in there for word in (option, value)]


def _stage(client: SpcsClient, options: JobOptions, *, default_place: bool) -> tuple[str | None, str]:
    """The stage, qualified, and its name again when it is the example's and has to be made."""
    if options.stage is not None:
        given = StagePath.parse("@" + options.stage.lstrip("@"), "--stage")
        if given.stage == "~" or given.stage.count(".") == 2:
            return str(given), ""
        here = client.qualify(EXAMPLE_STAGE)  # refuses a session without a schema
        first = (here.database,) if "." in given.stage else (here.database, here.schema)
        return str(StagePath(".".join((*first, given.stage)), given.path)), ""
    if not options.has_payload:
        return None, ""
    session = client.place()
    for place in (session, _EXAMPLE_PLACE) if default_place else (session,):
        if all(place) and _there(client, "STAGES", EXAMPLE_STAGE, ".".join(place)):
            return f"@{'.'.join(place)}.{EXAMPLE_STAGE}", ""
    job = client.qualify(EXAMPLE_STAGE)  # refuses a session without a schema
    stage = f"@{job.database}.{job.schema}.{EXAMPLE_STAGE}"
    return stage, stage


def _name(client: SpcsClient, options: JobOptions, example_stage: str | None) -> JobName:
    if options.name is not None:
        return client.qualify(options.name)
    name = "JOB_" + str(uuid.uuid4()).upper().replace("-", "_")
    if example_stage is not None:
        # Beside the example's stage lies its table, too.
        database, schema, _ = StagePath.parse(example_stage).stage.split(".")
        return JobName(database, schema, name)
    return client.qualify(name)


def _warehouse(client: SpcsClient) -> str | None:
    if _there(client, "WAREHOUSES", EXAMPLE_WAREHOUSE):
        return EXAMPLE_WAREHOUSE
    return str(client.query("SELECT CURRENT_WAREHOUSE() AS NAME")[0]["name"] or "") or None


def _there(client: SpcsClient, kind: str, name: str, schema: str | None = None) -> bool:
    try:
        found = client.query(*sql.show_like(kind, name, schema))
    except StatementError:
        return False
    return any(row.get("name") == name for row in found)
