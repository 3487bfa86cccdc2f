"""FLATTEN as a query over DuckDB's ``json_each`` and ``json_tree``."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from airflow_provider_spcs.emulator.errors import unsupported


def flattened(node: exp.Expr) -> tuple[exp.Expr, bool]:
    """The query that yields SEQ, KEY, PATH, INDEX, VALUE, THIS, and whether rows without elements stay (OUTER)."""
    options = _options(node)
    source = options.pop("INPUT", None)
    if source is None:
        raise unsupported("FLATTEN without INPUT")
    text = f"CAST({source.sql('duckdb')} AS JSON)"
    path, before = options.pop("PATH", None), ""
    if path is not None and path.name:
        text, before = f"json_extract({text}, '$.{path.name}')", path.name.replace("'", "''")
    outer = _true(options.pop("OUTER", None))
    function = "json_tree" if _true(options.pop("RECURSIVE", None)) else "json_each"
    mode = options.pop("MODE", None)
    kinds = {"OBJECT": "('OBJECT')", "ARRAY": "('ARRAY')"}.get(mode.name.upper() if mode else "", "('OBJECT', 'ARRAY')")
    if options:
        raise unsupported(f"FLATTEN argument {next(iter(options))}")
    indexed = "regexp_full_match(e.fullkey, '.*\\[[0-9]+\\]')"
    query = f"""SELECT CAST(1 AS BIGINT) AS "SEQ", CASE WHEN NOT {indexed} THEN e.key END AS "KEY",
        '{before}' || CASE WHEN '{before}' <> '' AND e.fullkey LIKE '$.%' THEN '.' ELSE '' END ||
        substr(replace(e.fullkey, '"', ''), CASE WHEN e.fullkey LIKE '$.%' THEN 3 ELSE 2 END) AS "PATH",
        CASE WHEN {indexed} THEN TRY_CAST(e.key AS BIGINT) END AS "INDEX", e.value AS "VALUE", {text} AS "THIS"
        FROM {function}({text}) AS e
        WHERE json_type({text}) IN {kinds}{" AND e.key IS NOT NULL" if function == "json_tree" else ""}"""
    tree: exp.Expr = exp.maybe_parse(query, dialect="duckdb")
    for table in tree.find_all(exp.Table):
        table.meta["ours"] = True
    return tree, outer


def _options(node: exp.Expr) -> dict[str, Any]:
    found: dict[str, Any] = {}
    items = node.expressions if isinstance(node, exp.Anonymous) else [node.this, *(node.expressions or [])]
    for item in items:
        if isinstance(item, exp.Kwarg | exp.PropertyEQ):
            found[item.this.name.upper()] = item.expression
        else:
            found["INPUT"] = item
    return found


def _true(node: Any) -> bool:
    return isinstance(node, exp.Boolean) and bool(node.this)
