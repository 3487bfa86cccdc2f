"""Snowflake text to a syntax tree: bound values in place, columns named as Snowflake names them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.snowflake import Snowflake
from sqlglot.errors import ParseError
from sqlglot.parsers.snowflake import SnowflakeParser
from sqlglot.tokens import Token, TokenType

from airflow_provider_spcs.emulator.engine.literals import literal
from airflow_provider_spcs.emulator.engine.translate.functions.names import OWN
from airflow_provider_spcs.emulator.engine.translate.rewrite import as_written
from airflow_provider_spcs.emulator.errors import SnowflakeError, syntax_error, unsupported

_DIALECT = Snowflake()
_NAMED = (exp.Alias, exp.Aliases, exp.Column, exp.Star)


class Parser(SnowflakeParser):
    """The parser of one statement; ``values`` stand for its ``?`` in the order of the text."""

    values: Sequence[Any] = ()
    places: dict[int, int]

    # Functions that we give their meaning by name keep their name and their arguments as written.
    FUNCTIONS: ClassVar[dict[str, Any]] = {
        name: rule for name, rule in SnowflakeParser.FUNCTIONS.items() if name not in OWN
    }
    PLACEHOLDER_PARSERS: ClassVar[dict[Any, Any]] = {
        **SnowflakeParser.PLACEHOLDER_PARSERS,
        TokenType.PLACEHOLDER: lambda self: self.bound(),
    }

    def bound(self) -> exp.Expr:
        """The literal of the placeholder just read."""
        ordinal = self.places.get(self._prev.start, 0)
        if ordinal >= len(self.values):
            raise SnowflakeError(
                "SQL compilation error: error line 1 at position 0\nBind variable ? not set.", 2049, "42601"
            )
        return literal(self.values[ordinal])

    def _parse_projections(self) -> tuple[list[exp.Expr], list[exp.Expr] | None]:
        return self._parse_csv(self._projection), None

    def _projection(self) -> exp.Expr | None:
        first = self._curr
        found = self._parse_expression()
        if found is None or isinstance(found, _NAMED):
            return found
        # Snowflake names a column without alias by its text in upper case.
        text = as_written(self._find_sql(first, self._prev))
        return exp.Alias(this=found, alias=exp.to_identifier(text.upper(), quoted=True))


def _refuse(tokens: list[Token]) -> None:
    """Refuse by name what is Snowflake's and can be neither parsed nor run here."""
    for before, token in itertools.pairwise([None, *tokens]):
        cast = before is not None and (before.token_type is TokenType.DCOLON or before.text.upper() == "AS")
        if token is not None and token.token_type is TokenType.MATCH_RECOGNIZE:
            raise unsupported("MATCH_RECOGNIZE")
        if token is not None and cast and token.text.upper() == "VECTOR":
            raise unsupported("data type VECTOR")


def parse(text: str, tokens: list[Token], values: Sequence[Any]) -> exp.Expr:
    """The tree of one statement.

    Raises:
        SnowflakeError: 1003 for what is not Snowflake SQL, 2049 for a placeholder without value, 2 for what is refused.
    """
    _refuse(tokens)
    parser = Parser(dialect=_DIALECT)
    parser.values = values
    holes = (token.start for token in tokens if token.token_type is TokenType.PLACEHOLDER)
    parser.places = {start: ordinal for ordinal, start in enumerate(holes)}
    try:
        found = parser.parse(tokens, text)
    except ParseError as error:
        detail = error.errors[0] if error.errors else {}
        position = max(int(detail.get("col") or 1) - len(detail.get("highlight") or ""), 0)
        raise syntax_error(detail.get("highlight") or "<EOF>", int(detail.get("line") or 1), position) from error
    if len(found) != 1 or found[0] is None:
        raise syntax_error("<EOF>" if not found else ";")
    return found[0]
