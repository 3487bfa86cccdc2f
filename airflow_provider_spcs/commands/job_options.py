"""What a job is made from on the command line: the options of `spcs submit` and `spcs check`."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from airflow_provider_spcs.commands.templates import pairs
from airflow_provider_spcs.errors import InvalidInput

if TYPE_CHECKING:
    from airflow_provider_spcs.spec import Resources, SecretRef

EXAMPLE_POOL, EXAMPLE_STAGE, EXAMPLE_WAREHOUSE = "ML_DEMO_POOL", "ML_DEMO_STAGE", "ML_DEMO_WH"
RUNTIME_IMAGE = "/snowflake/images/snowflake_images/st_plat/runtime/x86/runtime_image/snowbooks:2.3.0"
_CODE, _CONTAINER = "Code", "Container"


@dataclass(frozen=True)
class JobOptions:
    """Options that say what runs; each default is the example's, which trains a model on LOAN_APPLICATIONS."""

    compute_pool: Annotated[str, typer.Option("--compute-pool", "--pool", help="Pool the job runs in.")] = EXAMPLE_POOL
    name: Annotated[
        str | None, typer.Option(help="Job's name: NAME or DB.SCHEMA.NAME. Default: JOB_ and a random part.")
    ] = None
    replicas: Annotated[int, typer.Option(min=1, help="Instances of the job.")] = 1
    query_warehouse: Annotated[
        str | None,
        typer.Option(help=f"For SQL inside the job. Default: {EXAMPLE_WAREHOUSE} if it is there, else the session's."),
    ] = None
    eai: Annotated[list[str] | None, typer.Option("--eai", help="External access integration; may be repeated.")] = None
    comment: Annotated[str | None, typer.Option(help="COMMENT of the job.")] = None
    tag: Annotated[list[str] | None, typer.Option(metavar="TAG=VALUE", help="May be repeated.")] = None
    payload_dir: Annotated[
        Path | None,
        typer.Option(
            help="Local directory with the code, uploaded once per content and mounted. Default: the example's, "
            "unless --image, --command or --spec says what runs.",
            rich_help_panel=_CODE,
        ),
    ] = None
    stage: Annotated[
        str | None,
        typer.Option(
            metavar="@STAGE[/DIR]",
            help=f"For payloads and results. Default: @{EXAMPLE_STAGE}, made when it is missing.",
            rich_help_panel=_CODE,
        ),
    ] = None
    entrypoint: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="File of the payload to run, .py or .sh. Default: train.py, main.py, or the only script.",
            rich_help_panel=_CODE,
        ),
    ] = None
    payload_mount: Annotated[
        str, typer.Option(metavar="DIR", help="Where the payload is mounted.", rich_help_panel=_CODE)
    ] = "/mnt/payload"
    spec: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Specification to begin with: a local YAML file, or @stage/path/spec.yaml as Snowflake reads it.",
            rich_help_panel=_CONTAINER,
        ),
    ] = None
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param", "-p", metavar="NAME=VALUE", help="{{ params.NAME }} in --spec.", rich_help_panel=_CONTAINER
        ),
    ] = None
    container: Annotated[
        str | None,
        typer.Option(help="The container of --spec that the options below are for.", rich_help_panel=_CONTAINER),
    ] = None
    image: Annotated[
        str | None,
        typer.Option(
            metavar="/DB/SCHEMA/REPO/NAME:TAG",
            help="Default: Snowflake's container runtime, unless --spec has one.",
            rich_help_panel=_CONTAINER,
        ),
    ] = None
    command: Annotated[
        str | None,
        typer.Option(help="Replaces the image's ENTRYPOINT; split as a shell would.", rich_help_panel=_CONTAINER),
    ] = None
    env: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=VALUE]",
            help="Variable; without a value it is taken from here. May be repeated.",
            rich_help_panel=_CONTAINER,
        ),
    ] = None
    secret: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=SECRET[:KEY]",
            help="Snowflake secret as a variable; /DIR=SECRET as files. KEY is secret_string (default), username, "
            "password or access_token. May be repeated.",
            rich_help_panel=_CONTAINER,
        ),
    ] = None
    volume: Annotated[
        list[str] | None,
        typer.Option(
            metavar="/DIR=@STAGE[/DIR]", help="Mount of a stage; may be repeated.", rich_help_panel=_CONTAINER
        ),
    ] = None
    cpu: Annotated[str | None, typer.Option(help="Cores, 2 or 500m.", rich_help_panel=_CONTAINER)] = None
    memory: Annotated[str | None, typer.Option(help="For example 4Gi.", rich_help_panel=_CONTAINER)] = None
    gpu: Annotated[int | None, typer.Option(min=0, help="GPUs.", rich_help_panel=_CONTAINER)] = None

    @property
    def has_payload(self) -> bool:
        """Whether code is uploaded: asked for, or nothing else says what runs."""
        if self.payload_dir is not None or self.entrypoint is not None:
            return True
        return self.image is None and self.spec is None and self.command is None

    @property
    def is_example(self) -> bool:
        """Whether the code is the example's."""
        return self.has_payload and self.payload_dir is None

    def parts(self, command: Sequence[str] | None, args: Sequence[str], volumes: dict[str, str]) -> Any:
        """What the specification is made from.

        Args:
            command: The payload's command; None leaves it to the options.
            args: The command's arguments; empty leaves them to the image or the spec.
            volumes: More mounts.

        Raises:
            InvalidInput: An option is not of its form.
        """
        from airflow_provider_spcs.commands.templates import spec_text
        from airflow_provider_spcs.composition import Parts

        spec = self.spec
        if spec is not None and not spec.startswith("@"):
            spec = spec_text(spec, pairs(self.param, "--param"))
        words = shlex.split(self.command) if self.command is not None else command
        if self.command is not None and command is not None:
            raise InvalidInput("--command", "given beside --entrypoint", "Both say what runs", "Keep one of them")
        mounts = {**volumes, **pairs(self.volume, "--volume")}
        return Parts(
            spec=spec,
            base_container_name=self.container,
            image=self.image or (None if self.spec else RUNTIME_IMAGE),
            command=words,
            args=list(args) or None,
            env=environment(self.env) or None,
            secrets=[secret(text) for text in self.secret or ()] or None,
            volumes=mounts or None,
            resources=self._resources(),
        )

    def _resources(self) -> Resources | None:
        from airflow_provider_spcs.spec import Resources

        if self.cpu is None and self.memory is None and self.gpu is None:
            return Resources(cpu=1, memory="4Gi") if self.is_example and self.spec is None else None
        return Resources(cpu=self.cpu, memory=self.memory, gpu=self.gpu or None)


def environment(given: Sequence[str] | None) -> dict[str, str]:
    """Variables of ``--env``.

    Raises:
        InvalidInput: One has no value, neither given nor here.
    """
    texts = []
    for text in given or ():
        if "=" not in text:
            if text not in os.environ:
                raise InvalidInput(
                    "--env", f"{text!r} is not set here", "NAME alone takes the value from here", "Set it"
                )
            text = f"{text}={os.environ[text]}"  # noqa: PLW2901 - with its value from here
        texts.append(text)
    return pairs(texts, "--env")


def secret(text: str) -> SecretRef:
    """A secret of ``--secret``.

    Raises:
        InvalidInput: It is not of the form.
    """
    from airflow_provider_spcs.spec import SecretRef

    target, _, source = text.partition("=")
    if not target or not source:
        raise InvalidInput("--secret", f"{text!r}", "It is NAME=SECRET[:KEY] or /DIR=SECRET", "Correct it")
    if target.startswith("/"):
        return SecretRef(source, directory=target)
    name, _, key = source.partition(":")
    return SecretRef(name, env_var=target, key=key or "secret_string")
