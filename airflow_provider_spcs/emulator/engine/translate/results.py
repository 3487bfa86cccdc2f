"""The type of an operator's or a function's result, from its arguments' types.

Source: Snowflake's documentation, "Arithmetic operators" and the pages of the functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.types import INTERVAL, Declared

Of = Callable[[Any], Declared | None]

_WIDEST = 38
_FRACTION = 12
"""The scale up to which products and quotients grow."""
_COUNT = Declared("NUMBER", 18, 0)
_INTEGER = Declared("NUMBER", _WIDEST, 0)
_CASTS = {
    **dict.fromkeys(["VARCHAR", "TEXT", "CHAR", "NVARCHAR", "NCHAR"], "VARCHAR"),
    **dict.fromkeys(["DOUBLE", "FLOAT"], "FLOAT"),
    **dict.fromkeys(["TIMESTAMP", "TIMESTAMPNTZ", "DATETIME"], "TIMESTAMP_NTZ"),
    **dict.fromkeys(["BINARY", "VARBINARY"], "BINARY"),
    **dict.fromkeys(["JSON", "VARIANT"], "VARIANT"),
    **dict.fromkeys(["OBJECT", "STRUCT", "MAP"], "OBJECT"),
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIME": "TIME",
    "TIMESTAMPLTZ": "TIMESTAMP_LTZ",
    "TIMESTAMPTZ": "TIMESTAMP_TZ",
    "ARRAY": "ARRAY",
    "LIST": "ARRAY",
}
_BIG = {"INT128", "HUGEINT"}


def cast(node: exp.Cast, inner: Declared | None) -> Declared | None:
    """The type that a value of type ``inner`` is cast to; NULL when the value is, or when a VARIANT holds null."""
    found = _cast_to(node.to)
    kept = inner is not None and inner.required and inner.name != "VARIANT" and not isinstance(node, exp.TryCast)
    return found.known(required=kept) if found is not None else None


def _cast_to(kind: Any) -> Declared | None:
    sizes = [int(item.name) for item in kind.expressions if item.name.isdigit()]
    if kind.this in exp.DataType.INTEGER_TYPES or kind.this.name in _BIG:
        return Declared("NUMBER", _WIDEST, 0, integer=kind.this.name not in _BIG)
    if kind.this.name == "DECIMAL":
        return Declared("NUMBER", sizes[0] if sizes else _WIDEST, sizes[1] if len(sizes) > 1 else 0)
    name = _CASTS.get(kind.this.name)
    if name is None:
        return None
    if kind.this.name in {"CHAR", "NCHAR"}:
        return Declared("VARCHAR", sizes[0] if sizes else 1)
    return Declared(name, sizes[0] if sizes and name in {"VARCHAR", "BINARY"} else None)


def arithmetic(node: Any, left: Declared | None, right: Declared | None) -> Declared | None:
    """The type of ``left op right``."""
    if left is None or right is None:
        return None
    if left.name == "DATE" or left.name.startswith("TIMESTAMP"):
        return _moment(node, left, right)
    if left.name == INTERVAL:
        return left if right.name in {INTERVAL, "NUMBER"} else None
    if "FLOAT" in {left.name, right.name} and {left.name, right.name} <= {"FLOAT", "NUMBER", "VARCHAR"}:
        return Declared("FLOAT")
    if left.name != "NUMBER" or right.name != "NUMBER":
        return None
    first, second = left.second or 0, right.second or 0
    before, after = (left.first or _WIDEST) - first, (right.first or _WIDEST) - second
    if isinstance(node, exp.Mul):
        leading, scale = before + after, min(first + second, max(first, second, _FRACTION))
    elif isinstance(node, exp.Div):
        leading, scale = before + second, max(first, min(first + 6, _FRACTION))
    elif isinstance(node, exp.Mod):
        leading, scale = max(before, after), max(first, second)
    else:
        leading, scale = max(before, after) + 1, max(first, second)
    integer = left.integer and right.integer and not scale
    return Declared("NUMBER", min(leading + scale, _WIDEST), scale, integer=integer)


def _moment(node: Any, left: Declared, right: Declared) -> Declared | None:
    if left.name == "DATE" and right.name == "DATE" and isinstance(node, exp.Sub):
        return Declared("NUMBER", 9, 0)
    if left.name.startswith("TIMESTAMP") and right.name.startswith("TIMESTAMP") and isinstance(node, exp.Sub):
        return Declared(INTERVAL)
    if right.name == INTERVAL:
        return left if left.name != "DATE" else Declared("TIMESTAMP_NTZ")
    return left if right.name == "NUMBER" and left.name == "DATE" else None


def mean(kind: Declared | None) -> Declared | None:
    """AVG and DIV: six more digits after the point, up to twelve."""
    return _finer(kind, 6)


def sliding(node: exp.Expr) -> bool:
    """Whether an aggregate is of a window whose frame moves by a number of rows."""
    window = node.parent
    spec = window.args.get("spec") if isinstance(window, exp.Window) else None
    return spec is not None and any(isinstance(spec.args.get(side), exp.Literal) for side in ("start", "end"))


def _average(node: Any, of: Of) -> Declared | None:
    """Three digits for a moving mean, six for others.

    Source: tests of window frames of Snowpark for Python, which its maintainers run against Snowflake.
    """
    return _finer(of(node.this), 3) if sliding(node) else mean(of(node.this))


def _finer(kind: Declared | None, digits: int) -> Declared | None:
    if kind is None or kind.name != "NUMBER":
        return kind if kind is not None and kind.name == "FLOAT" else None
    scale = kind.second or 0
    return Declared("NUMBER", _WIDEST, max(scale, min(scale + digits, _FRACTION)))


def _rounded(node: Any, of: Of) -> Declared | None:
    kind = of(node.this)
    if kind is None or kind.name != "NUMBER":
        return kind if kind is not None and kind.name in {"FLOAT", "DATE"} else None
    wanted = node.args.get("decimals")
    places = int(wanted.this) if isinstance(wanted, exp.Literal) and not wanted.is_string and wanted.is_int else 0
    if wanted is not None and not isinstance(wanted, exp.Literal | exp.Neg):
        return kind
    return Declared("NUMBER", _WIDEST, min(places, kind.second or 0))


def _shifted(node: Any, of: Of) -> Declared | None:
    kind = of(node.this)
    unit = node.args.get("unit")
    if kind is None or kind.name == "VARCHAR":
        return None
    if kind.name == "DATE" and unit is not None and unit.name.upper() in SMALL_UNITS:
        return Declared("TIMESTAMP_NTZ") if not isinstance(node, exp.DateTrunc | exp.TimestampTrunc) else kind
    return kind


SMALL_UNITS = {
    *("HOUR", "HOURS", "H", "HH", "HR", "HRS", "MINUTE", "MINUTES", "M", "MI", "MIN", "MINS", "SECOND", "SECONDS", "S"),
    *("SEC", "SECS", "MILLISECOND", "MS", "MSEC", "MILLISECONDS", "MICROSECOND", "US", "USEC", "MICROSECONDS"),
    *("NANOSECOND", "NS", "NSEC", "NANOSEC", "NSECOND", "NANOSECONDS", "NANOSECS", "NSECONDS"),
}


def _sum(node: Any, of: Of) -> Declared | None:
    kind = of(node.this)
    if kind is None or kind.name != "NUMBER":
        return kind if kind is not None and kind.name == "FLOAT" else None
    return Declared("NUMBER", _WIDEST, kind.second or 0)


def _percentile(node: Any, of: Of) -> Declared | None:
    within = node.parent
    ordered = within.expression.expressions if isinstance(within, exp.WithinGroup) else []
    return _finer(of(ordered[0].this), 3) if ordered else None


def _joined(node: Any, of: Of) -> Declared:
    """As long as its parts together."""
    parts = node.expressions if isinstance(node, exp.Concat) else [node.this, node.expression]
    sizes = [kind.first if (kind := of(part)) is not None and kind.name == "VARCHAR" else None for part in parts]
    known = [size for size in sizes if size is not None]
    return Declared("VARCHAR", sum(known) if len(known) == len(sizes) else None)


def _reduced(node: Any, of: Of) -> Declared:
    """Text where REDUCE begins with text."""
    kind = of(node.args["initial"])
    return Declared("VARCHAR" if kind is not None and kind.name == "VARCHAR" else "VARIANT")


_ALWAYS: dict[type, Declared] = {
    **dict.fromkeys([exp.Count, exp.CountIf, exp.RowNumber, exp.Rank, exp.DenseRank, exp.Length], _COUNT),
    **dict.fromkeys(
        [
            exp.Upper,
            exp.Lower,
            exp.ConcatWs,
            exp.Trim,
            exp.Replace,
            exp.Substring,
            exp.SplitPart,
            exp.Left,
            exp.Right,
            exp.Initcap,
            exp.GroupConcat,
            exp.RegexpReplace,
            exp.Pad,
            exp.Repeat,
            exp.Reverse,
            exp.Chr,
            exp.MD5,
            exp.SHA,
            exp.SHA2,
            exp.Hex,
            exp.Translate,
        ],
        Declared("VARCHAR"),
    ),
    **dict.fromkeys([exp.JSONExtract, exp.JSONCast, exp.ParseJSON], Declared("VARIANT")),
    **dict.fromkeys([exp.LastDay, exp.CurrentDate, exp.DateFromParts, exp.TsOrDsToDate], Declared("DATE")),
    **dict.fromkeys(
        [
            exp.Sqrt,
            exp.Exp,
            exp.Ln,
            exp.Log,
            exp.Pow,
            exp.Sin,
            exp.Cos,
            exp.Tan,
            exp.Stddev,
            exp.StddevPop,
            exp.StddevSamp,
            exp.Corr,
        ],
        Declared("FLOAT"),
    ),
    **dict.fromkeys([exp.JSONObject, exp.Struct, exp.ParseUrl], Declared("OBJECT")),
    **dict.fromkeys(
        [exp.Array, exp.StrtokToArray, exp.Transform, exp.ArrayFilter, exp.RegexpExtractAll], Declared("ARRAY")
    ),
    exp.CurrentTimestamp: Declared("TIMESTAMP_LTZ"),
    exp.TimestampTzFromParts: Declared("TIMESTAMP_TZ"),
    # Source: the connector's test_resultbatch_schema_exists_when_zero_rows.
    exp.Seq4: Declared("NUMBER", 10, 0, required=True),
    exp.Randstr: Declared("VARCHAR", required=True),
}
_BY_ARGUMENT: dict[type, Callable[[Any, Of], Declared | None]] = {
    exp.Reduce: _reduced,
    exp.Concat: _joined,
    exp.DPipe: _joined,
    exp.Sum: _sum,
    exp.Avg: _average,
    exp.Median: lambda node, of: _finer(of(node.this), 3),
    exp.PercentileCont: _percentile,
    exp.Variance: lambda node, of: _finer(of(node.this), 6),
    exp.VariancePop: lambda node, of: _finer(of(node.this), 6),
    exp.Kurtosis: lambda node, of: _finer(of(node.this), 12),
    exp.Round: _rounded,
    exp.Trunc: _rounded,
    exp.Ceil: _rounded,
    exp.Floor: _rounded,
    **dict.fromkeys(
        [exp.DateAdd, exp.DateSub, exp.TimestampAdd, exp.TsOrDsAdd, exp.AddMonths, exp.DateTrunc, exp.TimestampTrunc],
        _shifted,
    ),
}
_NAMED = {
    **dict.fromkeys(["ARRAY_CONSTRUCT", "ARRAY_CONSTRUCT_COMPACT", "ARRAY_AGG", "TO_ARRAY", "SPLIT", "OBJECT_KEYS",
                     "ARRAY_APPEND", "ARRAY_CAT", "ARRAY_COMPACT", "ARRAY_DISTINCT", "ARRAY_EXCEPT", "ARRAY_FLATTEN",
                     "ARRAY_INSERT", "ARRAY_INTERSECTION", "ARRAY_PREPEND", "ARRAY_REMOVE", "ARRAY_REMOVE_AT",
                     "ARRAY_REVERSE", "ARRAY_SLICE", "ARRAY_SORT", "ARRAY_GENERATE_RANGE", "AS_ARRAY",
                     "ARRAY_UNION_AGG", "ARRAY_UNIQUE_AGG", "STRTOK_TO_ARRAY", "ARRAYS_ZIP"],
                    Declared("ARRAY")),
    **dict.fromkeys(["OBJECT_CONSTRUCT", "OBJECT_CONSTRUCT_KEEP_NULL", "OBJECT_AGG", "OBJECT_INSERT", "OBJECT_DELETE",
                     "OBJECT_PICK", "TO_OBJECT", "AS_OBJECT", "ARRAYS_TO_OBJECT"], Declared("OBJECT")),
    **dict.fromkeys(["PARSE_JSON", "TRY_PARSE_JSON", "GET", "GET_PATH", "TO_VARIANT", "STRIP_NULL_VALUE",
                     "ARRAY_MIN", "ARRAY_MAX", "GET_IGNORE_CASE"], Declared("VARIANT")),
    **dict.fromkeys(["TO_CHAR", "TO_VARCHAR", "TO_JSON", "ARRAY_TO_STRING", "TYPEOF", "CHECK_JSON"],
                    Declared("VARCHAR")),
    **dict.fromkeys(["TO_TIMESTAMP", "TO_TIMESTAMP_NTZ", "TRY_TO_TIMESTAMP", "TRY_TO_TIMESTAMP_NTZ"],
                    Declared("TIMESTAMP_NTZ")),
    **dict.fromkeys(["TO_TIMESTAMP_TZ", "TRY_TO_TIMESTAMP_TZ"], Declared("TIMESTAMP_TZ")),
    **dict.fromkeys(["TO_TIMESTAMP_LTZ", "TRY_TO_TIMESTAMP_LTZ"], Declared("TIMESTAMP_LTZ")),
    **dict.fromkeys(["ARRAY_SIZE", "ARRAY_POSITION", "MAP_SIZE"], _INTEGER),
    **dict.fromkeys(["TO_DATE", "TRY_TO_DATE", "AS_DATE"], Declared("DATE")),
    **dict.fromkeys(["TO_TIME", "TRY_TO_TIME", "AS_TIME"], Declared("TIME")),
    **dict.fromkeys(["TO_DOUBLE", "TRY_TO_DOUBLE", "AS_DOUBLE", "AS_REAL"], Declared("FLOAT")),
    **dict.fromkeys(["MAP_CAT", "MAP_DELETE", "MAP_INSERT", "MAP_PICK", "PARSE_IP"], Declared("OBJECT")),
    **dict.fromkeys(["TO_BINARY", "TRY_TO_BINARY", "AS_BINARY"], Declared("BINARY")),
    "MAP_KEYS": Declared("ARRAY"),
}  # fmt: skip


def _converted(node: Any) -> Declared:
    return Declared("TIMESTAMP_NTZ" if len(node.expressions) == 3 else "TIMESTAMP_TZ")


_DECIMALS = {"TO_NUMBER", "TO_DECIMAL", "TO_NUMERIC", "TRY_TO_NUMBER", "TRY_TO_DECIMAL", "TRY_TO_NUMERIC"}


def _sized(node: Any) -> Declared:
    sizes = [int(item.this) for item in node.expressions[1:] if isinstance(item, exp.Literal) and not item.is_string]
    return Declared("NUMBER", sizes[0] if sizes else _WIDEST, sizes[1] if len(sizes) > 1 else 0)


def function(node: Any, of: Of) -> Declared | None:
    """The type of a function's result; None when nothing is known of it."""
    if isinstance(node, exp.Anonymous):
        name = str(node.this).upper()
        if name == "CONVERT_TIMEZONE":
            return _converted(node)
        if name == "RATIO_TO_REPORT":
            return mean(of(node.expressions[0]))
        return _sized(node) if name in _DECIMALS else _NAMED.get(name)
    always = _ALWAYS.get(type(node))
    if always is not None:
        return always
    rule = _BY_ARGUMENT.get(type(node))
    return rule(node, of) if rule else None
