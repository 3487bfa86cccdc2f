"""JSON as PARSE_JSON takes it where it is not strict: bare keys, single quotes, elements left out.

Source: Snowflake's documentation of PARSE_JSON, whose example has an array that ends with a comma; the tests of
Snowpark for Python parse ``[{a:1}]``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:(?P<mark>[{}\[\],:])|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<word>[^\s{}\[\],:"']+))""",
    re.DOTALL,
)
_WORDS = {"null": None, "undefined": None, "true": True, "false": False}


def strict(text: str) -> str:
    """The same value as strict JSON.

    Raises:
        ValueError: It is none.
    """
    reader = _Reader(text)
    try:
        value = reader.value()
    except (IndexError, RecursionError):
        raise _unread(text) from None
    if reader.at < len(reader.tokens):
        raise _unread(text)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _unread(text: str) -> ValueError:
    return ValueError(f"100069|22P02|Error parsing JSON: {text[:100]}")


class _Reader:
    """Reads one value from a text's tokens."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[re.Match[str]] = []
        self.at = 0
        place, end = 0, len(text.rstrip())
        while place < end:
            found = _TOKEN.match(text, place)
            if found is None:
                raise _unread(text)
            self.tokens.append(found)
            place = found.end()

    def value(self) -> Any:
        token = self._next()
        if token["mark"] == "{":
            return self._object()
        if token["mark"] == "[":
            return self._array()
        if token["text"] is not None:
            return _unquoted(token["text"])
        if token["word"] is None:
            raise _unread(self.text)
        return self._word(token["word"])

    def _word(self, word: str) -> Any:
        if word.lower() in _WORDS:
            return _WORDS[word.lower()]
        try:
            return json.loads(word)
        except ValueError:
            raise _unread(self.text) from None

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self._accept("}"):
            return found
        while True:
            key = self._next()
            if key["mark"] is not None or not self._accept(":"):
                raise _unread(self.text)
            found[_unquoted(key["text"]) if key["text"] else key["word"]] = self.value()
            if self._accept("}"):
                return found
            if not self._accept(","):
                raise _unread(self.text)

    def _array(self) -> list[Any]:
        found: list[Any] = []
        if self._accept("]"):
            return found
        while True:
            left_out = self.tokens[self.at]["mark"] in {",", "]"}
            found.append(None if left_out else self.value())
            if self._accept("]"):
                return found
            if not self._accept(","):
                raise _unread(self.text)

    def _next(self) -> re.Match[str]:
        self.at += 1
        return self.tokens[self.at - 1]

    def _accept(self, mark: str) -> bool:
        if self.tokens[self.at]["mark"] != mark:
            return False
        self.at += 1
        return True


def _unquoted(text: str) -> str:
    inner = text[1:-1]
    if text[0] == "'":
        inner = inner.replace("\\'", "'").replace('"', '\\"')
    return str(json.loads(f'"{inner}"', strict=False))


FUNCTIONS: dict[str, tuple[Callable[..., Any], list[str], str]] = {"sf_lenient_json": (strict, ["VARCHAR"], "VARCHAR")}
