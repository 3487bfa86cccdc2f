"""The column definitions of CREATE TABLE and ALTER TABLE ADD COLUMN."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import physical, translate, types
from airflow_provider_spcs.emulator.errors import unsupported
from airflow_provider_spcs.emulator.names import quoted

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_ENDS = {"NOT", "NULL", "DEFAULT", "AUTOINCREMENT", "IDENTITY", "PRIMARY", "PRIMARY KEY", "UNIQUE", "REFERENCES",
         "FOREIGN", "FOREIGN KEY",
         "COMMENT", "COLLATE", "CONSTRAINT", "WITH", "MASKING", "TAG", "ORDER", "NOORDER", "ENFORCED",
         "RELY"}  # fmt: skip
# The lexer makes one token of some pairs of words.
_TABLE_CONSTRAINTS = {"CONSTRAINT", "PRIMARY", "PRIMARY KEY", "UNIQUE", "FOREIGN", "FOREIGN KEY"}


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
        primary: Part of the primary key (not enforced, as on Snowflake).
    """

    name: str
    type: types.Declared | None = None
    nullable: bool = True
    default: str | None = None
    default_sql: str | None = None
    comment: str | None = None
    increment: tuple[int, int] | None = None
    primary: bool = False
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
        if self.primary:
            said["primary"] = True
        return said


def definitions(session: Session, statement: Statement) -> list[Definition]:
    """Read ``(column type constraints, ...)``; the cursor is after the opening parenthesis, then after the closing."""
    found: list[Definition] = []
    while True:
        if statement.word() in _TABLE_CONSTRAINTS:
            for column in _table_constraint(statement):
                for item in found:
                    if item.name == column:
                        item.primary, item.nullable = True, False
        else:
            found.append(definition(session, statement))
        if statement.accept(")"):
            return found
        statement.expect(",")


def definition(session: Session, statement: Statement) -> Definition:
    """Read one column."""
    column = Definition(statement.identifier())
    if statement.word() not in _ENDS and statement.word() not in {",", ")", ""}:
        column.type = types.read(statement, str(session.parameters["TIMESTAMP_TYPE_MAPPING"]))
    while statement.word() not in {",", ")", ""}:
        _constraint(session, statement, column)
    return column


def _constraint(session: Session, statement: Statement, column: Definition) -> None:  # noqa: C901 - one branch a constraint
    if statement.accept("NOT", "NULL"):
        column.nullable = False
    elif (
        statement.accept("NULL")
        or statement.accept("UNIQUE")
        or statement.accept("ORDER")
        or statement.accept("NOORDER")
        or statement.accept("NOT", "ENFORCED")
        or statement.accept("RELY")
        or statement.accept("ENFORCED")
        or statement.accept("NORELY")
    ):
        return
    elif statement.accept("PRIMARY KEY") or statement.accept("PRIMARY", "KEY"):
        column.primary, column.nullable = True, False
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
    elif statement.accept("CONSTRAINT"):
        statement.identifier()
    elif statement.accept("REFERENCES"):
        statement.name()
        skip_parenthesis(statement)
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


def _table_constraint(statement: Statement) -> list[str]:
    if statement.accept("CONSTRAINT"):
        statement.identifier()
    primary = statement.accept("PRIMARY KEY") or statement.accept("PRIMARY", "KEY")
    if not primary and not statement.accept("UNIQUE") and not statement.accept("FOREIGN KEY"):
        statement.expect("FOREIGN", "KEY")
    statement.expect("(")
    names = [statement.identifier()]
    while statement.accept(","):
        names.append(statement.identifier())
    statement.expect(")")
    if statement.accept("REFERENCES"):
        statement.name()
        skip_parenthesis(statement)
    while statement.word() not in {",", ")", ""}:
        statement.at += 1
    return names if primary else []


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
