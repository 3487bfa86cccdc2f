"""A value inside a specification with the path to it, so that every error says where."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from airflow_provider_spcs.emulator.errors import SnowflakeError

INVALID_SPEC = 395018
LABEL = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?\Z")


class Scalar(str):
    """A scalar's text as written, and whether it stood without quotes."""

    __slots__ = ("plain",)
    plain: bool

    def __new__(cls, content: str, *, plain: bool) -> Scalar:
        """Keep the text; ``plain`` is true for unquoted scalars."""
        self = super().__new__(cls, content)
        self.plain = plain
        return self


def invalid(message: str) -> SnowflakeError:
    """The error for a specification that breaks a rule (395018, sqlstate 22023).

    Source: the wording ``Invalid spec: invalid 'volumeMounts'. Value is empty`` is from
    https://github.com/Snowflake-Labs/nf-snowflake/issues/15; the number is from clients' reports.
    """
    return SnowflakeError(f"Invalid spec: {message}", INVALID_SPEC, "22023")


class Node(NamedTuple):
    """One value and its path, for example ``spec.containers[0].image``."""

    path: str
    value: Any

    def fail(self, rule: str) -> SnowflakeError:
        """The error that this value breaks ``rule``."""
        return invalid(f"invalid '{self.path}'. {rule}")

    def fields(self, allowed: Iterable[str], required: Iterable[str] = ()) -> dict[str, Node]:
        """The fields of a mapping.

        Raises:
            SnowflakeError: 395018 when it is no mapping, or has an unknown field, or lacks one.
        """
        if not isinstance(self.value, dict):
            raise self.fail("Value must be a mapping.")
        known = set(allowed) | set(required)
        for key in self.value:
            if key not in known:
                raise invalid(f"unknown option '{key}' for '{self.path}'.")
        found = {key: Node(f"{self.path}.{key}", value) for key, value in self.value.items() if value is not None}
        for key in required:
            if key not in found:
                raise invalid(f"missing '{key}' for '{self.path}'.")
        return found

    def items(self, limit: int | None = None) -> list[Node]:
        """The elements of a list that is not empty and holds at most ``limit``."""
        if not isinstance(self.value, list):
            raise self.fail("Value must be a list.")
        if not self.value:
            raise self.fail("Value is empty.")
        if limit is not None and len(self.value) > limit:
            raise self.fail(f"It has {len(self.value)} entries; at most {limit} are allowed.")
        return [Node(f"{self.path}[{index}]", value) for index, value in enumerate(self.value)]

    def text(self) -> str:
        """A scalar as text, not empty."""
        if not isinstance(self.value, Scalar):
            raise self.fail("Value must be a string.")
        if not self.value:
            raise self.fail("Value is empty.")
        return str(self.value)

    def scalar(self) -> str:
        """A scalar as text, possibly empty."""
        if self.value is None:
            return ""
        if not isinstance(self.value, Scalar):
            raise self.fail("Value must be a string, a number or a boolean.")
        return str(self.value)

    def texts(self) -> tuple[str, ...]:
        """A list of scalars as text."""
        if self.value == []:
            return ()
        return tuple(item.scalar() for item in self.items())

    def integer(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``."""
        content = self.text()
        if not re.fullmatch(r"-?\d{1,18}", content) or not low <= int(content) <= high:
            raise self.fail(f"Value '{content}' must be a whole number from {low} to {high}.")
        return int(content)

    def boolean(self) -> bool:
        """TRUE or FALSE."""
        content = self.text().lower()
        if content not in {"true", "false"}:
            raise self.fail(f"Value '{self.text()}' must be true or false.")
        return content == "true"

    def label(self) -> str:
        """A name of a container, endpoint or volume.

        Source: service specification reference: 1 to 63 lower-case letters, digits and ``-``.
        """
        content = self.text()
        if not LABEL.match(content):
            raise self.fail(
                f"Name '{content}' must have 1 to 63 lower-case letters, digits or '-', begin with a letter "
                "and end with a letter or digit."
            )
        return content

    def choice(self, *allowed: str) -> str:
        """One of some words, in any case; the word as listed."""
        content = self.text()
        for word in allowed:
            if word.upper() == content.upper():
                return word
        raise self.fail(f"Value '{content}' must be one of {', '.join(allowed)}.")
