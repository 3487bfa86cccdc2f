"""What a session's parameters change: weeks, and how dates and times become text.

Source: Snowflake's documentation, "Date and time input and output formats".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.parameters import DEFAULTS
from airflow_provider_spcs.emulator.engine.translate.functions import weeks
from airflow_provider_spcs.emulator.engine.translate.functions.build import sql
from airflow_provider_spcs.emulator.engine.translate.functions.strings import time_text
from airflow_provider_spcs.emulator.engine.types import Declared

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.translate.call import Call


def rewrite(call: Call, node: Any) -> exp.Expr:
    """The node by the session's parameters; itself where their defaults hold."""
    weekly = weeks.rewrite(call, node)
    if weekly is not node:
        return weekly
    source = _made_text(node)
    return _text(call, node, source) if source is not None else node


def _made_text(node: Any) -> exp.Expr | None:
    """What a cast to VARCHAR, or TO_CHAR without a format, makes text of."""
    if isinstance(node, exp.Cast) and node.to.this in exp.DataType.TEXT_TYPES and not node.meta.get("duckdb"):
        inner: exp.Expr = node.this
        return inner
    if isinstance(node, exp.Anonymous) and str(node.this).upper() in {"TO_CHAR", "TO_VARCHAR"}:
        return node.expressions[0] if len(node.expressions) == 1 else None
    return None


def _text(call: Call, node: exp.Expr, source: exp.Expr) -> exp.Expr:
    kind = call.translation.kinds.of(source) if call.translation.kinds is not None else None
    if kind is None or not (kind.name == "DATE" or kind.name.startswith("TIME")):
        return node
    parameters = call.session.parameters
    name = f"{kind.name}_OUTPUT_FORMAT"
    said = str(parameters.get(name) or "")
    if not said and kind.name.startswith("TIMESTAMP"):
        name = "TIMESTAMP_OUTPUT_FORMAT"
        said = str(parameters.get(name) or "")
    if not said or said == DEFAULTS[name].value or said.upper() == "AUTO":
        return node
    moment = source if kind.name != "TIME" else sql(f"(DATE '1970-01-01' + {source.sql('duckdb')})")
    made = time_text(moment, said)
    made.meta["declared"] = Declared("VARCHAR")
    return made
