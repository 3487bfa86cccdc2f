"""``TABLE(...)``, LATERAL FLATTEN, stage reads, INFORMATION_SCHEMA: sources that are no stored tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator import registry
from airflow_provider_spcs.emulator.engine import physical
from airflow_provider_spcs.emulator.engine.translate import flatten, record_numbers
from airflow_provider_spcs.emulator.engine.translate.functions import context
from airflow_provider_spcs.emulator.engine.translate.functions.build import own
from airflow_provider_spcs.emulator.engine.translate.rewrite import METHOD
from airflow_provider_spcs.emulator.errors import SnowflakeError, unsupported
from airflow_provider_spcs.emulator.routines import calling, procedures

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.translate.call import Call
    from airflow_provider_spcs.emulator.names import Name
    from airflow_provider_spcs.emulator.result import Result

_ROWS_A_SECOND = 1_000_000
"""What a generator with a time limit makes; such generators are used to take time, not for their rows."""


def named(call: Call, root: exp.Expr) -> None:
    """Replace ``TABLE('name')`` and ``TABLE($variable)`` by the table."""
    for node in list(root.find_all(exp.TableFromRows)):
        inner = node.this
        if isinstance(inner, exp.Parameter):
            inner = context.parameter(call, inner)
        if isinstance(inner, exp.Literal) and inner.is_string:
            table = exp.to_table(inner.this, dialect="snowflake")
            table.set("alias", node.args.get("alias"))
            node.replace(table)


def from_rows(call: Call, node: exp.TableFromRows) -> None:
    """Replace ``TABLE(function(...))``."""
    from airflow_provider_spcs.emulator.models import invocation

    inner, alias = node.this, node.args.get("alias")
    if isinstance(inner, exp.Window) and isinstance(inner.this, exp.SplitToTable | exp.Explode):
        inner = inner.this  # each row of these is on its own, whatever the partition
    if isinstance(inner, exp.Generator):
        _substitute(node, _generator(call, inner), alias)
    elif isinstance(inner, exp.Explode) or _called(inner) == "FLATTEN":
        _substitute_records(node, flatten.flattened(inner), flatten.FLATTENED, alias)
    elif flatten.splits(inner):
        _substitute_records(node, flatten.split(inner), flatten.SPLIT, alias)
    elif invocation.called(inner):
        _model(call, node, alias)
    elif isinstance(inner, exp.Subquery):  # the body of a function in SQL
        _substitute(node, inner.this, alias, lateral=not isinstance(node.parent, exp.From))
    elif _routine(inner):
        made = calling.table(call, node)
        if made is not None:
            _substitute(node, made, alias, lateral=not isinstance(node.parent, exp.From))
    else:
        _relation(call, node, _answer(call, inner), alias)


def _model(call: Call, node: exp.TableFromRows, alias: Any) -> None:
    from airflow_provider_spcs.emulator.models import invocation

    query = invocation.table(call, node)
    if query is not None:
        _substitute(node, query, alias, lateral=True)


def _routine(inner: Any) -> bool:
    call = inner.this if isinstance(inner, exp.Window) else inner
    return isinstance(call, exp.Expr) and call.meta.get("routine") is not None


def lateral(call: Call, node: exp.Lateral) -> None:
    """Rewrite LATERAL FLATTEN and calls of users' functions in place; other laterals are DuckDB's own."""
    inner = node.this
    if _routine(inner):
        made = calling.table(call, node)
        if made is not None:
            _substitute(node, made, node.args.get("alias"), lateral=True)
        return
    if isinstance(inner, exp.Explode) or _called(inner) == "FLATTEN":
        _substitute_records(node, flatten.flattened(inner), flatten.FLATTENED, node.args.get("alias"))
    elif flatten.splits(inner):
        _substitute_records(node, flatten.split(inner), flatten.SPLIT, node.args.get("alias"))


def bare(node: exp.Table) -> None:
    """A function in FROM without ``TABLE(...)``: DuckDB's own table functions are no Snowflake functions."""
    raise unsupported(f"table function {node.this.sql('snowflake')[:80]}")


def not_a_table(node: exp.Table) -> None:
    """A string in FROM that is no stage's address.

    Raises:
        SnowflakeError: 1003, always.
    """
    raise SnowflakeError(f"SQL compilation error:\nsyntax error line 1 at position 0 unexpected '{node.this.name}'.")


def information_schema(call: Call, node: exp.Table, name: Name) -> None:
    """Replace a view of INFORMATION_SCHEMA by its rows."""
    from airflow_provider_spcs.emulator.engine.information_schema import rows_of

    alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(physical.column(name.name), quoted=True))
    _relation(call, node, rows_of(call.session, name), alias)


def _called(inner: Any) -> str:
    return str(inner.this).upper() if isinstance(inner, exp.Anonymous) else ""


def _answer(call: Call, inner: exp.Expr) -> Result:
    """What a registered table function or method answers."""
    from airflow_provider_spcs.emulator.engine.translate.call import plain
    from airflow_provider_spcs.emulator.result import Result, value

    if _called(inner) == METHOD:
        found = call.method(inner.expressions)
        return found if isinstance(found, Result) else value(inner.expressions[1].this, plain(found))
    parts = (
        [part.name if isinstance(part, exp.Identifier) else part for part in inner.flatten()]
        if isinstance(inner, exp.Dot)
        else [inner]
    )
    function = parts[-1]
    if not isinstance(function, exp.Func):
        raise unsupported(f"TABLE({inner.sql('snowflake')[:80]})")
    last = _called(function) or function.sql_name()
    name = ".".join([*(str(part).upper() for part in parts[:-1]), last])
    # A function of a database's INFORMATION_SCHEMA is registered without the database.
    for candidate in (name, name.partition(".")[2], last if "." not in name else ""):
        if candidate in registry.TABLES:
            nodes = function.expressions if isinstance(function, exp.Anonymous) else list(function.args.values())
            return call.table(candidate, [item for item in nodes if isinstance(item, exp.Expr)])
    answered = procedures.call(call.session, inner.sql("snowflake"), ())
    if answered is not None:
        return answered
    raise SnowflakeError(f"SQL compilation error:\nUnknown table function {name}.", 2141, "42601")


def _relation(call: Call, node: exp.Expr, found: Result, alias: exp.Expr | None) -> None:
    from airflow_provider_spcs.emulator.engine.relation import arrow_table

    name = f"sf_relation_{len(call.translation.relations)}_{id(node)}"
    call.translation.relations[name] = arrow_table(found)
    columns = ", ".join(_projected(column) for column in found.columns)
    # Registered Arrow tables are found case-insensitively; their columns keep their case.
    _substitute(node, own(f'SELECT {columns} FROM "{name}"'), alias)


def _projected(column: Any) -> str:
    from airflow_provider_spcs.emulator.names import quoted

    given = quoted(column.name)
    value = f"CAST({given} AS JSON)" if column.type in {"VARIANT", "OBJECT", "ARRAY"} else given
    return f"{value} AS {quoted(physical.column(column.name))}"


def _substitute(node: exp.Expr, query: exp.Expr, alias: Any, *, lateral: bool = False) -> None:
    if isinstance(query, exp.Table):
        query.set("alias", alias)
        node.replace(query)
        return
    if alias is None:
        alias = exp.TableAlias(this=exp.to_identifier("T", quoted=True))
    subquery = exp.Subquery(this=query)
    if lateral:
        node.replace(exp.Lateral(this=subquery, alias=alias))
    else:
        subquery.set("alias", alias)
        node.replace(subquery)


def _substitute_records(node: exp.Expr, listed: str, columns: tuple[str, ...], alias: Any) -> None:
    if alias is not None:
        alias.set("columns", None)
    query = record_numbers.records(node, listed, columns, alias.name if alias is not None else "")
    _substitute(node, query, alias, lateral=not isinstance(node.parent, exp.From | exp.Subquery))


def _generator(call: Call, node: exp.Generator) -> exp.Expr:
    count = node.args.get("rowcount")
    limit = node.args.get("timelimit")
    rows = int(call.constant(count)) if count is not None else 0 if limit is None else None
    if limit is not None:
        seconds = float(call.constant(limit))
        call.translation.seconds = max(call.translation.seconds, seconds)
        made = int(seconds * _ROWS_A_SECOND)
        rows = made if rows is None else min(rows, made)
    return own(f'SELECT range AS "%ROW" FROM range({rows})')
