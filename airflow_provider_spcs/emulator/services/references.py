"""Checks that everything a job names exists and may be used, before anything is created."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import SnowflakeError, does_not_exist, invalid_value
from airflow_provider_spcs.emulator.names import Name, quoted
from airflow_provider_spcs.emulator.services import ddl
from airflow_provider_spcs.emulator.services.spec.model import ServiceSpec
from airflow_provider_spcs.emulator.services.spec.node import invalid
from airflow_provider_spcs.emulator.statement import Statement

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

# Source: https://docs.snowflake.com/en/sql-reference/sql/execute-job-service: no quoted or case-sensitive names, and
# the name becomes a DNS label, which has at most 63 characters.
_JOB_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,62}\Z")
MAX_INTEGRATIONS = 10
MAX_TAGS = 50


def job_name(session: Session, parts: tuple[str, ...]) -> Name:
    """The full name of a new job.

    Raises:
        SnowflakeError: 2003 when its schema is missing, 1008 when the name cannot be a job's.
    """
    name = ddl.schema_name(session, parts)
    if not _JOB_NAME.match(name.name):
        raise invalid_value(
            name.name, "NAME", "A job's name has at most 63 letters, digits and '_', and is not case-sensitive."
        )
    return name


def pool(session: Session, parts: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """A compute pool's name and document.

    Raises:
        SnowflakeError: 2003 when it is missing.
    """
    name = ddl.account_name(parts)
    return name.name, session.account.objects.get("COMPUTE POOL", name)


def warehouse(session: Session, parts: tuple[str, ...]) -> str:
    """A warehouse's name.

    Raises:
        SnowflakeError: 2003 when it is missing.
    """
    name = ddl.account_name(parts)
    session.account.objects.get("WAREHOUSE", name)
    return name.name


def integrations(session: Session, names: list[str]) -> list[str]:
    """External access integrations that exist and are enabled.

    Raises:
        SnowflakeError: 2003 when one is missing, 1008 when one is disabled or there are more than ten.
    """
    if len(names) > MAX_INTEGRATIONS:
        raise invalid_value(len(names), "EXTERNAL_ACCESS_INTEGRATIONS", f"At most {MAX_INTEGRATIONS} are allowed.")
    for name in names:
        document = session.account.objects.find("INTEGRATION", Name.account_level(name))
        if document is None:
            raise does_not_exist("Integration", Name.account_level(name))
        if not document["enabled"]:
            raise SnowflakeError(f"SQL compilation error:\nIntegration '{name}' is not enabled.", 390201, "22023")
    return names


def tags(session: Session, given: dict[str, str]) -> dict[str, str]:
    """The values of tags by their full name.

    Raises:
        SnowflakeError: 2003 when a tag is missing, 1008 for a value that it does not allow or more than fifty tags.
    """
    if len(given) > MAX_TAGS:
        raise invalid_value(len(given), "TAG", f"An object has at most {MAX_TAGS} tags.")
    found = {}
    for text, value in given.items():
        name = session.qualify(Statement.parse(text).name())
        allowed = session.account.objects.get("TAG", name)["allowed"]
        if allowed and value not in allowed:
            raise invalid_value(value, f"TAG {name}", f"The tag allows {', '.join(allowed)}.")
        found[str(name)] = value
    return found


def secrets(session: Session, job: Name, spec: ServiceSpec, granted: list[str]) -> dict[str, Name]:
    """The full names of the secrets that a specification uses, by their name in it.

    Raises:
        SnowflakeError: 2003 when one is missing, 395018 when it lacks the wanted part or no integration allows it.
    """
    found: dict[str, Name] = {}
    for at, container in enumerate(spec.containers):
        for index, use in enumerate(container.secrets):
            where = f"spec.containers[{at}].secrets[{index}]"
            name = _within(job, Statement.parse(use.name).name())
            document = session.account.objects.get("SECRET", name)
            _check_key(where, use.key, document["type"])
            if document["type"] == "OAUTH2":
                _check_allowed(session, where, name, granted)
            found[use.name] = name
    return found


def stages(session: Session, job: Name, spec: ServiceSpec) -> dict[str, str]:
    """The host directories of a specification's stage volumes, by volume name; made when missing.

    Raises:
        SnowflakeError: 2003 when a stage is missing, 391 for a path that leaves it.
    """
    found: dict[str, str] = {}
    for volume in spec.volumes:
        if volume.stage is not None:
            path = session.account.stages.path(session, stage_reference(job, volume.stage))
            if path.is_file():
                raise invalid(f"volume '{volume.name}': '{volume.stage}' is a file; a directory can be mounted.")
            path.mkdir(parents=True, exist_ok=True)
            found[volume.name] = str(path)
    return found


def stage_reference(job: Name, text: str) -> str:
    """A stage's reference with the job's database and schema filled in.

    Raises:
        SnowflakeError: 1003 when it is no reference to a named stage.
    """
    from airflow_provider_spcs.emulator.stages.reference import parse

    reference = parse(text)
    if reference.kind != "stage":
        raise invalid(f"'{text}' is not a named internal stage.")
    name = _within(job, reference.parts)
    return "@" + ".".join(quoted(part) for part in name) + (f"/{reference.path}" if reference.path else "")


def _within(job: Name, parts: tuple[str, ...]) -> Name:
    # Names in a specification are relative to the service, not to the session that created it.
    if len(parts) > 3:
        raise invalid(f"'{'.'.join(parts)}' has more than three parts.")
    return Name(*((job.database, job.schema)[: 3 - len(parts)] + tuple(parts)))


def _check_key(where: str, key: str | None, kind: str) -> None:
    keys = {"GENERIC_STRING": {"secret_string"}, "PASSWORD": {"username", "password"}, "OAUTH2": {"access_token"}}[kind]
    if key is not None and key not in keys:
        raise invalid(f"invalid '{where}.secretKeyRef'. A secret of type {kind} has {' and '.join(sorted(keys))}.")


def _check_allowed(session: Session, where: str, name: Name, granted: list[str]) -> None:
    for integration in granted:
        document = session.account.objects.get("INTEGRATION", Name.account_level(integration))
        if document["secrets"] == "ALL" or list(name) in [list(item) for item in document["secrets"]]:
            return
    raise invalid(
        f"invalid '{where}.snowflakeSecret'. Secret '{name}' of type OAUTH2 must be among the "
        "ALLOWED_AUTHENTICATION_SECRETS of an external access integration of the service."
    )
