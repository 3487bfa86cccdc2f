"""A statement as tokens, and a cursor over them for the hand-written parsers of commands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sqlglot.dialects.snowflake import Snowflake
from sqlglot.errors import TokenError
from sqlglot.tokens import Token, TokenType

from airflow_provider_spcs.emulator.errors import SnowflakeError, syntax_error


class _Tokenizer(Snowflake.Tokenizer):
    # By default sqlglot swallows the rest of CALL, EXECUTE, SHOW and the like as one string; our parsers want tokens.
    COMMANDS: ClassVar[set[TokenType]] = set()
    # CREATE FILE FORMAT is a command of two words like any other; ``?::date`` is a bound value and its cast.
    KEYWORDS: ClassVar[dict[str, TokenType]] = {
        word: kind for word, kind in Snowflake.Tokenizer.KEYWORDS.items() if word not in {"FILE FORMAT", "?::"}
    }


# Strings, quoted identifiers and comments are matched first, so that only a bare URL is found by its group.
_URL = re.compile(
    r"""'(?:''|\\.|[^'\\])*'|"(?:""|[^"])*"|\$\$.*?\$\$|--[^\n]*|(?<!:)//[^\n]*|/\*.*?\*/|\b(?P<url>file://[^\s;]*)""",
    re.IGNORECASE | re.DOTALL,
)


def _without_urls(sql: str) -> str:
    """The text with each bare ``file://`` path replaced by underscores; in it ``//`` and ``/*`` start no comment."""
    if "file://" not in sql.lower():
        return sql
    return _URL.sub(lambda found: "_" * len(found[0]) if found["url"] else found[0], sql)


_STRINGS = {TokenType.STRING, TokenType.RAW_STRING, TokenType.HEREDOC_STRING}


def tokenize(sql: str) -> list[Token]:
    """The tokens of ``sql`` by Snowflake's lexical rules; comments are dropped.

    Raises:
        SnowflakeError: 1003 when a string or quoted identifier does not end.
    """
    try:
        # Without the dialect the tokenizer reads '\\t' as the letter t.
        return list(_Tokenizer(dialect="snowflake").tokenize(_without_urls(sql)))
    except TokenError as error:
        raise syntax_error("<EOF>") from error


@dataclass
class Statement:
    """One statement: its text, its tokens, its bound values, and how far a parser has read.

    Args:
        text: The statement as the client sent it, without the closing semicolon.
        tokens: From :func:`tokenize`.
        binds: Values for ``?`` placeholders, as Python values, in order.
    """

    text: str
    tokens: list[Token]
    binds: Sequence[Any] = ()
    at: int = 0
    _bound: int = field(default=0, repr=False)

    @classmethod
    def parse(cls, text: str, binds: Sequence[Any] = ()) -> Statement:
        """Tokenize ``text``, which holds one statement."""
        return cls(text, tokenize(text), binds)

    @property
    def done(self) -> bool:
        """Whether every token is read."""
        return self.at >= len(self.tokens)

    def peek(self, ahead: int = 0) -> Token | None:
        """The token ``ahead`` of the cursor, or None past the end."""
        index = self.at + ahead
        return self.tokens[index] if index < len(self.tokens) else None

    def word(self, ahead: int = 0) -> str:
        """The upper-case text of a token that is not a string or quoted identifier; empty otherwise."""
        token = self.peek(ahead)
        if token is None or token.token_type in _STRINGS or token.token_type is TokenType.IDENTIFIER:
            return ""
        return token.text.upper()

    def looking_at(self, *words: str) -> bool:
        """Whether the next tokens are these words (any case)."""
        return all(self.word(index) == expected for index, expected in enumerate(words))

    def accept(self, *words: str) -> bool:
        """Read these words if they come next."""
        if not self.looking_at(*words):
            return False
        self.at += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Read these words.

        Raises:
            SnowflakeError: 1003 when something else comes next.
        """
        for expected in words:
            if not self.accept(expected):
                raise self.unexpected()

    def unexpected(self) -> SnowflakeError:
        """The syntax error that points at the next token."""
        token = self.peek()
        if token is None:
            return syntax_error("<EOF>", 1, len(self.text))
        return syntax_error(token.text, token.line, max(token.col - len(token.text), 0))

    def end(self) -> None:
        """Check that nothing is left.

        Raises:
            SnowflakeError: 1003 when something is.
        """
        if not self.done:
            raise self.unexpected()

    def rest(self) -> str:
        """The text from the next token to the end, as sent; the cursor moves to the end."""
        token = self.peek()
        self.at = len(self.tokens)
        return self.text[token.start :] if token else ""

    def identifier(self) -> str:
        """Read one identifier: bare ones in upper case, quoted ones as they are; also ``IDENTIFIER(?)``."""
        if self.looking_at("IDENTIFIER", "("):
            return self._given_name()[-1]
        token = self.peek()
        if token is None or token.token_type in _STRINGS or not (token.text[:1].isalpha() or token.text[:1] == "_"):
            if token is not None and token.token_type is TokenType.IDENTIFIER:
                self.at += 1
                return token.text
            raise self.unexpected()
        self.at += 1
        return token.text if token.token_type is TokenType.IDENTIFIER else token.text.upper()

    def name(self) -> tuple[str, ...]:
        """Read a name of one to three parts, or ``IDENTIFIER(?)`` / ``IDENTIFIER('a.b')``."""
        if self.looking_at("IDENTIFIER", "("):
            return self._given_name()
        parts = [self.identifier()]
        while self.accept("."):
            # ``db..name`` means the schema PUBLIC.
            parts.append("PUBLIC" if len(parts) == 1 and self.looking_at(".") else self.identifier())
        return tuple(parts)

    def _given_name(self) -> tuple[str, ...]:
        self.expect("IDENTIFIER", "(")
        inner = Statement.parse(str(self.string()))
        self.expect(")")
        named = inner.name()
        inner.end()
        return named

    def bind(self) -> Any:
        """The value of the placeholder just read."""
        if self._bound >= len(self.binds):
            raise SnowflakeError(
                "SQL compilation error: error line 1 at position 0\nBind variable ? not set.", 2049, "42601"
            )
        self._bound += 1
        return self.binds[self._bound - 1]

    def unread(self) -> Sequence[Any]:
        """The values of the placeholders from the cursor on."""
        return self.binds[sum(token.text == "?" for token in self.tokens[: self.at]) :]

    def is_string(self, ahead: int = 0) -> bool:
        """Whether a string literal (quoted or ``$$``) comes ``ahead``."""
        token = self.peek(ahead)
        return token is not None and token.token_type in _STRINGS

    def string(self) -> str:
        """Read a string literal or a bound value."""
        if self.accept("?"):
            return str(self.bind())
        token = self.peek()
        if token is None or token.token_type not in _STRINGS:
            raise self.unexpected()
        self.at += 1
        return token.text

    def literal(self) -> Any:
        """Read a string, a number, TRUE, FALSE, NULL, a bound value, or a bare word (as text)."""
        if self.accept("?"):
            return self.bind()
        if self.is_string():
            return self.string()
        sign = -1 if self.accept("-") else 1
        token = self.peek()
        if token is not None and token.token_type is TokenType.NUMBER:
            self.at += 1
            return sign * (int(token.text) if token.text.isdigit() else float(token.text))
        constants = {"TRUE": True, "FALSE": False, "NULL": None}
        if self.word() in constants:
            self.at += 1
            return constants[token.text.upper()] if token else None
        return self.identifier()


def split(sql: str) -> list[str]:
    """The statements of a text, without their semicolons; empty ones are left out.

    A block of Snowflake Scripting is one statement, whatever stands in it.
    """
    statements, first = [], 0
    tokens = tokenize(sql)
    begin = depth = 0
    for index, token in enumerate(tokens):
        if token.token_type is TokenType.SEMICOLON and not depth:
            if index > first:
                statements.append(sql[begin : token.start].strip())
            begin, first = token.end + 1, index + 1
        elif index == first and _declares(token):
            depth = 1
        else:
            depth = _deeper(tokens, index, depth, scripted=depth > 0 or _scripted(tokens, first, index))
    if len(tokens) > first:
        statements.append(sql[begin:].strip())
    return statements


_AFTER_BEGIN = {"", ";", "TRANSACTION", "WORK", "NAME"}
_PAIRED = {"IF", "FOR", "WHILE", "LOOP", "REPEAT"}


def _word(tokens: list[Token], index: int) -> str:
    token = tokens[index] if 0 <= index < len(tokens) else None
    plain = token is not None and token.token_type not in _STRINGS and token.token_type is not TokenType.IDENTIFIER
    return token.text.upper() if token is not None and plain else ""


def _declares(token: Token) -> bool:
    return token.text.upper() == "DECLARE" and token.token_type is not TokenType.IDENTIFIER


def _scripted(tokens: list[Token], first: int, index: int) -> bool:
    """Whether a block begins here: first of all, or as the body of CREATE PROCEDURE and CREATE FUNCTION."""
    if index == first:
        return True
    words = {_word(tokens, place) for place in range(first, min(first + 8, index))}
    return (
        _word(tokens, first) == "CREATE"
        and bool(words & {"PROCEDURE", "FUNCTION"})
        and (_word(tokens, index - 1) == "AS" or _word(tokens, index) == "DECLARE")
    )


def _deeper(tokens: list[Token], index: int, depth: int, *, scripted: bool) -> int:
    """How many blocks and CASEs are open after a token; DECLARE opens the block that its BEGIN then continues."""
    word = _word(tokens, index)
    if not scripted:
        return depth
    if word == "BEGIN" and _word(tokens, index + 1) not in _AFTER_BEGIN:
        opened = depth == 1 and _declared_before(tokens, index)
        return depth if opened else depth + 1
    if not depth:
        return 1 if word == "DECLARE" else 0
    if word == "CASE" and _word(tokens, index - 1) != "END":
        return depth + 1
    return depth - (word == "END" and _word(tokens, index + 1) not in _PAIRED)


def _declared_before(tokens: list[Token], index: int) -> bool:
    """Whether the block that begins here was opened by its DECLARE."""
    for place in range(index - 1, -1, -1):
        word = _word(tokens, place)
        if word in {"DECLARE", "BEGIN"}:
            return word == "DECLARE"
    return False
