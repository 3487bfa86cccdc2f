"""What must be settled in the text before a tree can be made: ``IDENTIFIER(...)`` and ``object!METHOD(...)``."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlglot.tokens import Token, TokenType

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.names import quoted
from airflow_provider_spcs.emulator.statement import Statement, tokenize

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

METHOD = "SF_METHOD"
MODEL = "SF_MODEL"
_PIPED = re.compile(r"TABLE\(SF_PIPED\((\d+)\)\)")
_CALLED = re.compile(METHOD + r"\('((?:[^'\\]|''|\\.)*)', '(\w+)'(?:, )?")


def settle(session: Session, text: str, binds: Sequence[Any]) -> tuple[str, list[Token], list[Any]]:
    """The text with plain names and calls; its tokens; the values still unbound."""
    tokens = tokenize(text)
    words = {token.text.upper() for token in tokens}
    if "IDENTIFIER" in words:
        text, binds = _identifiers(session, text, tokens, binds)
        tokens = tokenize(text)
    if "!" in words:
        from airflow_provider_spcs.emulator.models import calls

        text = calls.settle(session, text, tokens)
        text = _methods(text, tokenize(text))
        tokens = tokenize(text)
    return text, tokens, list(binds)


def _identifiers(session: Session, text: str, tokens: list[Token], binds: Sequence[Any]) -> tuple[str, list[Any]]:
    out, at, left, index, used = [], 0, list(binds), 0, 0
    while index < len(tokens):
        token = tokens[index]
        if token.token_type is TokenType.PLACEHOLDER:
            used += 1
        if _starts_identifier(tokens, index):
            inner, step = tokens[index + 2], 3
            if inner.token_type is TokenType.PLACEHOLDER:
                if used >= len(left):
                    raise SnowflakeError("SQL compilation error:\nBind variable ? not set.", 2049, "42601")
                written = str(left.pop(used))
            elif inner.text == "$" or inner.token_type is TokenType.PARAMETER:
                written, step = str(session.variables.get(tokens[index + 3].text.upper(), "")), 4
            elif inner.text.startswith("$") and inner.token_type is not TokenType.STRING:
                written = str(session.variables.get(inner.text[1:].upper(), ""))
            else:
                written = inner.text
            out += [text[at : token.start], ".".join(quoted(part) for part in _parts(written))]
            index += step
            at = tokens[index].end + 1
        index += 1
    return "".join([*out, text[at:]]), left


def _starts_identifier(tokens: list[Token], index: int) -> bool:
    return (
        tokens[index].text.upper() == "IDENTIFIER"
        and tokens[index].token_type is not TokenType.STRING
        and index + 3 < len(tokens)
        and tokens[index + 1].token_type is TokenType.L_PAREN
    )


def _parts(written: str) -> tuple[str, ...]:
    inner = Statement.parse(written)
    parts = inner.name()
    inner.end()
    return parts


def _methods(text: str, tokens: list[Token]) -> str:
    out, at = [], 0
    for index, token in enumerate(tokens):
        following = tokens[index + 2 : index + 4]
        if token.text != "!" or len(following) < 1 or following[0].token_type is not TokenType.L_PAREN:
            continue
        first = index - 1
        while first >= 2 and tokens[first - 1].token_type is TokenType.DOT:
            first -= 2
        parts = Statement.parse(text[tokens[first].start : token.start]).name()
        closing = following[1].token_type is TokenType.R_PAREN if len(following) > 1 else False
        out += [
            text[at : tokens[first].start],
            f"{METHOD}({_text(json.dumps(parts))}, {_text(tokens[index + 1].text.upper())}{'' if closing else ', '}",
        ]
        at = following[0].end + 1
    return "".join([*out, text[at:]])


def as_written(text: str) -> str:
    """Text whose method calls read as ``object!METHOD(...)`` again, and a chain's results as ``$n``."""

    def call(found: re.Match[str]) -> str:
        parts = json.loads(found[1].replace("''", "'").replace("\\\\", "\\"))
        return f"{'.'.join(parts)}!{found[2]}("

    return _PIPED.sub(r"$\1", _CALLED.sub(call, text))


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
