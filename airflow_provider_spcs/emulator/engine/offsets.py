"""TIMESTAMP_TZ values that a query computes, with the offset that each was given in.

Tables keep the moment alone, so that a column's values come back in UTC; what a query itself makes of a text, of a zone
or of the session's zone is shown in that offset.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.literals import sql_text

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.translate import Translation

STRUCT = 'STRUCT(moment TIMESTAMP WITH TIME ZONE, "offset" INTEGER)'
"""DuckDB's name of the type that carries both; the wire knows it."""
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?\s*\Z")
_ZONED = "CAST((epoch(timezone({zone}, {moment})) - epoch(timezone('UTC', {moment}))) / 60 AS INTEGER)"
_HERE = _ZONED.replace("{zone}", "{here}")


def show(translation: Translation, zone: str) -> bool:
    """Give the outermost query's computed TIMESTAMP_TZ columns their offsets; whether there were any.

    Args:
        translation: The query.
        zone: The session's zone, in which a text without offset is read.
    """
    tree: Any = translation.tree
    outputs = translation.kinds.outputs if translation.kinds is not None else []
    if not isinstance(tree, exp.Select) or len(tree.expressions) != len(outputs) or tree.args.get("distinct"):
        return False
    found = False
    for item, (name, kind) in zip(list(tree.expressions), outputs, strict=True):
        inner = item.this if isinstance(item, exp.Alias) else item
        offset = _offset(inner) if kind is not None and kind.name == "TIMESTAMP_TZ" else None
        if offset is None or tree.args.get("group"):
            continue
        moment = f"CAST({inner.sql('duckdb')} AS TIMESTAMPTZ)"
        minutes = offset.format(moment=moment, here=sql_text(zone))
        made: exp.Expr = exp.maybe_parse(
            f"CASE WHEN {moment} IS NOT NULL THEN {{'moment': {moment}, 'offset': {minutes}}} END", dialect="duckdb"
        )
        item.replace(exp.alias_(made, exp.to_identifier(item.alias_or_name or name, quoted=True)))
        found = True
    return found


def _offset(node: Any) -> str | None:
    """DuckDB text of the offset in minutes, with ``{moment}`` for the value; None when it is not known here."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.DateAdd | exp.TimestampAdd | exp.Add | exp.Sub):
        return _offset(node.this)
    if not isinstance(node, exp.Cast):
        return None
    if node.meta.get("zone"):
        return _ZONED.replace("{zone}", str(node.meta["zone"]))
    source = node.this
    while isinstance(source, exp.Cast | exp.Paren) or (
        isinstance(source, exp.Anonymous) and str(source.this) in {"sf_timestamp_tz", "sf_text"}
    ):
        source = source.expressions[0] if isinstance(source, exp.Anonymous) else source.this
    if isinstance(source, exp.Literal) and source.is_string:
        return _written(source.this)
    kind = source.meta.get("kind")
    if (isinstance(source, exp.Anonymous) and source.this == "sf_time_in") or (kind and kind.name == "VARCHAR"):
        return f"coalesce(sf_text_offset({source.sql('duckdb')}), {_HERE})"
    return None if isinstance(source, exp.Column) and (kind is None or kind.name == "TIMESTAMP_TZ") else _HERE


def _written(text: str) -> str:
    if text.rstrip().endswith("Z"):
        return "0"
    found = _OFFSET.search(text) if ":" in text else None
    if found is None:
        return _HERE
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    return str(-minutes if found[1] == "-" else minutes)
