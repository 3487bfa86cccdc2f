"""Functions of VARIANT, OBJECT and ARRAY, which DuckDB holds as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine import physical
from airflow_provider_spcs.emulator.engine.translate.flatten import json_path
from airflow_provider_spcs.emulator.engine.translate.functions.build import as_json, function, is_of, sql
from airflow_provider_spcs.emulator.engine.translate.functions.variants import variant
from airflow_provider_spcs.emulator.engine.types import Declared
from airflow_provider_spcs.emulator.errors import unsupported


def _construct(node: exp.Expr) -> exp.Expr:
    return _object(node.expressions, keep_null=False)


def _construct_keeping(node: exp.Expr) -> exp.Expr:
    return _object(node.expressions, keep_null=True)


def _keyed(node: exp.Expr) -> exp.Expr:
    pairs = node.expressions
    if not all(isinstance(pair, exp.JSONKeyValue) for pair in pairs):
        return _object(pairs, keep_null=True)
    return _object([part for pair in pairs for part in (pair.this, pair.expression)], keep_null=True)


def _object(items: list[Any], *, keep_null: bool) -> exp.Expr:
    if len(items) == 1 and isinstance(items[0], exp.Star | exp.Column) and items[0].is_star:
        return _all_columns(items[0], keep_null=keep_null)
    pairs = [(items[index], items[index + 1]) for index in range(0, len(items) - 1, 2)]
    if all(isinstance(key, exp.Literal) for key, _ in pairs):
        pairs.sort(key=lambda pair: str(pair[0].this))  # Snowflake shows keys in order
    if not keep_null:
        pairs = [pair for pair in pairs if not isinstance(pair[1], exp.Null)]
    if not all(isinstance(key, exp.Literal) for key, _ in pairs):
        return _pairs(pairs, keep_null=keep_null)
    flat = [part for key, value in pairs for part in (key, _shown(value))]
    made = function("json_object", *flat)
    if keep_null or all(isinstance(item, exp.Literal) or _never_null(item) for _, item in pairs):
        return made
    # A merge patch drops keys whose value is null, as OBJECT_CONSTRUCT does.
    return function("json_merge_patch", sql("CAST('{}' AS JSON)"), made)


def _pairs(pairs: list[tuple[Any, Any]], *, keep_null: bool) -> exp.Expr:
    """Keys that are computed: a pair whose key is NULL is left out; a later pair of a key wins."""
    if keep_null:
        keys, values = [key for key, _ in pairs], [_shown(value) for _, value in pairs]
        return function("sf_object_of", function("json_array", *keys), function("json_array", *values))
    found = sql("CAST('{}' AS JSON)")
    for key, value in pairs:
        made = function("sf_pair", key, _shown(value))
        found = function("json_merge_patch", found, made)  # drops keys whose value is null
    return found


def _shown(value: Any) -> Any:
    """A time in an object or array as it is shown, a number without needless zeros; other values as they are."""
    kind = value.meta.get("kind") or value.meta.get("declared")
    made = kind is not None and (kind.name.startswith("TIMESTAMP") or (kind.name == "NUMBER" and kind.second))
    return variant(value) if made and not isinstance(value, exp.Literal) else value


def _never_null(item: Any) -> bool:
    """Whether a value is JSON of a literal, whose null is a value of its own."""
    parsed = isinstance(item, exp.Anonymous) and str(item.this) == "sf_parse_json"
    return parsed and isinstance(item.expressions[0], exp.Literal)


def _all_columns(written: Any, *, keep_null: bool = False) -> exp.Expr:
    star = written.this if isinstance(written, exp.Column) else written
    made = _row(written)
    dropped = [part.name for part in star.args.get("except_") or []]
    if dropped:
        nothing = ", ".join(f'"{name}": null' for name in dropped)
        made = function("json_merge_patch", made, sql(f"CAST('{{{nothing}}}' AS JSON)"))
    if star.args.get("ilike") is not None:
        made = function("sf_keys_like", made, star.args["ilike"].copy())
    return made if keep_null else function("json_merge_patch", sql("CAST('{}' AS JSON)"), made)


def _row(star: Any) -> exp.Expr:
    """All columns of the one source as an object."""
    select = star.find_ancestor(exp.Select)
    source = select.args.get("from_") if select is not None else None
    values = source is not None and isinstance(source.this, exp.Values) and not source.this.args.get("alias")
    name = "VALUES" if values else source.this.alias_or_name if source is not None else ""
    if not name and source is not None and isinstance(source.this, exp.Subquery):
        name = "SF_ROW"
        source.this.set("alias", exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
    if source is None or select.args.get("joins") or not name:
        raise unsupported("OBJECT_CONSTRUCT(*) over more than one source")
    row = exp.column(exp.to_identifier(name, quoted=True))
    keys = exp.Anonymous(
        this="regexp_replace",
        expressions=[
            sql(f"CAST(to_json({row.sql('duckdb')}) AS VARCHAR)"),
            *map(exp.Literal.string, (f'{physical.MASK}":', '":', "g")),
        ],
    )
    return sql(f"CAST({keys.sql('duckdb')} AS JSON)")


def _star_map(node: exp.Expr) -> exp.Expr:
    return _all_columns(node.this)


def _struct(node: exp.Expr) -> exp.Expr:
    items: list[Any] = []
    if len(node.expressions) == 1 and node.expressions[0].is_star:
        return _all_columns(node.expressions[0])
    for pair in node.expressions:
        if pair.is_star:
            raise unsupported("an object constant of * and more")
        key = pair.this
        items += [exp.Literal.string(key.name), pair.expression]
    return _object(items, keep_null=True)


def _array(node: exp.Expr) -> exp.Expr:
    return function("json_array", *[_shown(value) for value in node.expressions])


def _listed(node: exp.Expr) -> exp.Expr:
    """A list of DuckDB as an array."""
    made = function("to_json", node.copy())
    made.meta["declared"] = Declared("ARRAY")
    return made


def _get(node: exp.Expr) -> exp.Expr:
    return element(node.expressions[0], node.expressions[1])


def _bracket(node: exp.Expr) -> exp.Expr:
    if len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Slice):
        raise unsupported("array slices")
    return element(node.this, node.expressions[0])


def element(source: Any, key: Any) -> exp.Expr:
    """The element of ``source`` by 0-based index or by key."""
    if isinstance(key, exp.Literal):
        path = f'$."{key.this}"' if key.is_string else f"$[{key.this}]"
        return function("json_extract", as_json(source), exp.Literal.string(path))
    return function("sf_get", source, key)


def _get_path(node: exp.Expr) -> exp.Expr:
    path = node.expressions[1]
    if not isinstance(path, exp.Literal):
        return function("sf_get_path", node.expressions[0], path)
    return function("json_extract", as_json(node.expressions[0]), exp.Literal.string(json_path(path.this)))


def _extract(node: exp.Expr) -> exp.Expr:
    path = node.expression
    if not isinstance(path, exp.JSONPath):
        return node
    text = "$"
    for part in path.expressions:
        if isinstance(part, exp.JSONPathKey):
            text += f'."{part.this}"'
        elif isinstance(part, exp.JSONPathSubscript):
            text += f"[{part.this}]" if isinstance(part.this, int) or str(part.this).isdigit() else f'."{part.this}"'
        elif not isinstance(part, exp.JSONPathRoot):
            return node
    return function("json_extract", as_json(node.this), exp.Literal.string(text))


def _typed(kind: str) -> Callable[[Any], exp.Expr]:
    return lambda node: function("sf_is", node.expressions[0], exp.Literal.string(kind))


def _taken(kind: str, cast: str) -> Callable[[Any], exp.Expr]:
    def rule(node: exp.Expr) -> exp.Expr:
        source = node.expressions[0].sql("duckdb")
        if cast == "JSON":
            return sql(f"sf_as({source}, '{kind}')")
        if cast == "VARCHAR":
            return sql(f"sf_text(sf_as({source}, 'VARCHAR'))")
        return sql(f"TRY_CAST({source} AS {cast})")

    return rule


def _decimal(node: exp.Expr) -> exp.Expr:
    source, *sizes = [item.sql("duckdb") for item in node.expressions]
    precision, scale = (sizes + ["38", "0"][len(sizes) :])[:2]
    return sql(f"TRY_CAST({source} AS DECIMAL({precision}, {scale}))")


def _null_value(node: exp.Expr) -> exp.Expr:
    return function("sf_is", node.expressions[0], exp.Literal.string("NULL"))


def _parsed(name: str) -> Callable[[Any], exp.Expr]:
    """PARSE_JSON: with 'd' a key may come twice."""

    def rule(node: exp.Expr) -> exp.Expr:
        source, *options = node.expressions
        twice = bool(options) and options[0].name.lower() == "d"
        made = function("sf_parse_last" if twice else "sf_parse_json", source)
        return function("TRY", made) if name == "TRY" else made

    return rule


def _strip_null(node: exp.Expr) -> exp.Expr:
    return sql(f"nullif({node.expressions[0].sql('duckdb')}, CAST('null' AS JSON))")


def _check_json(node: exp.Expr) -> exp.Expr:
    text = node.expressions[0].sql("duckdb")
    return sql(f"CASE WHEN {text} IS NULL OR json_valid({text}) THEN NULL ELSE 'Error parsing JSON' END")


def _to_json(node: exp.Expr) -> exp.Expr:
    return sql(f"sf_in_order(CAST({variant(node.expressions[0]).sql('duckdb')} AS VARCHAR))")


def _delete(node: exp.Expr) -> exp.Expr:
    found: exp.Expr = node.expressions[0]
    for key in node.expressions[1:]:
        found = function("sf_object_delete", found, key)
    return found


def inserted(node: Any) -> exp.Expr:
    """OBJECT_INSERT and MAP_INSERT."""
    source, key, value = node.expressions[:3]
    name = "sf_object_insert_any" if is_of(value, "VARIANT") else "sf_object_insert"
    return function(name, source, key, value)


def picked_by_list(node: Any) -> exp.Expr | None:
    """The part of an object or map whose keys an array says; None when they are said one by one."""
    kind = node.expressions[1].meta.get("kind")
    if kind is None or kind.name not in {"ARRAY", "VARIANT"}:
        return None
    return function("sf_map_pick", *node.expressions[:2])


def _pick(node: exp.Expr) -> exp.Expr:
    listed = picked_by_list(node)
    if listed is not None:
        return listed
    items: list[Any] = []
    for key in node.expressions[1:]:
        items += [key, element(node.expressions[0].copy(), key.copy())]
    return _object(items, keep_null=False)


def _range(node: exp.Expr) -> exp.Expr:
    items = [*node.expressions, exp.Literal.number(1)]
    return function("sf_array_range", *items[:3])


def _array_agg(node: exp.Expr) -> exp.Expr:
    inner = node.expressions[0]
    if isinstance(node.parent, exp.WithinGroup):
        node.parent.meta["array_agg"] = inner
        return node
    return _aggregate(node, inner, None)


def _aggregate(node: exp.Expr, inner: Any, order: Any) -> exp.Expr:
    distinct = isinstance(inner, exp.Distinct)
    source = (inner.expressions[0] if distinct else inner).sql("duckdb")
    ordered = f" {order.sql('duckdb')}" if order is not None else ""
    # A DISTINCT aggregate is ordered by its own argument only, so that it stays as it is.
    listed = f"DISTINCT {source}" if distinct else variant(inner.copy()).sql("duckdb")
    made = f"list({listed}{ordered}) FILTER (WHERE {source} IS NOT NULL)"
    if isinstance(node.parent, exp.Window):
        node.parent.meta["list"] = made  # the window stands between the list and its cast
        return node
    return _as_array(made)


def _as_array(listed: str) -> exp.Expr:
    return _collected(listed, "[]", "ARRAY")


def _collected(listed: str, empty: str, kind: str) -> exp.Expr:
    made = sql(f"CAST(coalesce(to_json({listed}), '{empty}') AS JSON)")
    made.meta["declared"] = Declared(kind)
    return made


def windowed(node: exp.Window) -> exp.Expr:
    """ARRAY_AGG(...) OVER (...) and OBJECT_AGG: the window of a list, as an array or object."""
    window = node.copy()
    window.set("this", exp.column("SF_LIST"))
    listed = window.sql("duckdb").replace("SF_LIST", node.meta["list"], 1)
    return _as_object(listed) if node.meta.get("pairs") else _as_array(listed)


def _object_agg(node: exp.Expr) -> exp.Expr:
    """Pairs without a key or without a value are left out."""
    key, value = node.expressions
    text, made = key.sql("duckdb"), variant(value.copy()).sql("duckdb")
    known = f"({text}) IS NOT NULL AND ({value.sql('duckdb')}) IS NOT NULL"
    listed = f"list({{'k': CAST({text} AS VARCHAR), 'v': {made}}}) FILTER (WHERE {known})"
    if isinstance(node.parent, exp.Window):
        node.parent.meta.update(list=listed, pairs=True)
        return node
    return _as_object(listed)


def _as_object(listed: str) -> exp.Expr:
    return _collected(f"map_from_entries({listed})", "{}", "OBJECT")


def _within(node: exp.Expr) -> exp.Expr:
    marked = node.meta.get("array_agg")
    if marked is None:
        return empty_for_none(node)
    return _aggregate(node, marked, node.expression)


def empty_for_none(node: exp.Expr) -> exp.Expr:
    """LISTAGG of no value is an empty text.

    Source: Snowflake's documentation of LISTAGG, "Returns".
    """
    inner: Any = node
    while isinstance(inner, exp.Window | exp.WithinGroup | exp.Filter):
        inner = inner.this
    if not isinstance(inner, exp.GroupConcat) or isinstance(node.parent, exp.Window | exp.WithinGroup | exp.Filter):
        return node
    return exp.Coalesce(this=node.copy(), expressions=[exp.Literal.string("")])


CLASSES: dict[type, Callable[[Any], exp.Expr]] = {
    exp.Bracket: _bracket,
    exp.JSONExtract: _extract,
    exp.StarMap: _star_map,
    exp.Struct: _struct,
    exp.JSONObject: _keyed,
    exp.Array: _array,
    exp.WithinGroup: _within,
    exp.GroupConcat: empty_for_none,
    exp.StrtokToArray: _listed,
}
NAMES: dict[str, Callable[[Any], exp.Expr]] = {
    "ARRAY_AGG": _array_agg,
    "ARRAY_CONSTRUCT": _array,
    "ARRAY_CONSTRUCT_COMPACT": lambda node: function("sf_array_compact", _array(node)),
    "ARRAY_GENERATE_RANGE": _range,
    "AS_ARRAY": _taken("ARRAY", "JSON"),
    "AS_BOOLEAN": _taken("BOOLEAN", "BOOLEAN"),
    "AS_CHAR": _taken("VARCHAR", "VARCHAR"),
    "AS_VARCHAR": _taken("VARCHAR", "VARCHAR"),
    "AS_DECIMAL": _decimal,
    "AS_NUMBER": _decimal,
    "AS_DOUBLE": _taken("", "DOUBLE"),
    "AS_REAL": _taken("", "DOUBLE"),
    "AS_INTEGER": _taken("", "BIGINT"),
    "AS_OBJECT": _taken("OBJECT", "JSON"),
    "CHECK_JSON": _check_json,
    "GET": _get,
    "GET_PATH": _get_path,
    "IS_ARRAY": _typed("ARRAY"),
    "IS_BOOLEAN": _typed("BOOLEAN"),
    "IS_NULL_VALUE": _null_value,
    "IS_OBJECT": _typed("OBJECT"),
    "OBJECT_AGG": _object_agg,
    "OBJECT_CONSTRUCT": _construct,
    "OBJECT_CONSTRUCT_KEEP_NULL": _construct_keeping,
    "OBJECT_DELETE": _delete,
    "OBJECT_INSERT": inserted,
    "OBJECT_PICK": _pick,
    "PARSE_JSON": _parsed(""),
    "TRY_PARSE_JSON": _parsed("TRY"),
    "STRIP_NULL_VALUE": _strip_null,
    "TO_JSON": _to_json,
    "TO_VARIANT": lambda node: variant(node.expressions[0]),
}
