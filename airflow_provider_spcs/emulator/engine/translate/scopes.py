"""Which columns each source of a query offers, with their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine import physical
from airflow_provider_spcs.emulator.engine.translate.flatten import splits
from airflow_provider_spcs.emulator.engine.types import Declared

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.engine.translate.kinds import Kinds

Columns = list[tuple[str, Declared | None]]

_FLATTENED: Columns = [
    ("SEQ", Declared("NUMBER", 38, 0)),
    ("KEY", Declared("VARCHAR")),
    ("PATH", Declared("VARCHAR")),
    ("INDEX", Declared("NUMBER", 38, 0)),
    ("VALUE", Declared("VARIANT")),
    ("THIS", Declared("VARIANT")),
]
_SPLIT: Columns = [
    ("SEQ", Declared("NUMBER", 38, 0)),
    ("INDEX", Declared("NUMBER", 38, 0)),
    ("VALUE", Declared("VARCHAR")),
]


class Scopes:
    """The sources of a statement's queries.

    Args:
        session: Whose current database and schema complete the names.
        kinds: What says the type of an expression.
    """

    def __init__(self, session: Session, kinds: Kinds) -> None:
        self._session = session
        self._kinds = kinds
        self._known: dict[int, Columns] = {}
        self._open: set[int] = set()

    def column(self, node: exp.Column) -> Declared | None:
        """The type of a column, from the innermost query whose sources have it."""
        if isinstance(node.this, exp.Parameter):
            return self.positional(node.this, node.table)
        name, table = node.name, node.table
        query = node.find_ancestor(exp.Select, exp.Update, exp.Delete, exp.Merge, exp.Insert)
        while query is not None:
            for alias, columns in self._sources(query):
                if table and alias != table:
                    continue
                for column, kind in columns:
                    if column == name:
                        return kind
            own = self._alias(query, node) if not table else None
            if own is not None:
                return self._kinds.of(own)
            query = query.find_ancestor(exp.Select, exp.Update, exp.Delete, exp.Merge)
        return None

    def positional(self, node: exp.Expr, table: str = "") -> Declared | None:
        """The type of ``$n``."""
        found = self.at(node, table)
        return found[1] if found else None

    def at(self, node: exp.Expr, table: str = "") -> tuple[str, Declared | None] | None:
        """The column that ``$n`` means, by name and type; None when the sources are not known that far."""
        select = node.find_ancestor(exp.Select)
        text = node.this.name if isinstance(node.this, exp.Expr) else str(node.this)
        if select is None or not text.isdigit():
            return None
        for alias, columns in self._sources(select):
            if (not table or alias == table) and 0 < int(text) <= len(columns):
                return columns[int(text) - 1]
        return None

    def _alias(self, query: exp.Expr, node: exp.Column) -> exp.Expr | None:
        for item in query.expressions if isinstance(query, exp.Select) else []:
            if isinstance(item, exp.Alias) and item.alias == node.name:
                return item.this if not any(part is node for part in item.walk()) else None
        return None

    def projected(self, query: Any) -> Columns:
        """The columns that a query gives, in order."""
        if id(query) in self._open:
            return []
        if id(query) not in self._known:
            self._open.add(id(query))
            try:
                self._known[id(query)] = self._projected(query)
            finally:
                self._open.discard(id(query))
        return self._known[id(query)]

    def _projected(self, query: Any) -> Columns:
        if isinstance(query, exp.Subquery | exp.Paren):
            return self._source(query)[1] if isinstance(query, exp.Subquery) else self.projected(query.this)
        if isinstance(query, exp.SetOperation):
            left, right = self.projected(query.this), self.projected(query.expression)
            if len(left) != len(right):
                return left
            return [
                (name, self._kinds.common([one, other])) for (name, one), (_, other) in zip(left, right, strict=True)
            ]
        if isinstance(query, exp.Values):
            return self._values(query)
        if not isinstance(query, exp.Select):
            return []
        found: Columns = []
        for item in query.expressions:
            if item.is_star:
                found += self._star(query, item)
            else:
                found.append((item.alias_or_name, self._kinds.of(item)))
        group = query.args.get("group")
        # Subtotals have NULL where a column is summed up.
        subtotals = group is not None and group.find(exp.Rollup, exp.Cube, exp.GroupingSets) is not None
        return _optional(found) if subtotals else found

    def _star(self, query: exp.Select, item: exp.Expr) -> Columns:
        star = item.this if isinstance(item, exp.Column) else item
        table = item.table if isinstance(item, exp.Column) else ""
        found = [pair for alias, columns in self._sources(query) if not table or alias == table for pair in columns]
        dropped = {part.name for part in star.args.get("except_") or []}
        renamed = {part.this.name: part.alias for part in star.args.get("rename") or []}
        replaced = {part.alias: self._kinds.of(part) for part in star.args.get("replace") or []}
        return [(renamed.get(name, name), replaced.get(name, kind)) for name, kind in found if name not in dropped]

    def offered(self, query: exp.Select, table: str = "") -> list[tuple[str, str]]:
        """The columns of a query's sources, or of one: each with its source's name."""
        found = self._sources(query)
        return [(alias, name) for alias, columns in found if not table or alias == table for name, _ in columns]

    def _sources(self, query: exp.Expr) -> list[tuple[str, Columns]]:
        if isinstance(query, exp.Select):
            parts: list[Any] = [query.args["from_"].this] if query.args.get("from_") else []
            parts += [join.this for join in query.args.get("joins") or []]
            parts += query.args.get("laterals") or []
        elif isinstance(query, exp.Merge):
            parts = [query.this, query.args.get("using")]
        else:
            parts = [query.this, *(query.args["from_"].this for _ in [1] if query.args.get("from_"))]
            using = query.args.get("using")
            parts += using if isinstance(using, list) else []
        found = [self._source(part) for part in parts if isinstance(part, exp.Expr)]
        outer = any(join.side for join in query.args.get("joins") or [])
        return [(alias, _optional(columns)) for alias, columns in found] if outer else found

    def _source(self, node: Any) -> tuple[str, Columns]:
        if isinstance(node, exp.Schema):
            node = node.this
        alias = node.args.get("alias")
        named = alias.name if isinstance(alias, exp.TableAlias) else ""
        columns = self._offered(node)
        if node.args.get("pivots"):
            return named, []
        if isinstance(alias, exp.TableAlias) and alias.args.get("columns"):
            names = [part.name for part in alias.args["columns"]]
            columns = [
                (names[index] if index < len(names) else name, kind) for index, (name, kind) in enumerate(columns)
            ]
        return named or (node.name if isinstance(node, exp.Table) else ""), columns

    def _offered(self, node: Any) -> Columns:
        if isinstance(node, exp.Subquery):
            return self.projected(node.this)
        if isinstance(node, exp.Values):
            return self._values(node)
        if isinstance(node, exp.Lateral | exp.TableFromRows):
            inner = node.this
            if isinstance(inner, exp.Subquery):
                return self.projected(inner.this)
            flat = isinstance(inner, exp.Explode) or str(inner.this).upper() == "FLATTEN"
            return _FLATTENED if flat else _SPLIT if splits(inner) else []
        return self._table(node) if isinstance(node, exp.Table) else []

    def _table(self, node: exp.Table) -> Columns:
        parts = parts_of(node)
        if not isinstance(node.this, exp.Identifier):
            return []
        cte = cte_of(node, node.name) if len(parts) == 1 else None
        if cte is not None:
            names = [part.name for part in cte.args["alias"].args.get("columns") or []]
            given = self.projected(cte.this)
            return [(names[index] if index < len(names) else name, kind) for index, (name, kind) in enumerate(given)]
        session = self._session
        if (len(parts) < 3 and session.database is None) or (len(parts) == 1 and session.schema is None):
            return []
        name = session.qualify(parts)
        stored = session.temporary.get(name) or physical.encode(name.name)
        return list(session.account.engine.types.of(physical.schema_of(name.database, name.schema), stored))

    def _values(self, node: exp.Values) -> Columns:
        rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
        width = min((len(row) for row in rows), default=0)
        found: Columns = []
        for index in range(width):
            kinds = [self._kinds.of(row[index]) for row in rows if not isinstance(row[index], exp.Null)]
            kind = self._kinds.common(kinds)
            if kind is not None and len(kinds) < len(rows):
                kind = kind.known(required=False)
            found.append((f"COLUMN{index + 1}", kind))
        return found


def parts_of(node: exp.Table) -> list[str]:
    """The parts of a table's name; ``db..name`` means the schema PUBLIC."""
    parts = [physical.column_name(part.name) for part in node.parts]
    return [parts[0], "PUBLIC", parts[1]] if len(parts) == 2 and node.args.get("catalog") else parts


def _optional(columns: Columns) -> Columns:
    """The same columns where NULL can occur in each."""
    return [(name, kind.known(required=False) if kind else None) for name, kind in columns]


def cte_of(node: exp.Expr, name: str) -> Any:
    """The common table expression that a table's bare name means; None when it means a table."""
    parent: exp.Expr | None = node.parent
    child: exp.Expr = node
    while parent is not None:
        clause = parent if isinstance(parent, exp.With) else parent.args.get("with_")
        if clause is not None:
            for cte in clause.expressions:
                if cte is child and not clause.args.get("recursive"):
                    break
                if cte.alias == name:
                    return cte
        child, parent = parent, parent.parent
    return None
