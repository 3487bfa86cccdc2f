"""Calls of functions in Python, in DuckDB's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine import physical
from airflow_provider_spcs.emulator.errors import unsupported
from airflow_provider_spcs.emulator.models.invocation import argument, parsed, typed
from airflow_provider_spcs.emulator.names import quoted
from airflow_provider_spcs.emulator.routines.running import GROUPS, PARTITIONS, SCALAR

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.translate.call import Call
    from airflow_provider_spcs.emulator.routines.store import Found


def scalar(call: Call, node: exp.Anonymous) -> exp.Expr:
    """The value of a function for each row, or of an aggregate for each group."""
    found: Found = node.meta["routine"]
    if found.routine.returns is None and node.find_ancestor(exp.TableFromRows, exp.Lateral):
        return node  # its turn comes with the sources
    if found.routine.returns is None:
        raise unsupported(f"table function {found.name.name} outside of TABLE(...)")
    runs = call.session.account.routines.runs
    struct = _struct(call, found, node)
    if found.routine.kind == "AGGREGATE FUNCTION":
        listed: exp.Expr = exp.Anonymous(this="list", expressions=[struct])
        if isinstance(node.parent, exp.Window):
            node.parent.meta["routine"] = found
            return listed
        return _answer(runs.function(call.session, found, GROUPS), listed, found)
    return _answer(runs.function(call.session, found, SCALAR), struct, found)


def window(call: Call, node: exp.Window) -> exp.Expr:
    """An aggregate in Python with OVER: the values are listed by the window, then handed over."""
    found: Found = node.meta["routine"]
    listed = node.copy()
    return _answer(call.session.account.routines.runs.function(call.session, found, GROUPS), listed, found)


def _answer(name: str, given: exp.Expr, found: Found) -> exp.Expr:
    assert found.routine.returns is not None  # noqa: S101
    made = typed(exp.Anonymous(this=name, expressions=[given]), "$", found.routine.returns)
    made.meta["declared"] = found.routine.returns
    return made


def table(call: Call, node: exp.TableFromRows | exp.Lateral) -> exp.Expr | None:
    """The query to join laterally in place of ``TABLE(function)``; None when it took its source's place as well."""
    over = node.this if isinstance(node.this, exp.Window) else None
    inner = over.this if over is not None else node.this
    found: Found = inner.meta["routine"]
    name = call.session.account.routines.runs.function(call.session, found, PARTITIONS)
    struct = _struct(call, found, inner)
    columns = ", ".join(
        f"{typed(exp.column(exp.to_identifier('SF_R', quoted=True)), f'$[1][{index}]', kind).sql('duckdb')} "
        f"AS {quoted(physical.column(column))}"
        for index, (column, kind) in enumerate(found.routine.columns)
    )
    by = list(over.args.get("partition_by") or []) if over is not None else []
    source = _source(node)
    if over is None or source is None or not (by or over.args.get("order")):
        answer = f"{name}([{struct.sql('duckdb')}])"
        return parsed(f'SELECT {columns} FROM (SELECT unnest(CAST({answer} AS JSON[])) AS "SF_R") AS Q')
    _partitioned(node, over, name, struct, columns)
    return None


def _source(node: exp.Expr) -> Any:
    select = node.find_ancestor(exp.Select)
    clause = select.args.get("from_") if select is not None else None
    if select is None or clause is None or clause.this is node or len(select.args.get("joins") or []) != 1:
        return None
    return clause.this


def _partitioned(node: exp.Expr, over: exp.Window, name: str, struct: exp.Expr, columns: str) -> None:
    """The source's rows by partition, handed over as lists; each answer beside the row that it belongs to.

    An answer of ``end_partition`` belongs to no row: of the source's columns it has those partitioned by.
    """
    select: Any = node.find_ancestor(exp.Select)
    source = select.args["from_"].this
    alias = source.alias_or_name or "T"
    by = over.args.get("partition_by") or []
    order = over.args.get("order")
    ordered = f" {order.sql('duckdb')}" if order is not None else ""
    keys = [f"{item.sql('duckdb')} AS {quoted(f'SF_K{index}')}" for index, item in enumerate(by)]
    names = [quoted(f"SF_K{index}") for index in range(len(by))]
    grouped = f"GROUP BY {', '.join(names)}" if by else "HAVING count(*) > 0"
    columns_of = [(index, item) for index, item in enumerate(by) if isinstance(item, exp.Column)]
    replaced = ", ".join(f"{names[index]} AS {quoted(item.name)}" for index, item in columns_of)
    hidden = ", ".join([*names, '"SF_R"'])
    listed = "".join(f"{key}, " for key in names)
    tree = parsed(
        f"WITH sf_source AS (SELECT * FROM sf_hole), g AS (SELECT {''.join(f'{key}, ' for key in keys)}"
        f"list({quoted(alias)}{ordered}) AS sf_rows, {name}(list({struct.sql('duckdb')}{ordered})) AS sf_answer "
        f"FROM sf_source AS {quoted(alias)} {grouped}), "
        f'u AS (SELECT {listed}sf_rows, unnest(CAST(sf_answer AS JSON[])) AS "SF_R" FROM g), '
        f'n AS (SELECT {listed}"SF_R", unnest(sf_rows[CAST(json_extract("SF_R", \'$[0]\') AS BIGINT) + 1]) FROM u) '
        f"SELECT * EXCLUDE ({hidden}){f' REPLACE ({replaced})' if replaced else ''}, {columns} FROM n"
    )
    hole = next(item for item in tree.find_all(exp.Table) if item.name == "sf_hole")
    source.pop()
    hole.replace(source)
    other = node.args["alias"].name if node.args.get("alias") else ""
    _renamed(select, alias, other)
    named = exp.TableAlias(this=exp.to_identifier(alias, quoted=True))
    select.set("from_", exp.From(this=exp.Subquery(this=tree, alias=named)))
    select.set("joins", None)
    own = [part.alias for part in tree.expressions if isinstance(part, exp.Alias)]
    _stars(select, alias, other, own)


def _renamed(select: exp.Select, alias: str, other: str) -> None:
    """Columns of the function's alias are columns of the one source that is left."""
    for column in select.find_all(exp.Column):
        if other and column.table == other and not column.is_star and column.find_ancestor(exp.Select) is select:
            column.set("table", exp.to_identifier(alias, quoted=True))


def _stars(select: exp.Select, alias: str, other: str, own: list[str]) -> None:
    """``source.*`` and ``function.*`` share the source that is left: each shows its own part."""
    for item in list(select.expressions):
        if isinstance(item, exp.Column) and item.is_star and item.table in {alias, other} and own:
            names = [exp.to_identifier(name, quoted=True) for name in own]
            if item.table == alias:
                item.replace(exp.Column(this=exp.Star(except_=names), table=exp.to_identifier(alias, quoted=True)))
            else:
                shown = [exp.column(name.copy(), table=exp.to_identifier(alias, quoted=True)) for name in names]
                at = select.expressions.index(item)
                select.set("expressions", [*select.expressions[:at], *shown, *select.expressions[at + 1 :]])


def _struct(call: Call, found: Found, node: Any) -> exp.Expr:
    fields: list[tuple[str, exp.Expr]] = [("SF_SESSION", exp.Literal.number(call.session.id))]
    fields += [
        (f"A{index}", argument(value, kind))
        for index, (value, (_, kind)) in enumerate(zip(node.expressions, found.routine.arguments, strict=True))
    ]
    return exp.Struct(
        expressions=[
            exp.PropertyEQ(this=exp.to_identifier(name, quoted=True), expression=value) for name, value in fields
        ]
    )
