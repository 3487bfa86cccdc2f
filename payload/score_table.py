"""Scores written to a table in Snowflake, batch by batch."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from building_table import BuildingTable
from features import Layout
from names import parts, quote

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray
    from snowflake.snowpark import Session

PROBABILITY, PREDICTION = "PROBABILITY", "PREDICTION"
_ROWS_A_WRITE = 500_000

logger = logging.getLogger(__name__)


class ScoreTable:
    """A table of ids with their scores, filled beside the wanted one.

    Args:
        session: Where it is.
        name: ``[database.][schema.]table`` to create or replace.
        source: The scored table as SQL, from which the id has its type.
        layout: The model's columns.

    Raises:
        InputError: If ``name`` is not a name.
    """

    def __init__(self, session: Session, name: str, source: str, layout: Layout) -> None:
        self._session, self._source, self._id = session, source, layout.id_column
        wanted = parts(name, "--scores_table")
        self.name, self._place = ".".join(wanted), wanted[:-1]
        self._building = BuildingTable(session, wanted)
        self._waiting: list[pa.Table] = []
        self.rows = 0

    @contextmanager
    def filling(self, about: Mapping[str, Any]) -> Iterator[ScoreTable]:
        """Fill the table within the block; nobody sees it half full, and a failure leaves what was there.

        Args:
            about: Where the scores come from; kept as the table's comment.
        """
        comment = json.dumps(about).replace("\\", "\\\\").replace("'", "''")
        building = self._building
        self._session.sql(
            f"CREATE TABLE {building.sql} AS SELECT {quote(self._id)}, 0::FLOAT AS {PROBABILITY}, "
            f"FALSE AS {PREDICTION} FROM {self._source} LIMIT 0"
        ).collect()
        try:
            yield self
            self._write()
            self._session.sql(f"COMMENT ON TABLE {building.sql} IS '{comment}'").collect()
            building.replace_wanted()
        finally:
            building.drop()

    def add(self, ids: pa.ChunkedArray, probabilities: NDArray[np.float32]) -> None:
        """Add scored rows.

        Args:
            ids: Of shape (rows,).
            probabilities: Of label 1, of shape (rows,).
        """
        import pyarrow as pa

        exact = pa.array(probabilities, pa.float64())
        batch = {self._id: ids, PROBABILITY: exact, PREDICTION: pa.array(probabilities >= 0.5)}
        self._waiting.append(pa.table(batch))
        if sum(table.num_rows for table in self._waiting) >= _ROWS_A_WRITE:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa

        if not self._waiting:
            return
        frame = pa.concat_tables(self._waiting).to_pandas()
        self._waiting = []
        schema, database = [*reversed(self._place), None, None][:2]
        self._session.write_pandas(frame, self._building.name, database=database, schema=schema)
        self.rows += len(frame)
        logger.info("%s scores written", f"{self.rows:,}")
