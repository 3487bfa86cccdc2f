"""The column definitions of CREATE TABLE and ALTER TABLE ADD COLUMN."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import physical, translate, types
from airflow_provider_spcs.emulator.engine.ddl import keys
from airflow_provider_spcs.emulator.engine.ddl.keys import Key
from airflow_provider_spcs.emulator.errors import unsupported
from airflow_provider_spcs.emulator.names import quoted

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_ENDS = {"NOT", "NULL", "DEFAULT", "AUTOINCREMENT", "IDENTITY", "PRIMARY", "PRIMARY KEY", "UNIQUE", "REFERENCES",
         "FOREIGN", "FOREIGN KEY",
         "COMMENT", "COLLATE", "CONSTRAINT", "WITH", "MASKING", "TAG", "ORDER", "NOORDER", "ENFORCED",
         "RELY"}  # fmt: skip


@dataclass
class Definition:
    """One column as defined.

    Args:
        name: Its name.
        type: Its type; None when the query of a CTAS decides it.
        nullable: Whether NULL is allowed.
        default: The default as written; None without one.
        default_sql: The default in DuckDB's words.
        comment: Its comment.
        increment: Start and step of AUTOINCREMENT; None without.
        keys: Those that are said with the column.
    """

    name: str
    type: types.Declared | None = None
    nullable: bool = True
    default: str | None = None
    default_sql: str | None = None
    comment: str | None = None
    increment: tuple[int, int] | None = None
    keys: list[Key] = field(default_factory=list)
    document: dict[str, Any] = field(default_factory=dict)

    def sql(self) -> str:
        """The column's text in DuckDB's CREATE TABLE."""
        assert self.type is not None  # noqa: S101
        text = f"{quoted(physical.column(self.name))} {self.type.duckdb}"
        if self.default_sql is not None:
            value = f"sf_tz({self.default_sql})" if self.type.name == "TIMESTAMP_TZ" else self.default_sql
            text += f" DEFAULT ({value})"
        return text if self.nullable else f"{text} NOT NULL"

    def remembered(self) -> dict[str, Any]:
        """What DuckDB does not keep."""
        said: dict[str, Any] = {"type": str(self.type)} if self.type is not None else {}
        if self.type is not None and self.type.loose:
            said["loose"] = True
        if self.default is not None:
            said["default"] = self.default
        if self.comment is not None:
            said["comment"] = self.comment
        if self.increment:
            said["increment"] = list(self.increment)
        return said


def definitions(session: Session, statement: Statement) -> tuple[list[Definition], list[Key]]:
    """Read ``(column type constraints, ...)``; the cursor is after the opening parenthesis, then after the closing.

    Returns:
        The columns, and the table's keys, be they said with a column or apart.
    """
    found: list[Definition] = []
    apart: list[Key] = []
    while True:
        if keys.ahead(statement):
            apart.append(keys.read(session, statement))
        else:
            found.append(definition(session, statement))
        if statement.accept(")"):
            break
        statement.expect(",")
    primary = {name for key in apart if key.kind == keys.PRIMARY for name in key.columns}
    for column in found:
        column.nullable = column.nullable and column.name not in primary
    return found, [key for column in found for key in column.keys] + apart


def definition(session: Session, statement: Statement) -> Definition:
    """Read one column."""
    column = Definition(statement.identifier())
    if statement.word() not in _ENDS and statement.word() not in {",", ")", ""}:
        column.type = types.read(statement, str(session.parameters["TIMESTAMP_TYPE_MAPPING"]))
    while statement.word() not in {",", ")", ""}:
        _constraint(session, statement, column)
    return column


def _constraint(session: Session, statement: Statement, column: Definition) -> None:
    name = statement.identifier() if statement.accept("CONSTRAINT") else ""
    if keys.ahead(statement):
        column.keys.append(keys.read_inline(session, statement, column.name, name))
        column.nullable = column.nullable and column.keys[-1].kind != keys.PRIMARY
    elif statement.accept("NOT", "NULL"):
        column.nullable = False
    elif statement.accept("NULL") or statement.accept("ORDER") or statement.accept("NOORDER"):
        return
    elif statement.accept("DEFAULT"):
        column.default = expression_text(statement)
        column.default_sql = translate.expression(session, column.default)
    elif statement.accept("AUTOINCREMENT") or statement.accept("IDENTITY"):
        column.increment = _increment(statement)
    elif statement.accept("COMMENT"):
        statement.accept("=")
        column.comment = statement.string()
    elif statement.accept("COLLATE"):
        statement.string()
        raise unsupported("COLLATE on a column")
    elif statement.looking_at("WITH") or statement.looking_at("MASKING") or statement.looking_at("TAG"):
        raise unsupported("policies and tags on a column")
    else:
        raise statement.unexpected()


def _increment(statement: Statement) -> tuple[int, int]:
    start, step = 1, 1
    if statement.accept("("):
        start = int(statement.literal())
        if statement.accept(","):
            step = int(statement.literal())
        statement.expect(")")
    if statement.accept("START"):
        statement.accept("WITH") or statement.accept("=")
        start = int(statement.literal())
    if statement.accept("INCREMENT"):
        statement.accept("BY") or statement.accept("=")
        step = int(statement.literal())
    return start, step


def expression_text(statement: Statement) -> str:
    """The text of an expression up to the next clause at its level."""
    first = statement.peek()
    if first is None:
        raise statement.unexpected()
    depth, last = 0, first
    while not statement.done:
        word = statement.word()
        if depth == 0 and (
            word in {",", ")"} or (word in _ENDS and last is not first) or (word in _ENDS - {"NULL", "NOT"})
        ):
            break
        if depth == 0 and word in _ENDS and statement.peek() is not first:
            break
        depth += (word == "(") - (word == ")")
        last = statement.peek() or last
        statement.at += 1
    return statement.text[first.start : last.end + 1]


def skip_parenthesis(statement: Statement) -> str:
    """Read over ``(...)`` when it comes next; its text."""
    first = statement.peek()
    if first is None or not statement.accept("("):
        return ""
    depth = 1
    last = first
    while depth:
        token = statement.peek()
        if token is None:
            raise statement.unexpected()
        depth += (statement.word() == "(") - (statement.word() == ")")
        last = token
        statement.at += 1
    return statement.text[first.start : last.end + 1]
