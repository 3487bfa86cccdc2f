"""Reads of a stage inside a query: ``@stage/path`` becomes a subquery over its files, ``$1`` one of its columns.

Runs on the tree as parsed, before anything else is rewritten; the subquery is DuckDB text that nobody rewrites again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from airflow_provider_spcs.emulator.stages.naming import resolve as resolve_format
from airflow_provider_spcs.emulator.stages.scan import Scan, scan

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.engine.translate import Translation

_NUMERIC = {"NUMBER", "DECIMAL", "INT", "BIGINT", "DOUBLE", "FLOAT", "SMALLINT", "TINYINT"}


def resolve(session: Session, translation: Translation, given: Callable[[str, int], Scan] | None = None) -> None:
    """Replace every stage reference of the tree.

    Args:
        session: Whose stages and formats count.
        translation: Its tree is changed in place; its relations get the tables that the subqueries need.
        given: Makes the scan of a reference read so many columns wide; by default its files as they are now.

    Raises:
        SnowflakeError: A stage, format or file cannot be read.
    """
    for node in list(translation.tree.find_all(exp.Table)):
        reference = _reference(node)
        if reference is None:
            continue
        select = node.find_ancestor(exp.Select)
        width = max((int(found.this.name) for found in _positions(select)), default=0)
        found = given(reference, width) if given else _scan(session, node, reference, width)
        translation.relations.update(found.tables)
        if select is not None:
            _rewrite(select, found)
        alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier("SF_STAGE", quoted=True))
        node.replace(exp.Subquery(this=exp.Var(this=found.sql), alias=alias))


def _reference(node: exp.Table) -> str | None:
    inner = node.this
    if isinstance(inner, exp.Var) or (isinstance(inner, exp.Literal) and inner.is_string):
        return inner.name if inner.name.startswith(("@", "snow://")) else None
    return None


def _scan(session: Session, node: exp.Table, reference: str, width: int) -> Scan:
    location = session.account.stages.locate(session, reference)
    pattern = node.args.get("pattern")
    files = location.files(pattern.name if pattern is not None else None)
    return scan(session, location, files, resolve_format(session, _format(node), reference), width=width)


def _format(node: exp.Table) -> object:
    written = node.args.get("format")
    if written is None:
        return None
    return written.name if isinstance(written, exp.Literal) else written.sql("snowflake")


def _positions(select: exp.Expression | None) -> list[exp.Parameter]:
    """The ``$1``, ``$2``... of a query."""
    found = select.find_all(exp.Parameter) if select is not None else []
    return [node for node in found if isinstance(node.this, exp.Literal) and not node.this.is_string]


def _rewrite(select: exp.Select, found: Scan) -> None:
    for path in list(select.find_all(exp.JSONExtract)):
        _typed(path, found)
    for node in _positions(select):
        column = exp.column(f"${node.this.name}", quoted=True)
        parent = node.parent
        if isinstance(parent, exp.Column):
            parent.set("this", exp.to_identifier(f"${node.this.name}", quoted=True))
        else:
            node.replace(column)
    if any(isinstance(item, exp.Star) for item in select.expressions) and not select.args.get("joins"):
        shown = [exp.column(name, quoted=True) for name in found.columns]
        kept = [item for item in select.expressions if not isinstance(item, exp.Star)]
        select.set("expressions", [*shown, *kept])


def _typed(path: exp.JSONExtract, found: Scan) -> None:
    """Read ``$1:name::type`` of a Parquet file from the column itself."""
    origin = path.this.this if isinstance(path.this, exp.Column) else path.this
    parts = path.expression.expressions if isinstance(path.expression, exp.JSONPath) else []
    if not isinstance(origin, exp.Parameter) or len(parts) != 2 or not isinstance(path.parent, exp.Cast):
        return
    name = str(parts[1].this)
    kind = found.fields.get(name)
    if kind is None:
        return
    column = f"$1:{name}"
    if kind.startswith("TIMESTAMP") and path.parent.to.this.name in _NUMERIC:
        # Without USE_LOGICAL_TYPE a time is the number that the file holds.
        column = f"$1:{name}#"
    table = path.this.args.get("table") if isinstance(path.this, exp.Column) else None
    path.replace(exp.column(column, table=table, quoted=True))
