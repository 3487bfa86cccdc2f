"""What a statement can ask of its session: CURRENT_..., variables, sequences, system functions of the engine."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine import physical
from airflow_provider_spcs.emulator.engine.literals import literal
from airflow_provider_spcs.emulator.errors import SnowflakeError

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.translate.call import Call

VERSION = "9.35.0"
"""A server version of 2025: what clients compare with is the major number."""

Rule = Callable[["Call", Any], exp.Expr]


def _of(value: Callable[[Any], object]) -> Rule:
    return lambda call, _: literal(value(call.session))


def _now(call: Call, node: Any) -> exp.Expr:
    del call, node
    return exp.maybe_parse("CAST(now() AS TIMESTAMPTZ)", dialect="duckdb")


def _utc(call: Call, node: Any) -> exp.Expr:
    del call, node
    return exp.maybe_parse("timezone('UTC', now())", dialect="duckdb")


def _today(call: Call, node: Any) -> exp.Expr:
    del call, node
    return exp.maybe_parse("CAST(CAST(now() AS TIMESTAMPTZ) AS DATE)", dialect="duckdb")


def _time(call: Call, node: Any) -> exp.Expr:
    del call, node
    return exp.maybe_parse("CAST(CAST(now() AS TIMESTAMP) AS TIME)", dialect="duckdb")


def _timestamp(call: Call, node: Any) -> exp.Expr:
    return _utc(call, node) if node.args.get("sysdate") else _now(call, node)


def _last_query_id(call: Call, node: Any) -> exp.Expr:
    wanted = int(call.constant(node.expressions[0])) if node.expressions else -1
    ids = call.session.query_ids
    index = wanted if wanted < 0 else wanted - 1
    return literal(ids[index] if -len(ids) <= index < len(ids) else None)


def _schemas(session: Any) -> str:
    return f'["{session.database}.{session.schema}"]' if session.schema else "[]"


def _variable(call: Call, node: Any) -> exp.Expr:
    value = call.session.variables.get(str(call.constant(node.expressions[0])).upper())
    return literal(None if value is None else str(value))


FUNCTIONS: dict[str, Rule] = {
    "GETVARIABLE": _variable,
    "CURRENT_USER": _of(lambda session: session.user),
    "CURRENT_ROLE": _of(lambda session: session.role),
    "CURRENT_ROLE_TYPE": _of(lambda _: "ROLE"),
    "CURRENT_SECONDARY_ROLES": _of(lambda _: '{"roles":"","value":""}'),
    "CURRENT_AVAILABLE_ROLES": _of(lambda session: f'["{session.role}"]'),
    "CURRENT_DATABASE": _of(lambda session: session.database),
    "CURRENT_CATALOG": _of(lambda session: session.database),
    "CURRENT_SCHEMA": _of(lambda session: session.schema),
    "CURRENT_SCHEMAS": _of(_schemas),
    "CURRENT_WAREHOUSE": _of(lambda session: session.warehouse),
    "CURRENT_ACCOUNT": _of(lambda session: session.account.name),
    "CURRENT_ACCOUNT_NAME": _of(lambda session: session.account.name),
    "CURRENT_ORGANIZATION_NAME": _of(lambda _: "EMULATOR"),
    "CURRENT_REGION": _of(lambda _: "LOCAL"),
    "CURRENT_VERSION": _of(lambda _: VERSION),
    "VERSION": _of(lambda _: VERSION),
    "CURRENT_CLIENT": _of(lambda session: session.client),
    "CURRENT_SESSION": _of(lambda session: str(session.id)),
    "CURRENT_STATEMENT": _of(lambda session: session.statement_text),
    "CURRENT_TRANSACTION": _of(lambda session: str(session.id) if session.transaction.begun else None),
    "CURRENT_IP_ADDRESS": _of(lambda _: "127.0.0.1"),
    "LAST_QUERY_ID": _last_query_id,
    "CURRENT_TIMESTAMP": _timestamp,
    "CURRENT_DATE": _today,
    "CURRENT_TIME": _time,
    "LOCALTIME": _time,
    "LOCALTIMESTAMP": _now,
    "GETDATE": _now,
    "SYSTIMESTAMP": _now,
    "SYSDATE": _utc,
    "CURRENT_TIMESTAMP_UTC": _utc,
}


def parameter(call: Call, node: exp.Expr) -> exp.Expr:
    """A session variable ``$name``, or a column by position ``$1``."""
    name = node.this.name if isinstance(node.this, exp.Expr) else str(node.this)
    if name.isdigit():
        return _of_source(call, node) or _position(call, node, name)
    variables = call.session.variables
    if name.upper() not in variables:
        raise SnowflakeError(
            f"SQL compilation error: error line 1 at position 0\nSession variable '${name.upper()}' does not exist",
            2211,
            "02000",
        )
    return literal(variables[name.upper()])


def _of_source(call: Call, node: exp.Expr) -> exp.Expr | None:
    """``t.$1``: the column's name, where the source's columns are known."""
    owner, kinds = node.parent, call.translation.kinds
    if not isinstance(owner, exp.Column) or not owner.table or kinds is None:
        return None
    found = kinds.scopes.at(node, owner.table)
    return exp.to_identifier(found[0], quoted=True) if found else None


def _position(call: Call, node: exp.Expr, number: str) -> exp.Expr:
    select = node.find_ancestor(exp.Select)
    source = select.args.get("from_") if select is not None else None
    inner = source.this if source is not None else None
    while isinstance(inner, exp.Subquery) and isinstance(inner.this, exp.Values):
        inner = inner.this
    if isinstance(inner, exp.Values):
        return exp.column(exp.to_identifier(f"COLUMN{number}", quoted=True))
    if isinstance(inner, exp.Table) and not isinstance(inner.this, exp.Identifier):
        return exp.column(exp.to_identifier(f"${number}", quoted=True))
    found = call.translation.kinds.scopes.at(node) if call.translation.kinds is not None else None
    if found and isinstance(node.parent, exp.Ordered):
        return exp.column(exp.to_identifier(found[0], quoted=True))  # a place is no expression to order by
    return exp.maybe_parse(f"#{number}", dialect="duckdb")


def _by_quoted_position(call: Call, node: exp.Column) -> exp.Expr:
    """``"$1"`` over VALUES is the first column, as ``$1`` is; elsewhere a column of that name."""
    select = node.find_ancestor(exp.Select)
    source = select.args.get("from_") if select is not None else None
    if source is None or not isinstance(source.this, exp.Values):
        return node
    found = _position(call, node, node.name[1:])
    named = isinstance(node.parent, exp.Select)
    return exp.alias_(found, exp.to_identifier(node.name, quoted=True)) if named else found


_POSITION = re.compile(r"\$[0-9]+")


def column(call: Call, node: exp.Column) -> exp.Expr:
    """``seq.NEXTVAL``, ``t.$1``; other columns stay."""
    if isinstance(node.this, exp.Parameter):
        return node.this
    if _POSITION.fullmatch(node.name) and node.this.args.get("quoted"):
        return _by_quoted_position(call, node)
    if isinstance(node.this, exp.Column):
        node.this.set("table", node.args.get("table"))
        return node.this
    if node.name == "NEXTVAL" and node.args.get("table"):
        from airflow_provider_spcs.emulator.engine.ddl.sequences import next_value

        parts = [physical.column_name(part.name) for part in node.parts[:-1]]
        value = next_value(call.session, parts)
        return exp.alias_(value, "NEXTVAL", quoted=True) if isinstance(node.parent, exp.Select) else value
    return node
