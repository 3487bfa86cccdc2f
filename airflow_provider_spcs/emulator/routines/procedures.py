"""CALL of a procedure: Python in a process with a session of its own client, SQL by the interpreter of scripts."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import SnowflakeError, unsupported
from airflow_provider_spcs.emulator.names import written
from airflow_provider_spcs.emulator.result import Kind, Result
from airflow_provider_spcs.emulator.routines.store import PROCEDURE, Found

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session


def call(session: Session, sql: str, binds: Sequence[Any]) -> Result | None:
    """The answer of ``name(arguments)``; None when no procedure has that name.

    Raises:
        SnowflakeError: What the procedure raises; 1044 for arguments that it does not take.
    """
    from airflow_provider_spcs.emulator.statement import Statement

    read = Statement.parse(sql, binds)
    try:
        parts = read.name()
    except SnowflakeError:
        return None
    known = session.account.routines.overloads(session, PROCEDURE, parts)
    if not known or not read.looking_at("("):
        return None
    from airflow_provider_spcs.emulator.engine.translate.parser import parse
    from airflow_provider_spcs.emulator.engine.translate.rewrite import settle
    from airflow_provider_spcs.emulator.routines.expanding import arguments

    at = read.peek()
    settled, tokens, left = settle(session, f"SELECT SF_CALL{sql[at.start if at else 0 :]}", binds)
    nodes = parse(settled, tokens, left).expressions[0].unalias().expressions
    found = session.account.routines.find(session, PROCEDURE, parts, [None] * len(nodes))
    if found is None:
        taken = ", ".join(item.routine.signature for item in known)
        raise SnowflakeError(
            "SQL compilation error: error line 1 at position 5\nInvalid argument types for function "
            f"'{known[0].name.name}': it takes {taken}, not {len(nodes)} arguments.",
            1044,
            "42P13",
        )
    return run(session, found, _values(session, found, arguments(nodes, found)))


def _values(session: Session, found: Found, nodes: list[Any]) -> list[Any]:
    if not nodes:
        return []
    shown = ", ".join(
        f"CAST({node.sql('snowflake')} AS {kind})"
        for node, (_, kind) in zip(nodes, found.routine.arguments, strict=True)
    )
    return list(session.rows(f"SELECT {shown}")[0])


def run(session: Session, found: Found, values: list[Any]) -> Result:
    """Run a procedure with its arguments' values."""
    routine = found.routine
    if routine.language == "PYTHON":
        return _python(session, found, values)
    from airflow_provider_spcs.emulator.routines.scripting import run_script
    from airflow_provider_spcs.emulator.routines.scripting.variables import Value

    given = {
        name: Value(value, kind.column(name).type)
        for (name, kind), value in zip(routine.arguments, values, strict=True)
    }
    answer = run_script(session, routine.body, given)
    if isinstance(answer, Result):
        return Result(answer.columns, answer.rows, answer.batches, Kind.CALL)
    if answer.type in {"VARIANT", "OBJECT", "ARRAY"} and answer.content is not None:
        return _one(session, found, json.loads(answer.content))
    return _one(session, found, answer.content)


def _one(session: Session, found: Found, answer: Any) -> Result:
    if found.routine.returns is None:
        raise SnowflakeError(
            "SQL compilation error:\nThe procedure returns a table, but its code returned a value.", 2201, "42601"
        )
    structured = isinstance(answer, dict | list)
    value = json.dumps(answer) if structured else answer
    made = session.execute(
        f"SELECT CAST({'PARSE_JSON(?)' if structured else '?'} AS {found.routine.returns}) "
        f"AS {written(found.name.name)}",
        [value],
    )
    return Result(made.columns, made.rows, made.batches, Kind.CALL)


def _python(session: Session, found: Found, values: list[Any]) -> Result:
    import pyarrow as pa

    from airflow_provider_spcs.emulator.engine.relation import arrow_table

    account = session.account
    if account.endpoints is None:
        raise unsupported("a procedure in Python without a running server, which its session connects to")
    directory, handler = account.routines.runs.code(session, found)
    kinds = [kind for _, kind in found.routine.arguments]
    given = (
        arrow_table(Result([kind.column(str(index)) for index, kind in enumerate(kinds)], [tuple(values)]))
        if kinds
        else pa.table({})
    )
    counted = pa.table([pa.array([0]), *given.columns], names=[f"C{index}" for index in range(len(kinds) + 1)])
    token = secrets.token_urlsafe(32)
    header = {
        "mode": "procedure",
        "handler": handler,
        "kinds": [kind.name for kind in kinds],
        "connection": {
            "account": account.name,
            "host": account.endpoints.host,
            "port": account.endpoints.port,
            "protocol": "http",
            "token": token,
            "authenticator": "oauth",
        },
    }
    account.routines.attached[token] = session
    try:
        (answer,) = account.routines.runs.workers.call(directory, header, counted, session.cancelled)
    finally:
        del account.routines.attached[token]
    said = json.loads(answer)
    if "query_id" in said:
        columns, batches = account.results.get(said["query_id"])
        return Result(columns, None, batches, Kind.CALL)
    return _one(session, found, said["value"])
