"""Which Snowflake type an expression has, as far as the tree and the tables' declarations say."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.translate import arguments, results
from airflow_provider_spcs.emulator.engine.translate.scopes import Columns, Scopes
from airflow_provider_spcs.emulator.engine.types import Declared

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

_SEMI = {"VARIANT", "OBJECT", "ARRAY"}
_WIDEST = 38
_SAME = (exp.Alias, exp.Paren, exp.Neg)
"""What is NULL only when its argument is."""
_ITS_ARGUMENT = (*_SAME, exp.Min, exp.Max, exp.AnyValue, exp.Distinct, exp.Window, exp.Abs,
                 exp.FirstValue, exp.LastValue, exp.NthValue, exp.Lag, exp.Lead, exp.Mode, exp.IgnoreNulls,
                 exp.RespectNulls, exp.ArgMax, exp.ArgMin, exp.Order, exp.Nullif, exp.WithinGroup)  # fmt: skip


class Kinds:
    """Types of one statement's expressions; they are noted on the tree before it is rewritten.

    Args:
        session: Whose current database and schema complete the names.
        root: The statement's tree, as written.
    """

    def __init__(self, session: Session, root: exp.Expr) -> None:
        self.scopes = Scopes(session, self)
        self._open: set[int] = set()
        for node in reversed(list(root.walk(bfs=False))):
            self.of(node)
        self.outputs: Columns = self.scopes.projected(root.this)

    def of(self, node: exp.Expr | None) -> Declared | None:
        """The type of an expression; None when nothing says it."""
        if node is None or id(node) in self._open:
            return None
        said = node.meta.get("declared") or node.meta.get("kind")
        if isinstance(said, Declared):
            return said
        self._open.add(id(node))
        try:
            found = self._of(node)
        finally:
            self._open.discard(id(node))
        if found is not None:
            node.meta["kind"] = found
        return found

    def _of(self, node: Any) -> Declared | None:  # noqa: PLR0911, C901 - one branch a kind of node
        if isinstance(node, _ITS_ARGUMENT):
            inner = self.of(node.this or (node.expressions[0] if node.expressions else None))
            return inner if inner is None or isinstance(node, _SAME) else inner.known(required=False)
        if isinstance(node, exp.Column):
            return self.scopes.column(node)
        if isinstance(node, exp.Parameter):
            return self.scopes.positional(node)
        if isinstance(node, exp.Identifier):
            return Declared("VARIANT") if isinstance(node.find_ancestor(exp.Lambda), exp.Lambda) else None
        if isinstance(node, exp.Literal):
            constant = literal(node)
            return constant.known(required=True) if constant else None
        if isinstance(node, exp.Boolean):
            return Declared("BOOLEAN", required=True)
        if isinstance(node, exp.Cast):
            return results.cast(node, self.of(node.this))
        if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod):
            left, right = self.of(node.this), self.of(node.args.get("expression"))
            result = results.arithmetic(node, left, right)
            known = left is not None and right is not None and left.required and right.required
            return result.known(required=known) if result is not None else None
        chosen = branches(node)
        if chosen is not None:
            kinds = [self.of(item) for item in chosen if not isinstance(item, exp.Null)]
            either = self.common(kinds)
            known = isinstance(node, exp.Coalesce) and any(kind is not None and kind.required for kind in kinds)
            return either.known(required=known) if either is not None else None
        if isinstance(node, exp.Subquery):
            columns = self.scopes.projected(node)
            only = columns[0][1] if len(columns) == 1 else None
            return only.known(required=False) if only else None
        if isinstance(node, exp.Bracket):
            return Declared("VARIANT")
        return self._result(node) if isinstance(node, exp.Func) else None

    def _result(self, node: exp.Func) -> Declared | None:
        try:
            return results.function(node, self.of)
        except arguments.UNREADABLE as error:
            raise arguments.refused(node) from error

    def common(self, kinds: Iterable[Declared | None]) -> Declared | None:
        """The type that holds values of all these types; None when one is unknown."""
        found = list(kinds)
        first = found[0] if found else None
        if first is None or any(kind is None or kind.name != first.name for kind in found):
            return None
        known = [kind for kind in found if kind is not None]
        required = all(kind.required for kind in known)
        if first.name == "NUMBER":
            scale = max(kind.second or 0 for kind in known)
            leading = max((kind.first or _WIDEST) - (kind.second or 0) for kind in known)
            whole = all(kind.integer for kind in known)
            return Declared("NUMBER", min(leading + scale, _WIDEST), scale, whole, required=required)
        sizes = [kind.first for kind in known]
        longest = None if None in sizes else max(size for size in sizes if size is not None)
        return Declared(first.name, longest, required=required)

    def variant(self, node: exp.Expr | None) -> bool:
        """Whether an expression is known to be semi-structured."""
        found = self.of(node)
        return found is not None and found.name in _SEMI


def branches(node: Any) -> list[Any] | None:
    """The expressions of which a conditional's value is one."""
    if isinstance(node, exp.Coalesce | exp.Greatest | exp.Least):
        found = [node.this, *node.expressions]
    elif isinstance(node, exp.Case):
        found = [item.args.get("true") for item in node.args.get("ifs", [])] + [node.args.get("default")]
    elif isinstance(node, exp.If | exp.Nvl2):
        found = [node.args.get("true"), node.args.get("false")]
    elif isinstance(node, exp.DecodeCase):
        rest = node.expressions[1:]
        found = rest[1::2] + ([rest[-1]] if len(rest) % 2 else [])
    else:
        return None
    return [item for item in found if item is not None]


def literal(node: exp.Literal) -> Declared | None:
    """The type of a literal: as many digits or characters as it has."""
    if node.is_string:
        return Declared("VARCHAR", max(len(node.this), 1))
    if "e" in node.this.lower():
        return _power(node.this)
    whole, _, fraction = node.this.partition(".")
    digits = len(whole.lstrip("0"))
    return Declared("NUMBER", min(max(digits + len(fraction), 1), _WIDEST), len(fraction))


def _power(text: str) -> Declared:
    """``1e10`` is the number of its digits where they fit."""
    _, digits, exponent = Decimal(text).as_tuple()
    scale = max(-int(exponent), 0)
    length = max(len(digits) + max(int(exponent), 0), scale)
    return Declared("NUMBER", length, scale) if length <= _WIDEST else Declared("FLOAT")
