"""Snowflake SQL to DuckDB SQL: one statement's text, in a session's context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError, UnsupportedError

from airflow_provider_spcs.emulator.engine.translate.parser import parse
from airflow_provider_spcs.emulator.engine.translate.rewrite import settle
from airflow_provider_spcs.emulator.errors import SnowflakeError, unsupported

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.engine.translate.kinds import Kinds
    from airflow_provider_spcs.emulator.engine.types import Declared
    from airflow_provider_spcs.emulator.names import Name
    from airflow_provider_spcs.emulator.statement import Statement


@dataclass
class Translation:
    """DuckDB SQL and what it needs.

    Args:
        tree: The rewritten tree.
        sql: Its text for DuckDB.
        relations: Arrow tables to register under these names before it runs.
        names: Physical relation names and how the user would write them, for errors.
        tables: The tables that it reads or writes.
        models: The models whose methods it calls.
        kinds: What the tree and the tables say of types.
        seconds: How long a generator in it is to take before its rows are there.
    """

    tree: exp.Expr
    sql: str = ""
    relations: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    tables: list[Name] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    kinds: Kinds | None = None
    seconds: float = 0.0

    def wait(self, session: Session) -> None:
        """Take the time that a generator with a time limit takes.

        Raises:
            SnowflakeError: 604 when the statement is cancelled meanwhile.
        """
        if self.seconds and session.account.clock.wait(self.seconds, session.cancelled):
            raise SnowflakeError("SQL execution canceled", 604, "57014")

    def types(self, columns: Sequence[str], found: list[Declared]) -> list[Declared]:
        """The output columns' types: DuckDB's, refined by what the tree and the tables' declarations say."""
        from airflow_provider_spcs.emulator.engine.translate.lineage import refine

        return refine(self, columns, found)


def text(session: Session, sql: str, binds: Sequence[Any]) -> Translation:
    """Translate a statement's text.

    Raises:
        SnowflakeError: It cannot be parsed, or uses what is not emulated.
    """
    from airflow_provider_spcs.emulator.engine.translate.rules import apply

    settled, tokens, left = settle(session, sql, binds)
    translation = Translation(parse(settled, tokens, left))
    if "@" in settled or "snow://" in settled:
        from airflow_provider_spcs.emulator.stages.select import resolve

        resolve(session, translation)
    try:
        apply(session, translation)
    except SqlglotError as error:
        # A clause where none may stand, such as WITHIN GROUP behind a function that is no aggregate.
        raise SnowflakeError(f"SQL compilation error:\n{str(error).splitlines()[0]}", 1003, "42000") from error
    translation.sql = generate(translation.tree)
    return translation


def query(session: Session, statement: Statement) -> Translation:
    """Translate what is left of a statement, from its cursor on."""
    from airflow_provider_spcs.emulator.engine.translate.remainder import rest

    sql, binds = rest(statement)
    return text(session, sql, binds)


def expression(session: Session, sql: str, binds: Sequence[Any] = ()) -> str:
    """DuckDB text of one scalar expression, for defaults and constants."""
    translation = text(session, f"SELECT {sql}", binds)
    select = translation.tree
    return generate(select.expressions[0].unalias())


def generate(tree: exp.Expr) -> str:
    """DuckDB text of a rewritten tree.

    Raises:
        SnowflakeError: The tree holds what DuckDB cannot say.
    """
    try:
        return str(tree.sql("duckdb", unsupported_level=ErrorLevel.RAISE, comments=False))
    except UnsupportedError as error:
        raise unsupported(str(error).split("\n")[0]) from error
