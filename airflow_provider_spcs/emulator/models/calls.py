"""Calls of models' methods as text: ``MODEL(name, version)!METHOD(...)`` and names given to models by WITH."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlglot.tokens import Token, TokenType

from airflow_provider_spcs.emulator import registry
from airflow_provider_spcs.emulator.engine.translate.rewrite import MODEL
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.statement import Statement, tokenize

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

Target = tuple[list[str], str]


def settle(session: Session, text: str, tokens: list[Token]) -> str:
    """The text with each method of a model as a call of :data:`MODEL`; other ``object!METHOD(...)`` stay.

    The call's first argument is JSON of the model's name, its version, the method, and the text as written.

    Raises:
        SnowflakeError: 1003 for ``MODEL(...)`` that is not as it should be.
    """
    text, named = _without_names(text, tokens)
    if named:
        tokens = tokenize(text)
    out, at = [], 0
    for index, token in enumerate(tokens):
        if token.text != "!" or index + 2 >= len(tokens) or tokens[index + 2].token_type is not TokenType.L_PAREN:
            continue
        first = _start(tokens, index)
        method = tokens[index + 1]
        name = method.text if method.token_type is TokenType.IDENTIFIER else method.text.upper()
        shown = text[tokens[first].start : method.end + 1].upper()
        target = _target(session, text[tokens[first].start : token.start], name, named)
        if target is None:
            continue
        closing = index + 3 < len(tokens) and tokens[index + 3].token_type is TokenType.R_PAREN
        out += [text[at : tokens[first].start], _opening(json.dumps([*target, name, shown]))]
        out += [] if closing else [", "]
        at = tokens[index + 2].end + 1
    return "".join([*out, text[at:]])


def _opening(content: str) -> str:
    escaped = content.replace("\\", "\\\\").replace("'", "''")
    return f"{MODEL}('{escaped}'"


def as_written(name: str, content: str) -> str:
    """The name of a column that is called by its text, with a call as it was written before :func:`settle`."""
    opening = _opening(content).upper()
    shown = json.loads(content)[3]
    return name.replace(f"{opening}, ", f"{shown}(").replace(opening, f"{shown}(")


def _without_names(text: str, tokens: list[Token]) -> tuple[str, dict[str, Target]]:
    """The text without ``name AS MODEL model [VERSION version]`` in its WITH, and what the names mean."""
    named: dict[str, Target] = {}
    cut: list[tuple[int, int]] = []
    for index in range(1, len(tokens) - 3):
        words = [token.text.upper() for token in tokens[index + 1 : index + 3]]
        before = tokens[index - 1].text.upper()
        if words != ["AS", "MODEL"] or before not in {"WITH", ","} or tokens[index + 3].text == "(":
            continue
        statement = Statement(text, tokens, at=index)
        name = statement.identifier()
        statement.expect("AS", "MODEL")
        named[name] = _read(statement)
        # The comma goes with it, or the WITH when nothing else is in it.
        if statement.accept(","):
            cut.append((tokens[index].start, tokens[statement.at].start))
        else:
            cut.append((tokens[index - 1].start, tokens[statement.at - 1].end + 1))
    for start, end in reversed(cut):
        text = text[:start] + text[end:]
    return text, named


def _start(tokens: list[Token], mark: int) -> int:
    """Where the object before a ``!`` begins."""
    first = mark - 1
    if tokens[first].token_type is TokenType.R_PAREN:
        while first > 0 and tokens[first].token_type is not TokenType.L_PAREN:
            first -= 1
        return max(first - 1, 0)
    while first >= 2 and tokens[first - 1].token_type is TokenType.DOT:
        first -= 2
    return first


def _target(session: Session, written: str, method: str, named: dict[str, Target]) -> Target | None:
    """The model and version before a ``!``; None when it is no model."""
    statement = Statement.parse(written)
    if statement.accept("MODEL", "("):
        target = _read(statement, ",")
        statement.expect(")")
        statement.end()
        return target
    if statement.peek() is None or written.rstrip().endswith(")"):
        raise statement.unexpected()
    parts = list(statement.name())
    if len(parts) == 1 and parts[0] in named:
        return named[parts[0]]
    return None if method in registry.METHODS or not _is_model(session, parts) else (parts, "DEFAULT")


def _read(statement: Statement, separator: str = "VERSION") -> Target:
    """Read a model's name and, after the separator, a version; the default one without."""
    parts = list(statement.name())
    return parts, statement.identifier() if statement.accept(separator) else "DEFAULT"


def _is_model(session: Session, parts: list[str]) -> bool:
    try:
        return session.account.objects.find("MODEL", session.qualify(parts)) is not None
    except SnowflakeError:
        return False
