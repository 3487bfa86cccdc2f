"""A call of a model's method in a syntax tree, in DuckDB's words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine import physical
from airflow_provider_spcs.emulator.engine.translate.rewrite import MODEL
from airflow_provider_spcs.emulator.errors import SnowflakeError, unsupported
from airflow_provider_spcs.emulator.models.calls import as_written
from airflow_provider_spcs.emulator.models.methods import Method, stored
from airflow_provider_spcs.emulator.names import quoted

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.translate.call import Call
    from airflow_provider_spcs.emulator.engine.types import Declared

_SEMI_STRUCTURED = {"VARIANT", "OBJECT", "ARRAY"}


def called(node: Any) -> bool:
    """Whether a node is a call of a model's method, with or without OVER."""
    inner = node.this if isinstance(node, exp.Window) else node
    return isinstance(inner, exp.Anonymous) and str(inner.this).upper() == MODEL


def scalar(call: Call, node: exp.Anonymous) -> exp.Expr:
    """The value of a method for each row; a call inside ``TABLE(...)`` stays for :func:`table`.

    Raises:
        SnowflakeError: 2003, 2140 or 938 for a model, method or arguments that are not there; 2141 for one that
            returns rows.
    """
    if isinstance(node.parent, exp.Window) and isinstance(node.parent.parent, exp.TableFromRows):
        return node
    method = _method(call, node)
    if method.table:
        raise SnowflakeError(
            "SQL compilation error: error line 1 at position 0\nA model's table function is called as "
            "TABLE(MODEL(...)!METHOD(...)).",
            2141,
            "42601",
        )
    column = node.find_ancestor(exp.Alias)
    if column is not None:
        column.set(
            "alias",
            exp.to_identifier(
                physical.column(as_written(physical.column_name(column.alias), node.expressions[0].this)), quoted=True
            ),
        )
    answer = exp.Anonymous(this=method.name, expressions=[_struct(call, method, node)])
    return typed(answer, "$", method.outputs[0][1])


def table(call: Call, node: exp.TableFromRows) -> exp.Expr | None:
    """The query to join laterally in place of ``TABLE(method)``.

    None for a method that takes partitions: it takes the place of the source before it as well, and is in place.
    """
    window = node.this if isinstance(node.this, exp.Window) else None
    inner = window.this if window is not None else node.this
    method = _method(call, inner)
    if not method.table:
        raise unsupported("a model's scalar function in TABLE(...)")
    struct = _struct(call, method, inner)
    columns = ", ".join(
        f"{typed(exp.column('R'), f'$[{index}]', kind).sql('duckdb')} AS {quoted(physical.column(name))}"
        for index, (name, kind) in enumerate(method.outputs)
    )
    if not method.partition:
        answer = exp.Anonymous(this=method.name, expressions=[struct])
        return parsed(f"SELECT {columns} FROM (SELECT {answer.sql('duckdb')} AS R) AS Q")
    _partition(node, window, method, struct, columns)
    return None


def _partition(
    node: exp.TableFromRows, window: exp.Window | None, method: Method, struct: exp.Expr, columns: str
) -> None:
    """One row of arguments for each partition, the answer's rows, and of the source's columns those partitioned by.

    The other columns of the source are NULL beside an answer that belongs to no row of it.
    """
    select = node.find_ancestor(exp.Select)
    source = select.args["from_"].this if select is not None and select.args.get("from_") else None
    if select is None or source is None or source is node or len(select.args.get("joins") or []) != 1:
        raise unsupported("a model's partitioned function elsewhere than after the one source of its rows")
    by = [item for item in (window.args.get("partition_by") or [] if window else []) if item.find(exp.Column)]
    if any(not isinstance(item, exp.Column) for item in by):
        raise unsupported("PARTITION BY an expression for a model's function")
    order = window.args.get("order") if window is not None else None
    keys = [quoted(item.name) for item in by]
    replaced = ", ".join(f"g.{key} AS {key}" for key in keys)
    grouped = f"GROUP BY {', '.join(keys)}" if keys else "HAVING count(*) > 0"
    collected = f"list({struct.sql('duckdb')}{' ' + order.sql('duckdb') if order is not None else ''})"
    tree = parsed(
        f"WITH sf_source AS (SELECT * FROM sf_hole), "
        f"g AS (SELECT {''.join(f'{key}, ' for key in keys)}{method.name}({collected}) AS sf_answer "
        f"FROM sf_source AS {quoted(source.alias_or_name or 'T')} {grouped}), "
        f"u AS (SELECT *, unnest(CAST(sf_answer AS JSON[])) AS R FROM g), "
        f"n AS (SELECT * FROM sf_source WHERE FALSE) "
        f"SELECT n.*{f' REPLACE ({replaced})' if keys else ''}, {columns} FROM u AS g LEFT JOIN n ON FALSE"
    )
    hole = next(item for item in tree.find_all(exp.Table) if item.name == "sf_hole")
    alias = source.alias_or_name
    source.pop()
    hole.replace(source)
    named = exp.TableAlias(this=exp.to_identifier(alias, quoted=True))
    select.set("from_", exp.From(this=exp.Subquery(this=tree, alias=named)))
    select.set("joins", None)


def _method(call: Call, node: exp.Anonymous) -> Method:
    parts, version, name, _ = json.loads(node.expressions[0].this)
    method = call.session.account.models.methods.find(call.session, parts, version, name)
    given = len(node.expressions) - 1
    if given != len(method.inputs):
        amount = "not enough" if given < len(method.inputs) else "too many"
        raise SnowflakeError(
            f"SQL compilation error: error line 1 at position 0\n{amount} arguments for function [{name}], "
            f"expected {len(method.inputs)}, got {given}",
            938 if given < len(method.inputs) else 939,
            "22023",
        )
    call.translation.models.append(".".join(parts))
    return method


def _struct(call: Call, method: Method, node: exp.Anonymous) -> exp.Expr:
    fields: list[tuple[str, exp.Expr]] = [("SF_SESSION", exp.Literal.number(call.session.id))]
    fields += [
        (f"A{index}", argument(value, kind))
        for index, (value, kind) in enumerate(zip(node.expressions[1:], method.inputs, strict=True))
    ]
    return exp.Struct(
        expressions=[
            exp.PropertyEQ(this=exp.to_identifier(name, quoted=True), expression=value) for name, value in fields
        ]
    )


def argument(value: exp.Expr, kind: Declared) -> exp.Expr:
    """An argument as the DuckDB type that its process takes."""
    value = value.copy()
    if kind.name == "VARIANT":
        value = exp.Anonymous(this="sf_variant", expressions=[value])
    elif kind.name in _SEMI_STRUCTURED:
        value = _cast(value, "JSON")
    elif kind.name == "VARCHAR":
        return exp.Anonymous(this="sf_text", expressions=[value])
    return _cast(value, stored(kind))


def typed(answer: exp.Expr, path: str, kind: Declared) -> exp.Expr:
    """A value inside a JSON text as its type."""
    where = exp.Literal.string(path)
    if kind.name in _SEMI_STRUCTURED:
        return exp.Anonymous(this="json_extract", expressions=[_cast(answer, "JSON"), where])
    value = exp.Anonymous(this="json_extract_string", expressions=[_cast(answer, "JSON"), where])
    if kind.name == "BINARY":
        return exp.Anonymous(this="unhex", expressions=[value])
    return _cast(value, kind.duckdb)


def _cast(value: exp.Expr, to: str) -> exp.Expr:
    return exp.Cast(this=value, to=exp.DataType.build(to, dialect="duckdb"))


def parsed(sql: str) -> exp.Expr:
    """The tree of a DuckDB query whose tables are no tables of the user's; ``sf_hole`` stands for one that is."""
    tree: exp.Expr = exp.maybe_parse(sql, dialect="duckdb")
    for item in tree.find_all(exp.Table):
        item.meta["ours"] = item.name != "sf_hole"
    return tree
