"""INSERT, UPDATE, DELETE, MERGE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine import fitting, inserted, multi_insert, physical, translate
from airflow_provider_spcs.emulator.engine.translate import generate
from airflow_provider_spcs.emulator.errors import SnowflakeError, does_not_exist, unsupported
from airflow_provider_spcs.emulator.result import Kind, Result, number

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.engine.translate import Translation
    from airflow_provider_spcs.emulator.engine.types import Declared
    from airflow_provider_spcs.emulator.names import Name
    from airflow_provider_spcs.emulator.statement import Statement

_MERGED = [("INSERT", "inserted"), ("UPDATE", "updated"), ("DELETE", "deleted")]


def run(session: Session, statement: Statement) -> Result:
    """Run one DML statement; the result counts the rows."""
    first = statement.word(1)
    if first == "OVERWRITE" and statement.word(2) in {"ALL", "FIRST"}:
        raise unsupported("INSERT OVERWRITE ALL")
    overwrite = statement.word() == "INSERT" and first == "OVERWRITE"
    translation = translate.query(session, statement)
    translation.wait(session)
    tree = translation.tree
    if isinstance(tree, exp.MultitableInserts):
        return multi_insert.run(session, translation)
    target = target_of(tree)
    if not columns_of(session, target):
        # An open transaction would still see a table that another session has dropped.
        raise does_not_exist("Object", translation.names.get(physical.encode(target.name), target), "42S02")
    if isinstance(tree, exp.Merge):
        return _merge(session, translation, target)
    if isinstance(tree, exp.Update):
        _plain_targets(tree)
        fitting.fit_assignments(tree.expressions, columns_of(session, target))
    if isinstance(tree, exp.Insert):
        columns = columns_of(session, target)
        inserted.mend(tree, columns)
        fitting.fit_insert(tree, columns)
    _cut_insert_alias(tree)
    sql, repeated = generate(tree), _multi_joined(tree)

    def work(cursor: Any) -> tuple[int, int]:
        _register(cursor, translation)
        relation = session.relation(target)
        # The query may read what it overwrites: the old rows go after it has run.
        last = cursor.execute(f"SELECT max(rowid) FROM {relation}").fetchone()[0] if overwrite else None
        several = int(cursor.execute(repeated).fetchone()[0]) if repeated else 0
        count = int(cursor.execute(sql).fetchone()[0])
        if last is not None:
            cursor.execute(f"DELETE FROM {relation} WHERE rowid <= {last}")
        return count, several

    locks = [] if isinstance(tree, exp.Insert) and not overwrite else [target]
    count, several = session.transaction.write(locks, work, translation.names)
    return counted(tree, count, several)


def _multi_joined(tree: exp.Expr) -> str:
    """DuckDB text of how many rows of an UPDATE's target join with several rows of its FROM; empty without FROM."""
    source = tree.args.get("from_")
    if not isinstance(tree, exp.Update) or source is None:
        return ""
    target = tree.this
    row = exp.column("rowid", exp.to_identifier(target.alias_or_name, quoted=True))
    joined = exp.select(exp.alias_(row, "R")).from_(target.copy()).join(source.this.copy(), join_type="CROSS")
    if tree.args.get("where"):
        joined = joined.where(tree.args["where"].this.copy())
    return f"SELECT count(*) FROM (SELECT R FROM ({generate(joined)}) GROUP BY R HAVING count(*) > 1)"


def run_many(session: Session, statement: Statement, rows: Sequence[Sequence[object]]) -> Result:
    """Run one DML statement for each row of values, in one transaction."""
    from airflow_provider_spcs.emulator.engine.arrays import bound_insert

    source = statement.text
    if statement.word() not in {"INSERT", "UPDATE", "DELETE", "MERGE"}:
        result = Result([], [])
        for row in rows:
            result = session.execute(source, row)
        return result
    whole = bound_insert(session, source, rows)
    if whole is not None:
        return whole
    transaction = session.transaction
    alone = not transaction.begun and transaction.autocommit
    if alone:
        transaction.begin()
    try:
        results = [session.execute(source, row) for row in rows]
        if alone:
            transaction.commit()
    except BaseException:
        if alone:
            transaction.rollback()
        raise
    total = tuple(
        sum(int(str(item.rows[0][index])) for item in results if item.rows) for index in range(len(results[0].columns))
    )
    return Result(results[0].columns, [total], kind=results[0].kind)


def counted(tree: exp.Expr, count: int, several: int = 0) -> Result:
    """The answer of a DML statement: how many rows; for an UPDATE how many of them had several to take values from."""
    if isinstance(tree, exp.Insert):
        return Result([number("number of rows inserted")], [(count,)], kind=Kind.INSERT)
    if isinstance(tree, exp.Update):
        columns = [number("number of rows updated"), number("number of multi-joined rows updated")]
        return Result(columns, [(count, several)], kind=Kind.UPDATE)
    return Result([number("number of rows deleted")], [(count,)], kind=Kind.DELETE)


def columns_of(session: Session, target: Name) -> list[tuple[str, Declared]]:
    """The columns of a table with their declared types; none when there is no such table."""
    stored = session.temporary.get(target) or physical.encode(target.name)
    return session.account.engine.types.of(physical.schema_of(target.database, target.schema), stored)


def _register(cursor: Any, translation: Translation) -> None:
    for name, table in translation.relations.items():
        cursor.register(name, table)


def target_of(tree: exp.Expr) -> Name:
    """The table that a statement changes.

    Raises:
        SnowflakeError: 1003 when its target is not a table.
    """
    node = tree.this
    if isinstance(node, exp.Schema):
        node = node.this
    name = node.meta.get("name") if isinstance(node, exp.Table) else None
    if name is None:
        raise SnowflakeError("SQL compilation error:\nThe statement's target is not a table.", 1003, "42000")
    found: Name = name
    return found


def _plain_targets(tree: exp.Update) -> None:
    # DuckDB wants bare column names on the left of SET.
    for assignment in tree.expressions:
        if isinstance(assignment, exp.EQ) and isinstance(assignment.this, exp.Column):
            assignment.this.set("table", None)


def _cut_insert_alias(tree: exp.Expr) -> None:
    if isinstance(tree, exp.Insert):
        tree.set("overwrite", None)
        tree.set("into", True)


def _merge(session: Session, translation: Translation, target: Name) -> Result:
    tree = translation.tree
    actions, columns = set(), columns_of(session, target)
    for when in tree.args["whens"].expressions:
        then = when.args["then"]
        actions.add(then.name.upper() if isinstance(then, exp.Var) else then.key.upper())
        if isinstance(then, exp.Update):
            fitting.fit_assignments(then.expressions, columns)
        if isinstance(then, exp.Insert):
            fitting.fit_merge(then, columns)
        for assignment in then.expressions if isinstance(then, exp.Update) else []:
            if isinstance(assignment, exp.EQ) and isinstance(assignment.this, exp.Column):
                assignment.this.set("table", None)
        if isinstance(then, exp.Insert) and then.this is not None:
            for column in then.this.find_all(exp.Column):
                column.set("table", None)
    sql = f"{generate(tree)} RETURNING merge_action"

    def work(cursor: Any) -> dict[str, int]:
        _register(cursor, translation)
        counts: dict[str, int] = {}
        for (action,) in cursor.execute(sql).fetchall():
            counts[action] = counts.get(action, 0) + 1
        return counts

    counts = session.transaction.write([target], work, translation.names)
    said = [(action, word) for action, word in _MERGED if action in actions]
    shown = [number(f"number of rows {word}") for _, word in said]
    return Result(shown, [tuple(counts.get(action, 0) for action, _ in said)], kind=Kind.MERGE)
