"""Create the table of loan applications with SQL inside Snowflake.

From the root of the repository run as::

    python payload/generate_data.py --rows 1000000

Writes to the log, and to /airflow/xcom/return.json where that directory exists.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from building_table import BuildingTable
from loan_applications import BEST_ACHIEVABLE_AUC, MAX_SEED, create, insert
from names import parts
from problems import InputError, run
from result import write_result
from session import open_session

if TYPE_CHECKING:
    from snowflake.snowpark import Session

MAX_ROWS = 10_000_000_000

#: Snowflake's numbers for a missing object, a missing schema, and no current database or schema.
_DOES_NOT_EXIST = 2003
_NO_PLACE = {_DOES_NOT_EXIST, 2043, 90105, 90106}

logger = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--rows", type=int, default=1_000_000, help="rows of the new table (default 1000000)")
    arguments.add_argument("--table", default="loan_applications", help="table to create or replace")
    arguments.add_argument("--seed", type=int, default=42, help="the same seed gives the same rows (default 42)")
    arguments.add_argument(
        "--chunk_rows", type=int, default=5_000_000, help="rows a statement inserts, which bounds memory"
    )
    arguments.add_argument("--missing_rate", type=float, default=0.0, help="share of each feature's values left out")
    arguments.add_argument(
        "--drift",
        type=float,
        default=0.0,
        help="standard deviations by which credit score and income fall and debt rises (default 0)",
    )
    arguments.add_argument(
        "--resume",
        action="store_true",
        help="keep what a failed run has made, and go on after its last whole chunk; a run that lives loses its rows",
    )
    return arguments


def check(arguments: argparse.Namespace) -> None:
    """Refuse numbers that cannot be meant.

    Raises:
        InputError: If one is out of range.
    """
    parts(arguments.table, "--table")
    limits: list[tuple[str, float, float]] = [("rows", 1, MAX_ROWS), ("chunk_rows", 1, MAX_ROWS), ("seed", 0, MAX_SEED)]
    for name, least, most in (*limits, ("missing_rate", 0, 0.99), ("drift", -5, 5)):
        value = getattr(arguments, name)
        if not least <= value <= most:
            raise InputError(
                f"--{name}={value}", "it is out of range", f"It is {least} to {most}", f"Choose another --{name}"
            )


def generate(session: Session, arguments: argparse.Namespace) -> dict[str, Any]:
    """Fill a table beside the wanted one, then let it take the wanted one's place.

    Returns:
        What the task's XCom gets: table, rows, seconds, rows_per_second, label_rate, best_achievable_auc, seed.

    Raises:
        InputError: If another run with --resume took this one's rows over.
    """
    check(arguments)
    wanted = parts(arguments.table, "--table")
    # Where values are hidden or applicants differ, nobody has computed what can be achieved.
    best = None if arguments.missing_rate or arguments.drift else BEST_ACHIEVABLE_AUC
    comment = json.dumps({"generator": "loan_applications", "rows": arguments.rows, "seed": arguments.seed,
                          "missing_rate": arguments.missing_rate, "drift": arguments.drift,
                          "best_achievable_auc": best})  # fmt: skip
    started = time.perf_counter()
    building = BuildingTable(session, wanted)
    done = _rows_made(session, building, comment) if arguments.resume else 0
    if not done:
        _create(session, building.sql, comment, arguments.table)
    filled = False
    try:
        with _own(arguments.table):
            _fill(session, building.sql, arguments, done)
            positives = _count_positives(session, building.sql, arguments)
        filled = True
        building.replace_wanted()
    finally:
        if filled or not arguments.resume:
            building.drop()
    seconds = time.perf_counter() - started
    return {
        "table": ".".join(wanted),
        "rows": arguments.rows,
        "seconds": round(seconds, 3),
        "rows_per_second": round(arguments.rows / seconds),
        "label_rate": round(positives / arguments.rows, 6),
        "best_achievable_auc": best,
        "seed": arguments.seed,
        "resumed_after": done,
    }


def _rows_made(session: Session, building: BuildingTable, comment: str) -> int:
    """Rows that a failed run of the same arguments has made; chunks come whole and in order of their ids."""
    if not building.adopt(comment):
        return 0
    rows, last = session.sql(f"SELECT COUNT(*), COALESCE(MAX(APPLICATION_ID), 0) FROM {building.sql}").collect()[0]
    if int(rows) != int(last):
        return 0
    logger.info("going on after %s rows", f"{int(rows):,}")
    return int(rows)


@contextmanager
def _own(table: str) -> Iterator[None]:
    """Say what it means when the table that is being filled is gone."""
    from snowflake.snowpark.exceptions import SnowparkSQLException

    try:
        yield
    except SnowparkSQLException as error:
        if error.sql_error_code != _DOES_NOT_EXIST:
            raise
        raise _taken_over(table) from error


def _count_positives(session: Session, building: str, arguments: argparse.Namespace) -> int:
    """Rows of label 1 of the whole table.

    Raises:
        InputError: If a run that was believed dead has written beside this one.
    """
    rows, positives = session.sql(f"SELECT COUNT(*), COUNT_IF(IS_DEFAULT) FROM {building}").collect()[0]
    if int(rows) != arguments.rows:
        raise _taken_over(arguments.table)
    return int(positives)


def _taken_over(table: str) -> InputError:
    return InputError(
        f"--table={table}",
        "another run with --resume and the same arguments works on the rows of this one",
        "Only one run goes on with what is there",
        "Let that one end, or run without --resume",
    )


def _create(session: Session, building: str, comment: str, wanted: str) -> None:
    from snowflake.snowpark.exceptions import SnowparkSQLException

    try:
        session.sql(create(building, comment)).collect()
    except SnowparkSQLException as error:
        if error.sql_error_code not in _NO_PLACE:
            raise
        raise InputError(
            f"--table={wanted}",
            "its database or schema does not exist, or this role may not see it",
            f"Names are looked up in {session.get_current_database()}.{session.get_current_schema()}",
            "Run example_dags/setup/generate_data.sql, or name the table as database.schema.table",
        ) from error


def _fill(session: Session, table: str, arguments: argparse.Namespace, made: int) -> None:
    started = time.perf_counter()
    for first in range(made + 1, arguments.rows + 1, arguments.chunk_rows):
        rows = min(arguments.chunk_rows, arguments.rows + 1 - first)
        session.sql(
            insert(table, first, rows, arguments.seed, missing_rate=arguments.missing_rate, drift=arguments.drift)
        ).collect()
        done = first - 1 + rows
        rate = (done - made) / (time.perf_counter() - started)
        logger.info("%s of %s rows, %s rows/s", f"{done:,}", f"{arguments.rows:,}", f"{rate:,.0f}")


def main(argv: Sequence[str] | None = None) -> None:
    """Generate the table as the command line asks."""
    arguments = parser().parse_args(argv)
    check(arguments)
    with open_session() as session:
        result = generate(session, arguments)
    best = result["best_achievable_auc"]
    logger.info("label rate %.4f, best achievable AUC %s", result["label_rate"], "not known" if best is None else best)
    write_result(result)


if __name__ == "__main__":
    sys.exit(run(main))
