"""What the emulator answers: commands, system functions, table functions, methods; and who answers it.

Each family of statements registers itself here from its own module, so that nothing is listed twice:
dispatch, the coverage page and its test all read these tables.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.result import Result
    from airflow_provider_spcs.emulator.statement import Statement

CommandHandler = Callable[["Session", "Statement"], "Result"]
ScalarHandler = Callable[..., Any]
TableHandler = Callable[..., "Result"]
MethodHandler = Callable[..., Any]

COMMANDS: dict[tuple[str, ...], CommandHandler] = {}
SCALARS: dict[str, ScalarHandler] = {}
TABLES: dict[str, TableHandler] = {}
METHODS: dict[str, MethodHandler] = {}

_FAMILIES = ("engine", "stages", "services", "models", "routines", "rest")


def command(*prefixes: str) -> Callable[[CommandHandler], CommandHandler]:
    """Register a handler for statements that begin with one of these words, e.g. ``"SHOW COMPUTE POOLS"``.

    The handler gets the session and the statement with its cursor after the prefix. The longest prefix wins.
    Its docstring's first line is the coverage page's text.
    """

    def register(handler: CommandHandler) -> CommandHandler:
        for prefix in prefixes:
            COMMANDS[tuple(prefix.upper().split())] = handler
        return handler

    return register


def scalar(name: str) -> Callable[[ScalarHandler], ScalarHandler]:
    """Register ``handler(session, *args) -> value`` for a function called in SELECT or CALL, e.g. ``SYSTEM$...``."""
    return _into(SCALARS, name)


def table(name: str) -> Callable[[TableHandler], TableHandler]:
    """Register ``handler(session, *args, **named) -> Result`` for ``TABLE(name(...))``; full dotted upper-case name."""
    return _into(TABLES, name)


def method(name: str) -> Callable[[MethodHandler], MethodHandler]:
    """Register ``handler(session, parts, *args, **named)`` for ``object!NAME(...)``.

    ``parts`` is the object's name as written (one to three parts). The handler returns a value (scalar use, CALL) or
    a :class:`Result` (use in ``TABLE(...)``).
    """
    return _into(METHODS, name)


def _into(registry: dict[str, Any], name: str) -> Callable[[Any], Any]:
    def register(handler: Any) -> Any:
        registry[name.upper()] = handler
        return handler

    return register


def load() -> None:
    """Import every family, so that it registers itself. Each family's ``__init__`` imports its modules."""
    for family in _FAMILIES:
        importlib.import_module(f"airflow_provider_spcs.emulator.{family}")


def find_command(statement: Statement) -> CommandHandler | None:
    """The handler of the longest registered prefix, with the statement's cursor moved past it."""
    longest = max((len(prefix) for prefix in COMMANDS), default=0)
    for length in range(longest, 0, -1):
        prefix = tuple(statement.word(index) for index in range(length))
        if prefix in COMMANDS:
            statement.at = length
            return COMMANDS[prefix]
    return None


__all__ = ["COMMANDS", "METHODS", "SCALARS", "TABLES", "command", "find_command", "load", "method", "scalar", "table"]
