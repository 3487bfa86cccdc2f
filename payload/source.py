"""Where rows come from: a table in Snowflake, read once as Arrow batches."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import features
from instances import ALONE, Instance
from names import parts, quote, quoted
from problems import InputError

if TYPE_CHECKING:
    import pyarrow as pa
    from snowflake.snowpark import Session

#: Snowflake's number for an object that is missing, or hidden from the role.
_DOES_NOT_EXIST = 2003
_SHARD_BITS = 2**31 - 1

logger = logging.getLogger(__name__)


class Source(Protocol):
    """Rows to learn from or to score."""

    name: str

    def kinds(self) -> Mapping[str, str]:
        """Name of each column to its kind (one of `features`' constants), in the table's order."""

    def count(self) -> int:
        """Number of rows."""

    def batches(self, layout: features.Layout, instance: Instance = ALONE) -> Iterator[pa.Table]:
        """The layout's columns: numbers and label as double, texts as string, the id as it is.

        Args:
            layout: The columns.
            instance: Whose rows: of several instances each gets its own part, decided by the id.
        """

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
        self.sql = quoted(stored)
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
                schema = self._session.sql(f"SELECT * FROM {self.sql}").schema
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

    def count(self) -> int:
        """See `Source.count`; of a table, Snowflake knows it without reading."""
        return int(self._session.sql(f"SELECT COUNT(*) FROM {self.sql}").collect()[0][0])

    def batches(
        self, layout: features.Layout, instance: Instance = ALONE, *, labelled: bool = True
    ) -> Iterator[pa.Table]:
        """See `Source.batches`; result chunks are fetched ahead in parallel by the connector."""
        columns = ", ".join(layout.expressions(self.kinds(), labelled=labelled))
        where = ""
        if instance.count > 1:
            # Snowflake's HASH, so that each instance transfers only its own rows.
            mixed = f"BITAND(HASH({quote(layout.id_column)}), {_SHARD_BITS})"
            where = f" WHERE MOD({mixed}, {instance.count}) = {instance.index}"
        batches: Iterator[Any] = self._session.sql(f"SELECT {columns} FROM {self.sql}{where}").to_arrow_batches()
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
        ((types.DateType,), features.TIME),
        ((types.ByteType, types.ShortType, types.IntegerType, types.LongType), features.NUMERIC),
        ((types.FloatType, types.DoubleType, types.DecimalType), features.NUMERIC),
    ]
    if isinstance(datatype, types.TimestampType):
        zoned = datatype.tz in (types.TimestampTimeZone.TZ, types.TimestampTimeZone.LTZ)
        return features.ZONED if zoned else features.TIME
    return next((kind for classes, kind in kinds if isinstance(datatype, classes)), features.OTHER)
