"""Stage references as written in SQL: ``@db.schema.stage/dir``, ``@~/dir``, ``@%table/dir``, ``snow://model/...``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from airflow_provider_spcs.emulator.errors import SnowflakeError, syntax_error, unsupported

_IDENTIFIER = r'(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)'
_REFERENCE = re.compile(
    rf"@(?:(?P<user>~)|(?P<parts>(?:{_IDENTIFIER}\.){{0,2}})(?P<table>%)?(?P<name>{_IDENTIFIER}))(?P<path>/.*)?\Z",
    re.DOTALL,
)
_MODEL = re.compile(
    rf"snow://model/(?P<parts>(?:{_IDENTIFIER}\.){{0,2}})(?P<name>{_IDENTIFIER})(?P<path>/.*)?\Z",
    re.DOTALL | re.IGNORECASE,
)
_PART = re.compile(_IDENTIFIER)
_CLOUD = re.compile(r"(?:s3|s3gov|s3china|s3compat|gcs|azure)://", re.IGNORECASE)
"""How an external location begins, per "COPY INTO <location>"."""


@dataclass(frozen=True)
class Reference:
    """A parsed reference.

    Args:
        kind: ``"stage"``, ``"user"``, ``"table"`` or ``"model"``.
        parts: The object's name as one to three identifiers, already in stored case; empty for the user stage.
        path: What follows the name, without its first slash; a prefix of file names, so a last slash has a meaning.
    """

    kind: str
    parts: tuple[str, ...]
    path: str


def parse(text: str) -> Reference:
    """Read a reference.

    Raises:
        SnowflakeError: 1003 when it is no reference; 2 for ``snow://`` places other than models, and for external
            locations; 391 for a path with ``..`` or other parts that name no file.
    """
    if _CLOUD.match(text):
        raise unsupported(f"external location {text}: only internal stages")
    if text[:7].lower() == "snow://" and not _MODEL.match(text):
        raise unsupported(f"location {text}")
    found = _REFERENCE.match(text) or _MODEL.match(text)
    if found is None:
        raise syntax_error(text)
    groups = found.groupdict()
    path = normal(found["path"] or "")
    if groups.get("user"):
        return Reference("user", (), path)
    parts = tuple(_identifier(part) for part in [*_PART.findall(found["parts"]), found["name"]])
    kind = "table" if groups.get("table") else "stage" if text[:1] == "@" else "model"
    return Reference(kind, parts, path)


def normal(path: str) -> str:
    """The path without doubled or leading slashes; a last slash stays.

    Raises:
        SnowflakeError: 391 when a part is ``.`` or ``..`` or holds a character no file name can have.
    """
    parts = [part for part in path.split("/") if part]
    if any(part in {".", ".."} for part in parts) or "\0" in path:
        raise invalid_path(path)
    return "/".join(parts) + ("/" if parts and path.endswith("/") else "")


def invalid_path(path: str) -> SnowflakeError:
    """The error for a path that is refused, whatever it would lead to."""
    return SnowflakeError(
        f"SQL compilation error:\ninvalid stage path '{path}'. A path names files below its stage: no '.' or "
        "'..' parts, no links. Write the path from the stage's root.",
        391,
        "42601",
    )


def _identifier(text: str) -> str:
    return text[1:-1].replace('""', '"') if text.startswith('"') else text.upper()
