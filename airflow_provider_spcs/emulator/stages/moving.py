"""PUT, GET, LIST and REMOVE as text: two places, then options; paths in them may be bare and hold any character."""

from __future__ import annotations

import re

from airflow_provider_spcs.emulator.errors import SnowflakeError, syntax_error
from airflow_provider_spcs.emulator.statement import Statement

# A place: quoted, a placeholder, or up to the next white space that is not inside double quotes.
_PLACE = re.compile(
    r"""\s*(?:'(?P<quoted>(?:''|\\.|[^'\\])*)'|(?P<bind>\?)(?=\s|\Z)|(?P<bare>(?:"(?:[^"]|"")*"|[^\s"';])+))""",
    re.DOTALL,
)
_COMMENTS = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)


class Places:
    """Reads the places of a statement from its raw text, where tokens would break bare paths apart.

    Args:
        statement: Its cursor stands before the first place.
    """

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        token = statement.tokens[statement.at - 1]
        self._rest = statement.text[token.end + 1 :]
        self._binds = statement.unread()
        self._bound = 0

    def next(self) -> str:
        """The next place, without its quotes.

        Raises:
            SnowflakeError: 1003 when there is none, 2049 when its placeholder has no value.
        """
        self._rest = self._rest[_comments(self._rest) :]
        found = _PLACE.match(self._rest)
        if found is None:
            raise syntax_error(self._rest[:20] or "<EOF>", 1, len(self._statement.text) - len(self._rest))
        self._rest = self._rest[found.end() :]
        if found["bind"]:
            return self._bind()
        if found["quoted"] is not None:
            return Statement.parse(found[0].strip()).string()
        return str(found["bare"])

    def options(self) -> Statement:
        """What follows the places, as tokens; placeholders go on where the places left off."""
        return Statement.parse(self._rest, self._binds[self._bound :])

    def _bind(self) -> str:
        if self._bound >= len(self._binds):
            raise SnowflakeError(
                "SQL compilation error: error line 1 at position 0\nBind variable ? not set.", 2049, "42601"
            )
        self._bound += 1
        value = str(self._binds[self._bound - 1])
        # Clients bind `'@stage/dir'` with and without the quotes a literal would have.
        return value[1:-1] if len(value) > 1 and value[0] == value[-1] == "'" else value


def _comments(text: str) -> int:
    found = _COMMENTS.match(text)
    return found.end() if found else 0
