"""Keys of tables: read as said, kept with the table, shown; like Snowflake's own, not enforced.

Source: Snowflake's documentation, "CREATE | ALTER TABLE ... CONSTRAINT".
"""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import SnowflakeError

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.catalog import Relation
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

PRIMARY, UNIQUE, FOREIGN = "PRIMARY KEY", "UNIQUE", "FOREIGN KEY"
_STARTS = {"CONSTRAINT", "PRIMARY", "PRIMARY KEY", "UNIQUE", "FOREIGN", "FOREIGN KEY", "REFERENCES"}
_WORDS = {"ENFORCED", "DEFERRABLE", "INITIALLY", "DEFERRED", "IMMEDIATE", "ENABLE", "DISABLE", "VALIDATE", "NOVALIDATE",
          "MATCH", "FULL", "SIMPLE", "PARTIAL"}  # fmt: skip
_ACTIONS = [("CASCADE",), ("RESTRICT",), ("NO", "ACTION"), ("SET", "NULL"), ("SET", "DEFAULT")]


@dataclass
class Key:
    """A primary, unique or foreign key.

    Args:
        kind: ``"PRIMARY KEY"``, ``"UNIQUE"`` or ``"FOREIGN KEY"``.
        columns: Its columns, in its order.
        name: As given, or one made for it.
        table: The parts of the name of the table that a foreign key refers to.
        referred: The columns there; none for that table's primary key.
        update, delete: What a foreign key says of changes there.
        rely: Whether optimizers may rely on it.
    """

    kind: str
    columns: list[str]
    name: str = ""
    table: list[str] = field(default_factory=list)
    referred: list[str] = field(default_factory=list)
    update: str = "NO ACTION"
    delete: str = "NO ACTION"
    rely: bool = False

    def __post_init__(self) -> None:
        self.name = self.name or f"SYS_CONSTRAINT_{uuid.uuid4()}"


def of(table: Relation) -> list[Key]:
    """A table's keys."""
    return [Key(**said) for said in table.document.get("keys", [])]


def document(keys: list[Key]) -> list[dict[str, Any]]:
    """Keys as a table's document holds them."""
    return [asdict(key) for key in keys]


def renamed(keys: list[Key], old: str, new: str) -> list[Key]:
    """Keys after one of the table's columns got a new name."""
    return [replace(key, columns=[new if column == old else column for column in key.columns]) for key in keys]


def ahead(statement: Statement) -> bool:
    """Whether a key comes next."""
    return statement.word() in _STARTS


def read(session: Session, statement: Statement) -> Key:
    """Read ``[CONSTRAINT name] PRIMARY KEY (a, b) ...``."""
    name = statement.identifier() if statement.accept("CONSTRAINT") else ""
    return _finished(session, statement, Key(_kind(statement), _columns(statement), name))


def read_inline(session: Session, statement: Statement, column: str, name: str) -> Key:
    """Read a key of one column, which stands behind the column's type."""
    kind = FOREIGN if statement.looking_at("REFERENCES") else _kind(statement)
    return _finished(session, statement, Key(kind, [column], name))


def dropped(statement: Statement, keys: list[Key]) -> list[Key]:
    """Read what ALTER TABLE ... DROP says of a key; the keys that are left.

    Raises:
        SnowflakeError: 2003 when there is no such key.
    """
    if statement.accept("CONSTRAINT"):
        name = statement.identifier()
        gone = [key for key in keys if key.name == name]
        said = f"Constraint '{name}'"
    else:
        kind = _kind(statement)
        columns = _columns(statement) if statement.looking_at("(") else None
        gone = [key for key in keys if key.kind == kind and (columns is None or key.columns == columns)]
        said = kind.capitalize()
    statement.accept("CASCADE") or statement.accept("RESTRICT")
    statement.end()
    if not gone:
        raise SnowflakeError(f"SQL compilation error:\n{said} does not exist or not authorized.", 2003, "02000")
    return [key for key in keys if key not in gone]


def _kind(statement: Statement) -> str:
    for kind in (PRIMARY, FOREIGN):
        if statement.accept(kind) or statement.accept(*kind.split()):
            return kind
    statement.expect(UNIQUE)
    return UNIQUE


def _columns(statement: Statement) -> list[str]:
    statement.expect("(")
    names = [statement.identifier()]
    while statement.accept(","):
        names.append(statement.identifier())
    statement.expect(")")
    return names


def _finished(session: Session, statement: Statement, key: Key) -> Key:
    """Read what stands behind a key's columns."""
    if key.kind == FOREIGN:
        statement.expect("REFERENCES")
        key.table = list(session.qualify(statement.name()))
        if statement.looking_at("("):
            key.referred = _columns(statement)
    _properties(statement, key)
    return key


def _properties(statement: Statement, key: Key) -> None:
    while True:
        if statement.accept("ON", "UPDATE"):
            key.update = _action(statement)
        elif statement.accept("ON", "DELETE"):
            key.delete = _action(statement)
        elif statement.word() in {"RELY", "NORELY"}:
            key.rely = statement.identifier() == "RELY"
        elif statement.looking_at("NOT") and statement.word(1) in _WORDS:
            statement.at += 2
        elif statement.word() in _WORDS:
            statement.at += 1
        else:
            return


def _action(statement: Statement) -> str:
    for words in _ACTIONS:
        if statement.accept(*words):
            return " ".join(words)
    raise statement.unexpected()
