"""A function or procedure as its CREATE statement defines it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import types
from airflow_provider_spcs.emulator.engine.ddl.columns import expression_text, skip_parenthesis
from airflow_provider_spcs.emulator.errors import SnowflakeError, unsupported

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.engine.types import Declared
    from airflow_provider_spcs.emulator.statement import Statement

_LANGUAGES = {"SQL", "PYTHON"}
_FLAGS = {"VOLATILE", "IMMUTABLE", "MEMOIZABLE", "SECURE"}
_VALUES = {"RUNTIME_VERSION", "PACKAGES", "IMPORTS", "HANDLER", "COMMENT", "ARTIFACT_REPOSITORY", "TARGET_PATH"}
_REFUSED = {"EXTERNAL_ACCESS_INTEGRATIONS", "SECRETS", "RESOURCE_CONSTRAINT"}


@dataclass
class Routine:
    """A function or procedure.

    Args:
        kind: FUNCTION, AGGREGATE FUNCTION or PROCEDURE.
        arguments: Names and types, in order.
        defaults: Expressions of the last arguments' defaults, by argument.
        returns: Type of the value; None for a table.
        columns: Names and types of a returned table's columns.
        language: SQL or PYTHON.
        body: The code between the quotes; empty when it is in an imported file.
        handler: ``function`` of the body, or ``module.function`` of an import.
        imports: Staged files, as written.
        strict: NULL for a NULL argument, without a call.
        comment: Its comment.
        said: The other options, for DESCRIBE.
    """

    kind: str
    arguments: list[tuple[str, Declared]]
    defaults: dict[str, str] = field(default_factory=dict)
    returns: Declared | None = None
    columns: list[tuple[str, Declared]] = field(default_factory=list)
    language: str = "SQL"
    body: str = ""
    handler: str = ""
    imports: list[str] = field(default_factory=list)
    strict: bool = False
    comment: str = ""
    said: dict[str, str] = field(default_factory=dict)

    @property
    def signature(self) -> str:
        """The argument types as they tell overloads apart: ``(NUMBER, VARCHAR)``."""
        return f"({', '.join(kind.name for _, kind in self.arguments)})"

    @property
    def returned(self) -> str:
        """What SHOW says after RETURN."""
        if self.returns is not None:
            return self.returns.name
        return f"TABLE ({', '.join(f'{name} {kind.name}' for name, kind in self.columns)})"

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            **self.__dict__,
            "arguments": [(name, str(kind)) for name, kind in self.arguments],
            "columns": [(name, str(kind)) for name, kind in self.columns],
            "returns": None if self.returns is None else str(self.returns),
        }

    @classmethod
    def of(cls, document: dict[str, Any]) -> Routine:
        """From :meth:`document`."""
        known = {name: document[name] for name in cls.__dataclass_fields__}
        known["arguments"] = [(name, types.parse(kind)) for name, kind in known["arguments"]]
        known["columns"] = [(name, types.parse(kind)) for name, kind in known["columns"]]
        known["returns"] = types.parse(known["returns"]) if known["returns"] else None
        return cls(**known)


def read(session: Session, statement: Statement, kind: str) -> Routine:
    """Read what follows the name in CREATE FUNCTION or CREATE PROCEDURE.

    Raises:
        SnowflakeError: 1003 for what is no such statement, 2 for languages and clauses that are refused.
    """
    mapping = str(session.parameters["TIMESTAMP_TYPE_MAPPING"])
    routine = Routine(kind, [])
    _arguments(statement, routine, mapping)
    while statement.accept("COPY", "GRANTS"):
        continue
    statement.expect("RETURNS")
    _returns(statement, routine, mapping)
    while not statement.accept("AS"):
        if statement.done:
            if routine.language == "PYTHON" and routine.handler:
                return routine
            raise statement.unexpected()
        _clause(statement, routine)
    routine.body = statement.string() if statement.is_string() else statement.rest()
    statement.end()
    if routine.language == "PYTHON" and not routine.handler:
        raise SnowflakeError("SQL compilation error:\nMissing HANDLER for a Python function.", 1003, "42000")
    return routine


def _arguments(statement: Statement, routine: Routine, mapping: str) -> None:
    statement.expect("(")
    while not statement.accept(")"):
        name = statement.identifier()
        if name in {"IN", "INPUT"} and statement.word() not in {",", ")"} and statement.word(1) not in {",", ")", "("}:
            name = statement.identifier()
        routine.arguments.append((name, types.read(statement, mapping)))
        if statement.accept("DEFAULT"):
            routine.defaults[name] = expression_text(statement)
        statement.accept(",")


def _returns(statement: Statement, routine: Routine, mapping: str) -> None:
    if statement.accept("TABLE"):
        statement.expect("(")
        while not statement.accept(")"):
            routine.columns.append((statement.identifier(), types.read(statement, mapping)))
            statement.accept(",")
    else:
        routine.returns = types.read(statement, mapping)
    statement.accept("NOT", "NULL")


def _clause(statement: Statement, routine: Routine) -> None:
    if statement.accept("LANGUAGE"):
        routine.language = statement.identifier()
        if routine.language not in _LANGUAGES:
            raise unsupported(f"{routine.kind} in {routine.language}; SQL and PYTHON are emulated")
    elif statement.accept("CALLED", "ON", "NULL", "INPUT"):
        routine.strict = False
    elif statement.accept("RETURNS", "NULL", "ON", "NULL", "INPUT") or statement.accept("STRICT"):
        routine.strict = True
    elif statement.accept("EXECUTE", "AS"):
        routine.said["EXECUTE AS"] = statement.identifier()
    elif statement.word() in _FLAGS:
        routine.said["VOLATILITY"] = statement.identifier()
    elif statement.accept("NOT", "NULL") or statement.accept("COPY", "GRANTS"):
        return
    else:
        _option(statement, routine)


def _option(statement: Statement, routine: Routine) -> None:
    name = statement.identifier()
    if name in _REFUSED:
        raise unsupported(f"{name} of a {routine.kind}")
    if name not in _VALUES:
        statement.at -= 1
        raise statement.unexpected()
    statement.accept("=")
    if statement.looking_at("("):
        text = skip_parenthesis(statement)
    else:
        text = str(statement.literal())
        if name == "RUNTIME_VERSION" and statement.accept("."):
            text += f".{statement.literal()}"
    if name == "IMPORTS":
        routine.imports = _listed(text)
    elif name == "HANDLER":
        routine.handler = text
    elif name == "COMMENT":
        routine.comment = text
    else:
        routine.said[name] = text


def _listed(text: str) -> list[str]:
    from airflow_provider_spcs.emulator.statement import Statement

    inner, found = Statement.parse(text), []
    while not inner.done:
        if inner.is_string():
            found.append(inner.string())
        else:
            inner.at += 1
    return found
