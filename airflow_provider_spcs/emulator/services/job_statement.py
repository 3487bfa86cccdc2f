"""EXECUTE JOB SERVICE: from the statement's words to a request, nothing looked up yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

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


def parse(statement: Statement) -> JobRequest:
    """Read what follows EXECUTE JOB SERVICE; clauses come in any order.

    Source: https://docs.snowflake.com/en/sql-reference/sql/execute-job-service and the statements that clients send.
    """
    statement.expect("IN", "COMPUTE", "POOL")
    statement.accept("=")
    request = JobRequest(clauses.name(statement), SpecSource())
    seen: set[str] = set()
    while not statement.done:
        keyword = _keyword(statement)
        if keyword in seen:
            raise clauses.duplicate(keyword)
        seen.add(keyword)
        _CLAUSES[keyword](statement, request)
    if "FROM" not in seen:
        raise statement.unexpected()
    return request


def _keyword(statement: Statement) -> str:
    if statement.looking_at("WITH", "TAG"):
        statement.accept("WITH")
    keyword = statement.word()
    if keyword not in _CLAUSES:
        raise statement.unexpected()
    statement.accept(keyword)
    if keyword != "FROM":
        statement.accept("=")
    return keyword


def _from(statement: Statement, request: JobRequest) -> None:
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


_CLAUSES: dict[str, Callable[[Statement, JobRequest], None]] = {
    "FROM": _from,
    "NAME": _set("name", clauses.name),
    "ASYNC": _set("is_async", clauses.boolean),
    "REPLICAS": _set("replicas", clauses.integer(1, MAX_REPLICAS, "REPLICAS")),
    "QUERY_WAREHOUSE": _set("warehouse", clauses.name),
    "COMMENT": _set("comment", clauses.string),
    "EXTERNAL_ACCESS_INTEGRATIONS": _set("integrations", clauses.parenthesised(_integration)),
    "TAG": _set("tags", clauses.tags),
}
