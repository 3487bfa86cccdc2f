"""Statements out: one function builds one statement as ``(text, binds)``; all quoting lives here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SpecFile:
    """A specification that lies on a stage: ``stage`` as ``@db.schema.stage``, ``path`` below it.

    ``SpecFile.parse("@db.schema.stage/dir/job.yaml")`` takes both at once.
    """

    stage: str
    path: str


@dataclass(frozen=True, slots=True)
class SpecTemplate:
    """A specification with ``{{ name }}`` in it, filled in by Snowflake.

    Attributes:
        source: The template's text, or the file on a stage that has it.
        values: Name to string, number or boolean; lists and mappings are sent as JSON text.
    """

    source: str | SpecFile
    values: Mapping[str, object] = field(default_factory=dict)
