"""Identifiers, literals and stage paths as SQL text that no input can break out of."""

from __future__ import annotations

import re
from dataclasses import dataclass

from airflow_provider_spcs.errors import InvalidName

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,254}\Z")
_QUOTED = re.compile(r'"(?:[^"\x00-\x1f]|""){1,255}"\Z')
_SPLIT = re.compile(r'"(?:[^"]|"")*"|[^."]+|\.')
_STAGE = re.compile(r'@(?P<stage>~|(?:"(?:[^"]|"")*"|[^/"])+)(?:/(?P<path>.*))?\Z', re.DOTALL)
_STAGE_PATH = re.compile(r"[^\x00-\x1f'\\\"$;]*\Z")
_IDENTIFIERS = "Identifier requirements"


def identifier(name: str, what: str) -> str:
    """One identifier, ready for SQL: plain ones in upper case, as Snowflake reads them; quoted ones as they are.

    Args:
        name: For example ``my_pool`` or ``"My pool"``.
        what: What it names, for the message.

    Raises:
        InvalidName: When it is neither.
    """
    if isinstance(name, str):
        if _PLAIN.match(name):
            return name.upper()
        if _QUOTED.match(name) and _encodable(name):
            return name
    raise InvalidName(
        what,
        f"{name!r} is not an identifier",
        "An identifier has letters, digits, '_' and '$', first a letter or '_'; any other stands in double quotes",
        "Mend the name, or quote it",
        _IDENTIFIERS,
    )


def qualified(name: str, what: str) -> str:
    """An identifier of one to three parts between dots.

    Raises:
        InvalidName: When a part is no identifier, or there are more than three.
    """
    parts = split(name)
    if parts is None or len(parts) > 3:
        raise InvalidName(
            what,
            f"{name!r} is not a name of one to three identifiers",
            "An object is NAME, SCHEMA.NAME or DATABASE.SCHEMA.NAME",
            "Mend the name",
            _IDENTIFIERS,
        )
    return ".".join(identifier(part, what) for part in parts)


def split(name: object) -> list[str] | None:
    """Parts between dots, quotes kept; None when the dots and quotes do not fit together."""
    if not isinstance(name, str):
        return None
    tokens = _SPLIT.findall(name)
    parts = tokens[::2]
    if "".join(tokens) != name or len(tokens) % 2 == 0 or "." in parts or set(tokens[1::2]) - {"."}:
        return None
    return parts


def bare(name: str) -> str:
    """What Snowflake stores for an identifier: upper case, or what stands between the quotes."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.upper()


def literal(text: str) -> str:
    """A text as a string literal.

    Raises:
        InvalidName: When it has a NUL or cannot be written as UTF-8.

    Source: String constants: a backslash begins an escape, a quote is written twice.
    """
    if not isinstance(text, str) or "\0" in text or not _encodable(text):
        raise InvalidName(
            "SQL literal",
            f"{type(text).__name__} that cannot be sent",
            "A text has no NUL and can be written as UTF-8",
            "Remove the character",
        )
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _encodable(text: str) -> bool:
    return not any(0xD800 <= ord(letter) <= 0xDFFF for letter in text)


def count(value: int, what: str, *, least: int = 0, most: int = 2**31 - 1) -> str:
    """A whole number as SQL text.

    Raises:
        InvalidName: When it is none, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidName(what, f"{value!r}", f"It is a whole number from {least} to {most}", "Use one")
    return str(value)


@dataclass(frozen=True, slots=True)
class StagePath:
    """A place on a named internal stage.

    Attributes:
        stage: Stage's name as SQL text, one to three parts, without ``@``.
        path: Below it, without a slash at either end; empty for the stage itself.
    """

    stage: str
    path: str = ""

    @classmethod
    def parse(cls, text: str, what: str = "stage path") -> StagePath:
        """From ``@db.schema.stage/dir/file``; ``@~`` is the user's own stage.

        Raises:
            InvalidName: When it is none, has ``..``, a quote, a backslash, ``$`` or ``;``.
        """
        match = _STAGE.match(text) if isinstance(text, str) else None
        stage, path = (match["stage"], match["path"] or "") if match else ("", "")
        parts = [part for part in path.split("/") if part]
        if not stage or not _STAGE_PATH.match(path) or {".", ".."} & set(parts) or not _encodable(path):
            raise InvalidName(
                what,
                f"{text!r} is not a place on a stage",
                "A place is @db.schema.stage/dir/file without '..', quotes, backslashes, '$' and ';'",
                "Mend the path",
                "Overview of stages",
            )
        name = "~" if stage == "~" else qualified(stage, what)
        return cls(name, "/".join(parts))

    def __str__(self) -> str:
        return f"@{self.stage}/{self.path}" if self.path else f"@{self.stage}"

    def __truediv__(self, below: str) -> StagePath:
        return StagePath.parse(f"{self}/{below}")

    @property
    def parent(self) -> StagePath:
        """The directory it lies in."""
        return StagePath(self.stage, self.path.rpartition("/")[0])

    @property
    def name(self) -> str:
        """Its last part."""
        return self.path.rpartition("/")[2]

    @property
    def sql(self) -> str:
        """As SQL text: in quotes, so that a space in it is no end."""
        return literal(str(self))
