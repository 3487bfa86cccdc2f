"""Interval constants: the parts of one are added one after another, in the order in which they are written.

Source: Snowflake's documentation, "Interval constants": ``'1 day, 1 year'`` after 2019-02-28 is 2020-03-01,
``'1 year, 1 day'`` is 2020-02-29; the abbreviations of its table.
"""

from __future__ import annotations

import re

from sqlglot import exp

from airflow_provider_spcs.emulator.errors import SnowflakeError, unsupported

_PART = re.compile(r"\s*([+-]?\d+)\s*([A-Za-z_]*)\s*(?:,|\Z)?")
_MONTH, _DAY, _MICROSECOND = ("MONTH", 1), ("DAY", 1), ("MICROSECOND", 1)
_UNITS: dict[str, tuple[str, int]] = {
    **dict.fromkeys(["YEAR", "Y", "YY", "YYY", "YYYY", "YR", "YEARS", "YRS"], ("YEAR", 1)),
    **dict.fromkeys(["QUARTER", "Q", "QTR", "QTRS", "QUARTERS"], ("MONTH", 3)),
    **dict.fromkeys(["MONTH", "MM", "MON", "MONS", "MONTHS"], _MONTH),
    **dict.fromkeys(["WEEK", "W", "WK", "WEEKOFYEAR", "WOY", "WY", "WEEKS"], ("DAY", 7)),
    **dict.fromkeys(["DAY", "D", "DD", "DAYS", "DAYOFMONTH"], _DAY),
    **dict.fromkeys(["HOUR", "H", "HH", "HR", "HOURS", "HRS"], ("HOUR", 1)),
    **dict.fromkeys(["MINUTE", "M", "MI", "MIN", "MINUTES", "MINS"], ("MINUTE", 1)),
    **dict.fromkeys(["", *["SECOND", "S", "SEC", "SECONDS", "SECS"]], ("SECOND", 1)),
    **dict.fromkeys(["MILLISECOND", "MS", "MSEC", "MILLISECONDS"], ("MILLISECOND", 1)),
    **dict.fromkeys(["MICROSECOND", "US", "USEC", "MICROSECONDS"], _MICROSECOND),
}
_NANO = {"NANOSECOND", "NS", "NSEC", "NANOSEC", "NSECOND", "NANOSECONDS", "NANOSECS", "NSECONDS"}


def settle(root: exp.Expr) -> None:
    """Make every interval constant one of a single part that DuckDB knows, the others added before it.

    Raises:
        SnowflakeError: A constant alone is a column (2); no source says what Snowflake answers then.
    """
    for node in list(root.find_all(exp.Interval)):
        column = node.parent.parent if isinstance(node.parent, exp.Alias) else node.parent
        if isinstance(column, exp.Select):
            raise unsupported("an INTERVAL constant as a column")
        if isinstance(node.this, exp.Literal) and node.args.get("unit") is None:
            _spread(node, _parts(node.this.this))
        elif isinstance(node.this, exp.Literal) and isinstance(node.args.get("unit"), exp.Var):
            _spread(node, _parts(f"{node.this.this} {node.args['unit'].name}"))


def _spread(node: exp.Interval, parts: list[tuple[int, str]]) -> None:
    *before, last = parts
    sum_ = node.parent
    if isinstance(sum_, exp.Add) and sum_.this is node:
        sum_.set("this", sum_.expression)
        sum_.set("expression", node)
    if isinstance(sum_, exp.Add | exp.Sub):
        for part in before:
            sum_.set("this", type(sum_)(this=sum_.this, expression=_made(*part)))
    node.replace(_made(*last))


def _made(count: int, unit: str) -> exp.Interval:
    return exp.Interval(this=exp.Literal.string(str(count)), unit=exp.Var(this=unit))


def _parts(text: str) -> list[tuple[int, str]]:
    """The parts that a constant says; nanoseconds become microseconds, the least that is kept."""
    found, at = [], 0
    while at < len(text.rstrip()):
        part = _PART.match(text, at)
        word = part[2].upper() if part else "?"
        if part is None or (word not in _UNITS and word not in _NANO):
            raise SnowflakeError(f"SQL compilation error:\nsyntax error: invalid interval '{text}'.", 1003, "42000")
        unit, factor = _UNITS.get(word, _MICROSECOND)
        count = int(part[1]) // 1000 if word in _NANO else int(part[1]) * factor
        found.append((count, unit))
        at = part.end()
    return found or [(0, "SECOND")]
