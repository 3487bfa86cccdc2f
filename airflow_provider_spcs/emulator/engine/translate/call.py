"""Calls of registered functions: arguments as values, the answer back in the tree."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator import registry
from airflow_provider_spcs.emulator.engine.failures import translated
from airflow_provider_spcs.emulator.engine.literals import literal
from airflow_provider_spcs.emulator.engine.translate.rewrite import METHOD
from airflow_provider_spcs.emulator.errors import SnowflakeError, unsupported

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.engine.translate import Translation
    from airflow_provider_spcs.emulator.result import Result


@dataclass
class Call:
    """What a rewrite needs to know: whose statement it is, and where its relations go."""

    session: Session
    translation: Translation

    def constant(self, node: exp.Expr) -> Any:
        """The value of an expression without columns.

        Raises:
            SnowflakeError: It has columns, or cannot be evaluated.
        """
        if isinstance(node, exp.Literal):
            return node.this if node.is_string else _number(node.this)
        if isinstance(node, exp.Null):
            return None
        if isinstance(node, exp.Boolean):
            return node.this
        if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal):
            return -self.constant(node.this)
        if node.find(exp.Column):
            raise unsupported(f"a column as argument of a system function: {node.sql('snowflake')}")
        from airflow_provider_spcs.emulator.engine.translate import generate

        with self.session.account.engine.cursor() as cursor, translated():
            return cursor.execute(f"SELECT {generate(node)}").fetchone()[0]

    def arguments(self, nodes: list[exp.Expr]) -> tuple[list[Any], dict[str, Any]]:
        """Positional and named arguments as values; names in lower case."""
        positional, named = [], {}
        for node in nodes:
            if isinstance(node, exp.Kwarg | exp.PropertyEQ):
                named[node.this.name.lower()] = self.constant(node.expression)
            else:
                positional.append(self.constant(node))
        return positional, named

    def scalar(self, name: str, nodes: list[exp.Expr]) -> exp.Expr:
        """The literal that a registered scalar function answers."""
        return literal(plain(self.scalar_value(name, nodes)))

    def scalar_value(self, name: str, nodes: list[exp.Expr]) -> Any:
        """What a registered scalar function answers."""
        positional, named = self.arguments(nodes)
        return called(registry.SCALARS[name], name, self.session, *positional, **named)

    def method(self, nodes: list[exp.Expr]) -> Any:
        """What ``object!METHOD(...)`` answers; the first two arguments are the object's name and the method."""
        parts, name = json.loads(nodes[0].this), nodes[1].this
        if name not in registry.METHODS:
            raise SnowflakeError(f"SQL compilation error:\nUnknown user-defined function {name}.", 2140, "42601")
        positional, named = self.arguments(nodes[2:])
        return called(registry.METHODS[name], name, self.session, tuple(parts), *positional, **named)

    def table(self, name: str, nodes: list[exp.Expr]) -> Result:
        """What a registered table function answers."""
        positional, named = self.arguments(nodes)
        found: Result = called(registry.TABLES[name], name, self.session, *positional, **named)
        return found


def called(handler: Any, name: str, *args: Any, **named: Any) -> Any:
    """Call a handler; arguments that it does not take are Snowflake's error, not ours.

    Raises:
        SnowflakeError: 938 for the wrong number or names of arguments.
    """
    import inspect

    try:
        inspect.signature(handler).bind(*args, **named)
    except TypeError as error:
        raise SnowflakeError(
            f"SQL compilation error: error line 1 at position 0\ninvalid arguments for function [{name}]: {error}.",
            938,
            "22023",
        ) from error
    return handler(*args, **named)


def plain(value: Any) -> Any:
    """A handler's answer as one SQL value; a Result gives its first cell, structures become JSON text."""
    from airflow_provider_spcs.emulator.engine.query import all_rows
    from airflow_provider_spcs.emulator.result import Result

    if isinstance(value, Result):
        rows = all_rows(value)
        return rows[0][0] if rows else None
    return json.dumps(value) if isinstance(value, dict | list) else value


def _number(text: str) -> Any:
    return int(text) if text.isdigit() else float(text)


__all__ = ["METHOD", "Call", "called", "plain"]
