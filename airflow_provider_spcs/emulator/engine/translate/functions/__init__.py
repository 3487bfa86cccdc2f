"""Functions: Snowflake's meaning in DuckDB's words, by family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from airflow_provider_spcs.emulator import registry
from airflow_provider_spcs.emulator.engine.translate.functions import (
    analytics,
    by_session,
    casts,
    compare,
    context,
    converting,
    dates,
    numbers,
    regexps,
    semistructured,
    strings,
    typed,
)
from airflow_provider_spcs.emulator.engine.translate.functions.names import MACROS
from airflow_provider_spcs.emulator.engine.translate.rewrite import METHOD, MODEL
from airflow_provider_spcs.emulator.routines import calling

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.translate.call import Call

_FAMILIES = (analytics, casts, converting, dates, numbers, regexps, semistructured, strings)
CLASSES = {kind: rule for family in _FAMILIES for kind, rule in family.CLASSES.items()}
NAMES = {name: rule for family in _FAMILIES for name, rule in family.NAMES.items()}


def rewrite(call: Call, node: exp.Expr) -> exp.Expr:  # noqa: C901, PLR0911, PLR0912 - the dispatch itself
    """What stands in DuckDB for one node whose children are rewritten already; the node itself when it stays."""
    chosen = by_session.rewrite(call, node)
    if chosen is not node:
        return chosen
    if isinstance(node, exp.Func) and not isinstance(node.parent, exp.TableFromRows | exp.Table):
        name = str(node.this).upper() if isinstance(node, exp.Anonymous) else node.sql_name()
        if name == METHOD:
            return _method(call, node)
        if name == MODEL and isinstance(node, exp.Anonymous):
            return _model(call, node)
        if isinstance(node, exp.Anonymous) and node.meta.get("routine") is not None:
            return calling.scalar(call, node) if not isinstance(node.parent, exp.TableFromRows) else node
        if name in registry.SCALARS:
            return call.scalar(name, _arguments(node))
        if name == "SYSTEM$TYPEOF" and isinstance(node, exp.Anonymous):
            return typed.name_of(call.translation.kinds, node)
        if name in context.FUNCTIONS:
            return context.FUNCTIONS[name](call, node)
        if isinstance(node, exp.Anonymous):
            if name in MACROS:
                node.set("this", MACROS[name])
                return node
            named = NAMES.get(name)
            return named(node) if named else node
    if isinstance(node, exp.Parameter | exp.SessionParameter):
        return context.parameter(call, node)
    if isinstance(node, exp.Column):
        return context.column(call, node)
    if isinstance(node, exp.Window) and node.meta.get("routine") is not None:
        return calling.window(call, node)
    if isinstance(node, exp.Window) and node.meta.get("list"):
        return semistructured.windowed(node)
    kinds = call.translation.kinds
    compare.rewrite(kinds, node)
    exact = numbers.exact(kinds, node)
    if exact is not node:
        return exact
    kept = dates.keep_date(kinds, node)
    if kept is not node:
        return kept
    rule = CLASSES.get(type(node))
    return rule(node) if rule else node


def _method(call: Call, node: exp.Expr) -> exp.Expr:
    from airflow_provider_spcs.emulator.engine.literals import literal
    from airflow_provider_spcs.emulator.engine.translate.call import plain

    return literal(plain(call.method(node.expressions)))


def _model(call: Call, node: exp.Anonymous) -> exp.Expr:
    from airflow_provider_spcs.emulator.models import invocation

    return invocation.scalar(call, node)


def _arguments(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.Anonymous):
        return list(node.expressions)
    return [value for value in node.args.values() if isinstance(value, exp.Expr)]
