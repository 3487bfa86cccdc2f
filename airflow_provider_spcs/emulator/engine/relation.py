"""A handler's rows as an Arrow table that DuckDB can query."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from airflow_provider_spcs.emulator.result import Column, Result


def arrow_table(result: Result) -> pa.Table:
    """All rows of a result under its columns' names and types; a repeated name gets a number."""
    import pyarrow as pa

    names = [column.name for column in result.columns]
    if result.batches is not None:
        batches = [without_offsets(batch.rename_columns(names)) for batch in result.batches]
        if batches:
            return pa.Table.from_batches(batches)
    rows = result.rows or []
    arrays = [
        pa.array([_value(row[index], column) for row in rows], _type(column))
        for index, column in enumerate(result.columns)
    ]
    return pa.Table.from_arrays(arrays, names=names)


def without_offsets(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with its TIMESTAMP_TZ values as moments alone, as tables keep them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for index, field in enumerate(batch.schema):
        if pa.types.is_struct(field.type) and [part.name for part in field.type] == ["moment", "offset"]:
            moments = pc.struct_field(batch.column(index), 0)
            batch = batch.set_column(index, pa.field(field.name, moments.type), moments)
    return batch


def _type(column: Column) -> Any:
    import pyarrow as pa

    if column.type == "FIXED":
        return pa.decimal128(38, column.scale) if column.scale else pa.int64()
    types = {
        "REAL": pa.float64(),
        "BOOLEAN": pa.bool_(),
        "DATE": pa.date32(),
        "TIME": pa.time64("us"),
        "TIMESTAMP_NTZ": pa.timestamp("us"),
        "TIMESTAMP_LTZ": pa.timestamp("us", "UTC"),
        "TIMESTAMP_TZ": pa.timestamp("us", "UTC"),
        "BINARY": pa.binary(),
    }
    return types.get(column.type, pa.string())


def _value(value: Any, column: Column) -> Any:
    if value is None:
        return None
    if column.type == "FIXED":
        return Decimal(str(value)) if column.scale else int(value)
    if column.type in {"TEXT", "VARIANT", "OBJECT", "ARRAY"}:
        return value if isinstance(value, str) else json.dumps(value)
    if column.type in {"TIMESTAMP_LTZ", "TIMESTAMP_TZ"} and value.tzinfo is None:
        from datetime import UTC

        return value.replace(tzinfo=UTC)
    return value
