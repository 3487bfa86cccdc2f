"""FLATTEN and SPLIT_TO_TABLE as lists of records, which DuckDB unnests in the order of the input's rows."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from airflow_provider_spcs.emulator.errors import unsupported

FLATTENED = ("KEY", "PATH", "INDEX", "VALUE", "THIS")
SPLIT = ("INDEX", "VALUE")


def flattened(node: exp.Expr) -> str:
    """DuckDB text of the list of a value's elements, each with :data:`FLATTENED`."""
    options = _options(node)
    source = options.pop("INPUT", None)
    if source is None:
        raise unsupported("FLATTEN without INPUT")
    text = f"CAST({source.sql('duckdb')} AS JSON)"
    path, before = options.pop("PATH", None), ""
    if path is not None and path.name:
        before = path.name.replace("'", "''")
        text = f"json_extract({text}, '{json_path(before)}')"
    outer = _true(options.pop("OUTER", None))
    function = "sf_flat_tree" if _true(options.pop("RECURSIVE", None)) else "sf_flat"
    mode = options.pop("MODE", None)
    if options:
        raise unsupported(f"FLATTEN argument {next(iter(options))}")
    listed = f"{function}({text}, '{before}', '{mode.name.upper() if mode else 'BOTH'}')"
    return f"sf_flat_outer({listed}, {text}, '{before}')" if outer else listed


def json_path(path: str) -> str:
    """A path such as ``a[0].b``, ``a[0]:b`` or ``[0].b`` as DuckDB writes it."""
    path = path.replace(":", ".") if '"' not in path else path
    return f"${path}" if path.startswith("[") else f"$.{path}"


def splits(node: Any) -> bool:
    """Whether a table function splits a text."""
    return isinstance(node, exp.SplitToTable | exp.StrtokSplitToTable)


def split(node: exp.Expr) -> str:
    """DuckDB text of the list of a text's parts, each with :data:`SPLIT`."""
    name = "sf_split_records" if isinstance(node, exp.SplitToTable) else "sf_strtok_records"
    separator = node.args.get("expression") or exp.Literal.string(" ")
    return f"{name}({node.this.sql('duckdb')}, {separator.sql('duckdb')})"


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
