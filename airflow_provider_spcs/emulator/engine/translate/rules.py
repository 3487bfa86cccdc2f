"""The walk over a tree that turns Snowflake's meaning into DuckDB's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from airflow_provider_spcs.emulator.engine import physical
from airflow_provider_spcs.emulator.engine.translate import (
    arguments,
    collations,
    functions,
    generated,
    hierarchies,
    intervals,
    pivots,
    row_values,
    stars,
    table_functions,
    tables,
    volatile_aliases,
    windows,
    zoned,
)
from airflow_provider_spcs.emulator.engine.translate.call import Call
from airflow_provider_spcs.emulator.engine.translate.kinds import Kinds
from airflow_provider_spcs.emulator.routines import expanding

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.engine.translate import Translation


def apply(session: Session, translation: Translation) -> None:
    """Rewrite the translation's tree in place and note the relations it needs."""
    _stages(session, translation)
    call = Call(session, translation)
    root = exp.Paren(this=translation.tree)  # so that the root, too, has a place to be replaced in
    table_functions.named(call, root)
    expanding.expand(call, root)
    _identifiers(root)
    windows.check(root)
    volatile_aliases.settle(root)
    intervals.settle(root)
    row_values.settle(root)
    collations.settle(root)
    translation.kinds = Kinds(session, root)
    stars.settle(translation.kinds, root)
    zoned.moments(translation.kinds, root)
    generated.windows(root)
    for node in reversed(list(root.walk(bfs=False))):
        if node is root:
            continue
        kind = node.meta.get("kind")
        replacement = _rewritten(call, node)
        if replacement is not node:
            if kind is not None:
                replacement.meta.setdefault("kind", kind)
            node.replace(replacement)
    zoned.pairs(root)
    for node in reversed(list(root.walk(bfs=False))):
        tables.rewrite(call, node)
    for pivot in list(root.find_all(exp.Pivot)):
        pivots.rewrite(call, pivot)
    hierarchies.settle(root)
    translation.tree = root.this
    translation.tree.pop()


def _rewritten(call: Call, node: exp.Expr) -> exp.Expr:
    try:
        kept, offset = zoned.clock(call, node)
        replacement = functions.rewrite(call, kept) if kept is node else kept
        return zoned.absolute(replacement, offset) if offset else replacement
    except arguments.UNREADABLE as error:
        raise arguments.refused(node) from error


def _stages(session: Session, translation: Translation) -> None:
    """Replace reads of stages; the family of stages knows their files."""
    if any(not isinstance(node.this, exp.Identifier | exp.Func) for node in translation.tree.find_all(exp.Table)):
        from airflow_provider_spcs.emulator.stages import select

        select.resolve(session, translation)


def _identifiers(root: exp.Expr) -> None:
    """Bare identifiers in upper case, all of them quoted, as DuckDB has them. ``ORDER BY ALL`` is no column."""
    for ordered in root.find_all(exp.Ordered):
        inner = ordered.this
        if isinstance(inner, exp.Column) and inner.name.upper() == "ALL" and not inner.this.args.get("quoted"):
            inner.replace(exp.Var(this="ALL"))
    for node in root.find_all(exp.Identifier):
        if not _key(node):
            node.set("this", physical.column(node.this) if node.args.get("quoted") else node.this.upper())
        node.set("quoted", True)


def _key(node: exp.Identifier) -> bool:
    """Whether it is a key of an object's literal, which keeps its case."""
    pair = node.parent
    return isinstance(pair, exp.PropertyEQ) and pair.this is node and isinstance(pair.parent, exp.Struct)
