"""Which Snowflake type an expression has, as far as the tree and the tables' declarations say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from airflow_provider_spcs.emulator.engine import physical
from airflow_provider_spcs.emulator.engine.types import Declared

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

_SEMI = {"VARIANT", "OBJECT", "ARRAY"}
_ARRAYS = {"json_array", "sf_to_array", "sf_split", "json_group_array", "sf_keys", "sf_array_agg"}
_OBJECTS = {"json_object", "sf_object_construct", "sf_object_insert", "sf_object_delete", "sf_object_pick",
            "json_group_object", "sf_to_object", "json_merge_patch"}  # fmt: skip
_VARIANTS = {"json_extract", "sf_get", "sf_variant", "sf_parse_json", "sf_try_parse_json"}
_NUMBERS = {"sf_array_size", "sf_array_position", "sf_uniform_int"}


class Kinds:
    """Types by name, for one statement.

    Args:
        session: Whose current database and schema complete the names.
        root: The statement's tree, its tables still named as written.
    """

    def __init__(self, session: Session, root: exp.Expr) -> None:
        self._columns: dict[str, Declared | None] = {}
        self._aliases: dict[str, list[exp.Expr]] = {}
        for alias in root.find_all(exp.Alias):
            self._aliases.setdefault(alias.alias, []).append(alias.this)
        self.tables: dict[int, list[tuple[str, Declared]]] = {}
        for table in root.find_all(exp.Table):
            self._learn(session, table)
        self._open: set[int] = set()

    def _learn(self, session: Session, table: exp.Table) -> None:
        parts = [part.name for part in table.parts]
        if not isinstance(table.this, exp.Identifier) or (len(parts) < 3 and session.database is None):
            return
        if len(parts) == 1 and session.schema is None:
            return
        name = session.qualify(parts)
        stored = session.temporary.get(name) or physical.encode(name.name)
        found = session.account.engine.types.of(physical.schema_of(name.database, name.schema), stored)
        self.tables[id(table)] = found
        for column, declared in found:
            known = self._columns.setdefault(column, declared)
            if known != declared:
                self._columns[column] = None if known is None or known.name != declared.name else Declared(known.name)

    def named(self, column: str) -> Declared | None:
        """The type of a column of this name in the statement's tables; None when none has it, or they differ."""
        return self._columns.get(column)

    def of(self, node: exp.Expr | None) -> Declared | None:
        """The type of an expression; None when nothing says it."""
        if node is None or id(node) in self._open:
            return None
        self._open.add(id(node))
        try:
            return self._of(node)
        finally:
            self._open.discard(id(node))

    def _of(self, node: exp.Expr) -> Declared | None:  # noqa: PLR0911, C901
        if isinstance(
            node, exp.Alias | exp.Paren | exp.Neg | exp.Min | exp.Max | exp.AnyValue | exp.Distinct | exp.Window
        ):
            return self.of(node.this or (node.expressions[0] if node.expressions else None))
        if isinstance(node, exp.Column):
            return self._column(node)
        if isinstance(node, exp.Identifier):
            return Declared("VARIANT") if isinstance(node.find_ancestor(exp.Lambda), exp.Lambda) else None
        if isinstance(node, exp.Literal):
            return _literal(node)
        if isinstance(node, exp.Cast):
            return _cast(node)
        if isinstance(node, exp.Count | exp.RowNumber | exp.CountIf | exp.Length):
            return Declared("NUMBER", 38, 0, integer=True)
        if isinstance(node, exp.Sum):
            inner = self.of(node.this)
            return Declared("NUMBER", 38, inner.second or 0) if inner is not None and inner.name == "NUMBER" else inner
        if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Mod):
            return self._arithmetic(node)
        if isinstance(node, exp.Coalesce | exp.If | exp.Case):
            return self._common(node)
        if isinstance(node, exp.JSONExtract | exp.JSONCast):
            return Declared("VARIANT")
        if isinstance(node, exp.Anonymous):
            said = node.meta.get("declared")
            return said if isinstance(said, Declared) else _function(str(node.this).lower())
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Select) and len(node.this.expressions) == 1:
            return self.of(node.this.expressions[0])
        return None

    def _column(self, node: exp.Column) -> Declared | None:
        found = self._columns.get(node.name)
        kinds = {self.of(item) for item in self._aliases.get(node.name, []) if item is not node}
        if found is not None:
            kinds.add(found)
        return kinds.pop() if len(kinds) == 1 else None

    def _arithmetic(self, node: exp.Expr) -> Declared | None:
        left, right = self.of(node.this), self.of(node.args.get("expression"))
        if left is None or right is None or left.name != "NUMBER" or right.name != "NUMBER":
            return Declared("FLOAT") if {"FLOAT"} & {kind.name for kind in (left, right) if kind} else None
        first, second = left.second or 0, right.second or 0
        scale = min(first + second, max(first, second, 12)) if isinstance(node, exp.Mul) else max(first, second)
        return Declared("NUMBER", 38, scale, integer=left.integer and right.integer)

    def _common(self, node: exp.Expr) -> Declared | None:
        if isinstance(node, exp.Coalesce):
            items = [node.this, *node.expressions]
        elif isinstance(node, exp.Case):
            items = [item.args.get("true") for item in node.args.get("ifs", [])] + [node.args.get("default")]
        else:
            items = [node.args.get("true"), node.args.get("false")]
        kinds = {self.of(item) for item in items if item is not None and not isinstance(item, exp.Null)}
        return kinds.pop() if len(kinds) == 1 else None

    def variant(self, node: exp.Expr | None) -> bool:
        """Whether an expression is known to be semi-structured."""
        found = self.of(node)
        return found is not None and found.name in _SEMI


def _literal(node: exp.Literal) -> Declared | None:
    if node.is_string:
        return Declared("VARCHAR")
    if node.is_int:
        return Declared("NUMBER", 38, 0, integer=True)
    whole, _, fraction = node.this.partition(".")
    if "e" in node.this.lower():
        return Declared("FLOAT")
    return Declared("NUMBER", max(len(whole) + len(fraction), 1), len(fraction))


_CASTS = {
    **dict.fromkeys(["VARCHAR", "TEXT", "CHAR", "NVARCHAR"], "VARCHAR"),
    **dict.fromkeys(["DOUBLE", "FLOAT"], "FLOAT"),
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP_NTZ",
    "TIMESTAMPNTZ": "TIMESTAMP_NTZ",
    "TIMESTAMPLTZ": "TIMESTAMP_LTZ",
    "JSON": "VARIANT",
}


def _cast(node: exp.Cast) -> Declared | None:
    said = node.meta.get("declared")
    if isinstance(said, Declared):
        return said
    kind = node.to.this
    if kind in exp.DataType.INTEGER_TYPES or kind.name in {"INT128", "HUGEINT"}:
        return Declared("NUMBER", 38, 0, integer=kind.name not in {"INT128", "HUGEINT"})
    if kind.name == "DECIMAL":
        sizes = [int(item.name) for item in node.to.expressions]
        return Declared("NUMBER", sizes[0], sizes[1]) if len(sizes) == 2 else None
    name = _CASTS.get(kind.name)
    return Declared(name) if name else None


def _function(name: str) -> Declared | None:
    if name in _ARRAYS or (
        name.startswith("sf_array") and name not in _NUMBERS and not name.endswith(("contains", "string"))
    ):
        return Declared("ARRAY") if name not in {"sf_arrays_overlap", "sf_array_min", "sf_array_max"} else None
    if name in _OBJECTS:
        return Declared("OBJECT")
    if name in _VARIANTS:
        return Declared("VARIANT")
    if name == "sf_text":
        return Declared("VARCHAR")
    return Declared("NUMBER", 38, 0, integer=True) if name in _NUMBERS else None
