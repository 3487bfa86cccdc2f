"""VARIANT, OBJECT and ARRAY values as the text that Snowflake returns: indented, keys in order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from airflow_provider_spcs.emulator.result import Column

_SEMI_STRUCTURED = {"VARIANT", "OBJECT", "ARRAY"}


class _Number(float):
    """A number that is written back as it was read, digit by digit."""

    def __new__(cls, text: str) -> _Number:
        made = super().__new__(cls, text)
        made.text = text
        return made

    text: str

    def __repr__(self) -> str:
        return self.text


def shown(text: str) -> str:
    """One value's text.

    Source: Snowflake's documentation, "Semi-structured data types": results are shown with two blanks a level.
    """
    if not text.startswith(("{", "[")):
        return text
    read = json.loads(text, parse_float=_Number)
    return _written(read, "\n")


def _written(value: Any, line: str) -> str:
    if isinstance(value, dict):
        inner = line + "  "
        items = [f"{_text(key)}: {_written(value[key], inner)}" for key in sorted(value)]
        return "{" + inner + ("," + inner).join(items) + line + "}" if items else "{}"
    if isinstance(value, list):
        inner = line + "  "
        return "[" + inner + ("," + inner).join(_written(item, inner) for item in value) + line + "]" if value else "[]"
    return repr(value) if isinstance(value, _Number) else _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def indented(batch: pa.RecordBatch, columns: Sequence[Column]) -> pa.RecordBatch:
    """The batch with its semi-structured columns as Snowflake shows them; other columns are not touched."""
    chosen = [index for index, column in enumerate(columns) if column.type in _SEMI_STRUCTURED]
    if not chosen:
        return batch
    import pyarrow as pa
    import pyarrow.compute as pc

    for index in chosen:
        array = batch.column(index)
        plain = (array.storage if isinstance(array, pa.ExtensionArray) else array).cast(pa.string())
        made = pc.ascii_rtrim_whitespace(plain)  # blanks say the type of a value
        if pc.any(pc.match_substring_regex(plain, r"^[\[{]")).as_py():
            made = pa.array([None if value is None else shown(value) for value in made.to_pylist()], pa.string())
        batch = batch.set_column(index, pa.field(batch.schema.field(index).name, pa.string()), made)
    return batch
