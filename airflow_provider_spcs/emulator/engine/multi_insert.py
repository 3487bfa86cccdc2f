"""INSERT ALL and INSERT FIRST: the rows of one query into several tables."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine import fitting, physical
from airflow_provider_spcs.emulator.engine.translate import generate
from airflow_provider_spcs.emulator.errors import syntax_error
from airflow_provider_spcs.emulator.names import quoted
from airflow_provider_spcs.emulator.result import Kind, Result, number

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.engine.translate import Translation
    from airflow_provider_spcs.emulator.names import Name


def run(session: Session, translation: Translation) -> Result:
    """Insert by every branch, all in one transaction; the source is read once.

    Source: Snowflake's documentation, "INSERT (multi-table)".
    """
    tree = translation.tree
    rows = f"sf_rows_{secrets.token_hex(4)}"
    branches = [
        (_name(branch), _insert(session, branch, rows, where))
        for branch, where in _conditions(tree.expressions, first=str(tree.args["kind"]).upper() == "FIRST")
    ]
    source = generate(tree.args["source"])

    def work(cursor: Any) -> list[int]:
        for name, table in translation.relations.items():
            cursor.register(name, table)
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE {rows} AS {source}")
        counts = [int(cursor.execute(sql).fetchone()[0]) for _, sql in branches]
        cursor.execute(f"DROP TABLE {rows}")
        return counts

    targets = {name for name, _ in branches}
    counts = session.transaction.write([], work, translation.names)
    shown = sorted(targets)
    totals = tuple(
        sum(count for count, (name, _) in zip(counts, branches, strict=True) if name == wanted) for wanted in shown
    )
    columns = [number(f"number of rows inserted into {name.name}") for name in shown]
    return Result(columns, [totals], kind=Kind.MULTI_INSERT)


def _conditions(branches: list[Any], *, first: bool) -> list[tuple[Any, str]]:
    """Each branch with its WHERE; a branch without WHEN belongs to the WHEN or ELSE before it."""
    found: list[tuple[Any, str]] = []
    earlier: list[str] = []
    current = ""
    for branch in branches:
        said = branch.args.get("expression")
        if said is not None:
            text = f"coalesce({generate(said)}, false)"
            current = " AND ".join([text, *(f"NOT {known}" for known in earlier)]) if first else text
            earlier.append(text)
        elif branch.args.get("else_"):
            current = " AND ".join(f"NOT {known}" for known in earlier)
        found.append((branch, current))
    return found


def _name(branch: Any) -> Name:
    node = branch.this.this
    node = node.this if isinstance(node, exp.Schema) else node
    name: Name | None = node.meta.get("name")
    if name is None:
        raise syntax_error(node.sql("snowflake"))
    return name


def _insert(session: Session, branch: Any, rows: str, where: str) -> str:
    insert, name = branch.this, _name(branch)
    stored = session.temporary.get(name) or physical.encode(name.name)
    known = session.account.engine.types.of(physical.schema_of(name.database, name.schema), stored)
    columns = [column for column, _ in fitting.targets(insert, known)]
    values = insert.expression
    if values is None:
        shown = "*"
    else:
        fitting.fit_insert(insert, known)
        cells = values.expressions[0].expressions
        if len(cells) != len(columns):
            raise syntax_error(f"{len(cells)} values for {len(columns)} columns of {name.name}")
        shown = ", ".join(generate(cell) for cell in cells)
    listed = ", ".join(quoted(column) for column in columns)
    sql = f"INSERT INTO {session.relation(name)} ({listed}) SELECT {shown} FROM {rows}"
    return f"{sql} WHERE {where}" if where else sql
