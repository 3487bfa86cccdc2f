"""Calls of functions in SQL: their bodies in the place of the calls; calls of Python functions are marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.types import Declared
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.routines.store import FUNCTION, Found

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.translate.call import Call

_DEEPEST = 32
"""Functions that call functions; one that calls itself never ends."""


def expand(call: Call, root: exp.Expr) -> None:
    """Rewrite the calls of users' functions in a tree as written.

    Raises:
        SnowflakeError: A body cannot be parsed, or bodies call each other without end.
    """
    for _ in range(_DEEPEST):
        calls = [(node, found) for node in _calls(root) if (found := _find(call, node)) is not None]
        for node, found in calls:
            _settle(call, node, found)
        if not any(found.routine.language == "SQL" for _, found in calls):
            return
    raise SnowflakeError("SQL compilation error:\nrecursive function definitions are not supported.", 2210, "42601")


def parts_of(node: exp.Expr) -> tuple[list[str], Any]:
    """Name and call of ``f(...)`` or ``db.schema.f(...)``; no call for anything else."""
    outer: list[str] = []
    while isinstance(node, exp.Dot):
        names = node.this.find_all(exp.Identifier)
        outer += [part.name if part.args.get("quoted") else part.name.upper() for part in names]
        node = node.expression
    if not isinstance(node, exp.Anonymous):
        return [], None
    name = node.this
    quoted = isinstance(name, exp.Identifier) and name.args.get("quoted")
    written = name.name if isinstance(name, exp.Identifier) else str(name)
    return [*outer, written if quoted else written.upper()], node


def _calls(root: exp.Expr) -> Iterator[exp.Expr]:
    for node in list(root.find_all(exp.Anonymous)):
        if node.meta.get("routine") is not None:
            continue
        whole: exp.Expr = node
        while isinstance(whole.parent, exp.Dot) and whole.arg_key == "expression":
            whole = whole.parent
        yield whole


def _find(call: Call, node: exp.Expr) -> Found | None:
    parts, inner = parts_of(node)
    given: list[Declared | None] = [_roughly(item) for item in inner.expressions]
    return call.session.account.routines.find(call.session, FUNCTION, parts, given)


def _roughly(node: exp.Expr) -> Declared | None:
    from airflow_provider_spcs.emulator.engine.translate.kinds import literal

    return literal(node) if isinstance(node, exp.Literal) else None


def _settle(call: Call, node: exp.Expr, found: Found) -> None:
    _, inner = parts_of(node)
    given = arguments(inner.expressions, found)
    if found.routine.language == "SQL":
        node.replace(_body(call, found, given))
        return
    inner.set("expressions", given)
    inner.meta["routine"] = found
    if found.routine.returns is not None:
        inner.meta["declared"] = found.routine.returns
    if node is not inner:
        node.replace(inner)


def arguments(nodes: Sequence[exp.Expr], found: Found) -> list[exp.Expr]:
    """The arguments in the order of the definition: positional, by name, by default."""
    from airflow_provider_spcs.emulator.engine.translate.parser import parse
    from airflow_provider_spcs.emulator.statement import tokenize

    positional = [node for node in nodes if not isinstance(node, exp.Kwarg)]
    named = {node.this.name.upper(): node.expression for node in nodes if isinstance(node, exp.Kwarg)}
    made: list[exp.Expr] = []
    for index, (name, _) in enumerate(found.routine.arguments):
        if index < len(positional):
            made.append(positional[index].copy())
        elif name in named:
            made.append(named[name].copy())
        elif name in found.routine.defaults:
            text = f"SELECT {found.routine.defaults[name]}"
            made.append(parse(text, tokenize(text), []).expressions[0].unalias())
        else:
            raise SnowflakeError(
                f"SQL compilation error: error line 1 at position 0\nnot enough arguments for function "
                f"[{found.name.name}], missing {name}",
                938,
                "22023",
            )
    return made


def _body(call: Call, found: Found, given: list[exp.Expr]) -> exp.Expr:
    from airflow_provider_spcs.emulator.engine.translate.parser import parse
    from airflow_provider_spcs.emulator.engine.translate.rewrite import settle

    routine = found.routine
    text = routine.body.strip().rstrip(";").strip()
    query = text.lstrip("( \n").upper().startswith(("SELECT", "WITH", "VALUES"))
    settled, tokens, left = settle(call.session, text if query else f"SELECT {text}", [])
    tree = parse(settled, tokens, left)
    values = {
        name: exp.Paren(this=_as(value, kind)) for (name, kind), value in zip(routine.arguments, given, strict=True)
    }
    for column in list(tree.find_all(exp.Column)):
        its = column.name if column.this.args.get("quoted") else column.name.upper()
        if its in values and not column.table:
            column.replace(values[its].copy())
    if routine.returns is not None:
        inner = exp.Subquery(this=tree) if query else exp.Paren(this=tree.expressions[0].unalias())
        return _as(inner, routine.returns)
    return _table(tree, found)


def _table(tree: exp.Expr, found: Found) -> exp.Expr:
    """The query of a table function, under its columns' names and types."""
    names = [exp.to_identifier(name, quoted=True) for name, _ in found.routine.columns]
    shown = [
        exp.alias_(_as(exp.column(name.copy()), kind), name.copy())
        for name, (_, kind) in zip(names, found.routine.columns, strict=True)
    ]
    alias = exp.TableAlias(this=exp.to_identifier("SF_BODY", quoted=True), columns=names)
    query = exp.Select(expressions=shown).from_(exp.Subquery(this=tree, alias=alias))
    return exp.Subquery(this=query)


def _as(value: exp.Expr, kind: Declared) -> exp.Expr:
    said = str(kind) if kind.name != "VARCHAR" or kind.first else "VARCHAR"
    return exp.Cast(this=value, to=exp.DataType.build(said, dialect="snowflake"))
