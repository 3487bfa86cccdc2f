"""Where rows come from: a table in Snowflake, read once as Arrow batches."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import features
from names import parts, quoted
from problems import InputError

if TYPE_CHECKING:
    import pyarrow as pa
    from snowflake.snowpark import Session

#: Snowflake's number for an object that is missing, or hidden from the role.
_DOES_NOT_EXIST = 2003

logger = logging.getLogger(__name__)


class Source(Protocol):
    """Rows to learn from or to score."""

    name: str

    def kinds(self) -> Mapping[str, str]:
        """Name of each column to its kind (one of `features`' constants), in the table's order."""

    def batches(self, layout: features.Layout) -> Iterator[pa.Table]:
        """The layout's columns: numbers and label as double, texts as string, the id as it is."""

    def best_achievable_auc(self) -> float | None:
        """What no model can exceed on these rows; None when nobody knows, as for real data."""


class SnowflakeTable:
    """A table or view.

    Args:
        session: Where it is.
        name: ``[database.][schema.]table``.

    Raises:
        InputError: If ``name`` is not a name.
    """

    def __init__(self, session: Session, name: str) -> None:
        stored = parts(name, "--source_table")
        self.name = ".".join(stored)
        self._sql = quoted(stored)
        self._stored = stored
        self._session = session
        self._kinds: dict[str, str] | None = None

    def kinds(self) -> Mapping[str, str]:
        """See `Source.kinds`.

        Raises:
            InputError: If the table does not exist.
        """
        from snowflake.snowpark.exceptions import SnowparkSQLException

        if self._kinds is None:
            try:
                schema = self._session.sql(f"SELECT * FROM {self._sql}").schema
            except SnowparkSQLException as error:
                if error.sql_error_code != _DOES_NOT_EXIST:
                    raise
                raise InputError(
                    f"--source_table={self.name}",
                    "it does not exist, or this role may not see it",
                    f"Names are looked up in {self._place()}",
                    "Create it with payload/generate_data.py, or name another table",
                ) from error
            self._kinds = {_unquoted(field.name): _kind(field.datatype) for field in schema.fields}
        return self._kinds

    def batches(self, layout: features.Layout) -> Iterator[pa.Table]:
        """See `Source.batches`; result chunks are fetched ahead in parallel by the connector."""
        columns = ", ".join(layout.expressions(self.kinds()))
        batches: Iterator[Any] = self._session.sql(f"SELECT {columns} FROM {self._sql}").to_arrow_batches()
        return batches

    def best_achievable_auc(self) -> float | None:
        """See `Source.best_achievable_auc`; read from the comment that generate_data.py left with the table."""
        from snowflake.snowpark.exceptions import SnowparkSQLException

        *place, table = self._stored
        where = f" IN SCHEMA {quoted(place)}" if place else ""
        pattern = table.replace("\\", "\\\\").replace("'", "''")
        try:
            rows = self._session.sql(f"SHOW TABLES LIKE '{pattern}'{where}").collect()
        except SnowparkSQLException as error:
            logger.info("the table's comment cannot be read: %s", error)
            return None
        comments = [row["comment"] for row in rows if row["name"] == table]
        return _noted_auc(comments[0]) if comments else None

    def _place(self) -> str:
        database = self._session.get_current_database() or "no database"
        return f"{database}.{self._session.get_current_schema() or 'no schema'}"


def _noted_auc(comment: str | None) -> float | None:
    try:
        return float(json.loads(comment or "{}")["best_achievable_auc"])
    except (ValueError, KeyError, TypeError):
        return None


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _kind(datatype: object) -> str:
    from snowflake.snowpark import types

    kinds: list[tuple[tuple[type, ...], str]] = [
        ((types.BooleanType,), features.BOOLEAN),
        ((types.StringType,), features.TEXT),
        ((types.VariantType,), features.VARIANT),
        ((types.DateType, types.TimestampType, types.TimeType), features.TIME),
        ((types.ByteType, types.ShortType, types.IntegerType, types.LongType), features.NUMERIC),
        ((types.FloatType, types.DoubleType, types.DecimalType), features.NUMERIC),
    ]
    return next((kind for classes, kind in kinds if isinstance(datatype, classes)), features.OTHER)
