"""EXECUTE JOB SERVICE: from the statement's words to a request, nothing looked up yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_spcs.emulator.services import clauses
from airflow_provider_spcs.emulator.statement import Statement

MAX_REPLICAS = 1000


@dataclass
class SpecSource:
    """Where the specification comes from: its ``text``, or a ``file`` below a ``stage``; a template has ``values``."""

    text: str | None = None
    stage: str | None = None
    file: str | None = None
    template: bool = False
    values: dict[str, object] = field(default_factory=dict)


@dataclass
class JobRequest:
    """What one EXECUTE JOB SERVICE asks for; names are parts as written."""

    pool: tuple[str, ...]
    spec: SpecSource
    name: tuple[str, ...] | None = None
    is_async: bool = False
    replicas: int | None = None
    warehouse: tuple[str, ...] | None = None
    comment: str | None = None
    integrations: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    service: dict[str, Any] | None = None
    """``min_instances`` and the like of CREATE SERVICE; None for a job."""


def parse(statement: Statement, readers: Mapping[str, Clause] | None = None) -> JobRequest:
    """Read what follows EXECUTE JOB SERVICE, or the name in CREATE SERVICE; clauses come in any order.

    Args:
        statement: The cursor is at IN COMPUTE POOL.
        readers: Clauses by their first word; those of EXECUTE JOB SERVICE by default.

    Source: https://docs.snowflake.com/en/sql-reference/sql/execute-job-service and the statements that clients send.
    """
    statement.expect("IN", "COMPUTE", "POOL")
    statement.accept("=")
    readers = readers or _CLAUSES
    request = JobRequest(clauses.name(statement), SpecSource())
    seen: set[str] = set()
    while not statement.done:
        keyword = _keyword(statement, readers)
        if keyword in seen:
            raise clauses.duplicate(keyword)
        seen.add(keyword)
        readers[keyword](statement, request)
    if "FROM" not in seen:
        raise statement.unexpected()
    return request


def _keyword(statement: Statement, readers: Mapping[str, Clause]) -> str:
    if statement.looking_at("WITH", "TAG"):
        statement.accept("WITH")
    keyword = statement.word()
    if keyword not in readers:
        raise statement.unexpected()
    statement.accept(keyword)
    if keyword != "FROM":
        statement.accept("=")
    return keyword


def specification(statement: Statement, request: JobRequest) -> None:
    """Read what follows FROM."""
    spec = request.spec
    if not statement.looking_at("SPECIFICATION") and not statement.looking_at("SPECIFICATION_TEMPLATE"):
        spec.stage = clauses.stage_location(statement)
        spec.template = statement.accept("SPECIFICATION_TEMPLATE_FILE")
        if not spec.template and not any(map(statement.accept, ("SPECIFICATION_FILE", "SPEC"))):
            raise statement.unexpected()
        statement.accept("=")
        spec.file = statement.string()
    else:
        spec.template = statement.accept("SPECIFICATION_TEMPLATE")
        if not spec.template:
            statement.expect("SPECIFICATION")
        statement.accept("=")
        spec.text = statement.string()
    if spec.template:
        statement.expect("USING")
        spec.values = dict(clauses.parenthesised(_using)(statement))


def _using(statement: Statement) -> tuple[str, object]:
    token = statement.peek()
    if token is None:
        raise statement.unexpected()
    if statement.is_string():
        key = statement.string()
    else:
        # Keys are case-sensitive in the template, so the text counts, not the identifier it would be.
        key, statement.at = token.text, statement.at + 1
    if not statement.accept("=>"):
        statement.expect("=", ">")
    return key, statement.literal()


def _set(attribute: str, reader: clauses.Reader) -> Callable[[Statement, JobRequest], None]:
    def clause(statement: Statement, request: JobRequest) -> None:
        setattr(request, attribute, reader(statement))

    return clause


def _integration(statement: Statement) -> str:
    return ".".join(clauses.name(statement))


Clause = Callable[[Statement, JobRequest], None]
COMMON: dict[str, Clause] = {
    "FROM": specification,
    "QUERY_WAREHOUSE": _set("warehouse", clauses.name),
    "COMMENT": _set("comment", clauses.string),
    "EXTERNAL_ACCESS_INTEGRATIONS": _set("integrations", clauses.parenthesised(_integration)),
    "TAG": _set("tags", clauses.tags),
}
"""What jobs and services have both."""
_CLAUSES: dict[str, Clause] = COMMON | {
    "NAME": _set("name", clauses.name),
    "ASYNC": _set("is_async", clauses.boolean),
    "REPLICAS": _set("replicas", clauses.integer(1, MAX_REPLICAS, "REPLICAS")),
}
