"""``SELECT *`` with ILIKE, REPLACE and RENAME beside each other, which DuckDB does not take: the columns by name.

Source: Snowflake's documentation of SELECT, "SELECT * ILIKE ... REPLACE ... RENAME ...".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.show import like

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.translate.kinds import Kinds

_HASHES = {"HASH", "HASH_AGG"}


def settle(kinds: Kinds, root: exp.Expr) -> None:
    """Write out the stars that have more than one of these, where the sources' columns are known."""
    for star in list(root.find_all(exp.Star)):
        item = star.parent if isinstance(star.parent, exp.Column) else star
        select = item.parent
        if isinstance(select, exp.Count):
            _counted(kinds, select, star, item)
        if isinstance(select, exp.Anonymous) and str(select.this).upper() in _HASHES:
            columns = _columns(kinds, select, star, item)
            select.set("expressions", [new for old in select.expressions for new in _instead(old, item, columns)])
        if isinstance(select, exp.Select) and _mixed(star):
            columns = _written(kinds, select, star, item.table if isinstance(item, exp.Column) else "")
            if columns:
                select.set("expressions", [new for old in select.expressions for new in _instead(old, item, columns)])


def _counted(kinds: Kinds, count: exp.Count, star: exp.Star, item: exp.Expr) -> None:
    """``COUNT(t.*)`` and ``COUNT(* EXCLUDE ...)`` count the rows in which none of these columns is NULL."""
    chosen = isinstance(item, exp.Column) or star.args.get("except_") or star.args.get("ilike")
    columns = _columns(kinds, count, star, item) if chosen else []
    if columns:
        count.set("this", columns[0])
        count.set("expressions", columns[1:])


def _columns(kinds: Kinds, node: exp.Expr, star: exp.Star, item: exp.Expr) -> list[exp.Expr]:
    select = node.find_ancestor(exp.Select)
    table = item.table if isinstance(item, exp.Column) else ""
    return [alias.this for alias in _written(kinds, select, star, table)] if select is not None else []


def _mixed(star: exp.Star) -> bool:
    parts = [star.args.get(name) for name in ("ilike", "replace", "rename")]
    return sum(1 for part in parts if part) > 1


def _instead(old: exp.Expr, item: exp.Expr, columns: list[exp.Expr]) -> list[exp.Expr]:
    return columns if old is item else [old]


def _written(kinds: Kinds, select: exp.Select, star: Any, table: str) -> list[exp.Expr]:
    dropped = {part.name for part in star.args.get("except_") or []}
    replaced = {part.alias: part.this for part in star.args.get("replace") or []}
    renamed = {part.this.name: part.alias for part in star.args.get("rename") or []}
    wanted = like(star.args["ilike"].name if star.args.get("ilike") else "%")
    found: list[exp.Expr] = []
    for source, name in kinds.scopes.offered(select, table):
        if name not in dropped and wanted.fullmatch(name):
            value = replaced.get(name) or exp.column(name, table=source or None, quoted=True)
            found.append(exp.alias_(value.copy(), renamed.get(name, name), quoted=True))
    return found
