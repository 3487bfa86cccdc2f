"""kill -9 of ``spcs emulator`` amid writes of every kind, again and again on one home: nothing is lost, nothing torn.

``pytest -m slow tests/emulator/test_kill_rounds.py`` kills it more often.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from snowflake.connector.errors import Error
from snowflake.connector.pandas_tools import write_pandas

from tests.emulator.killable import Emulator
from tests.waiting import DEADLINE

ROWS = 500
# The connector's own timer thread fails loudly when its server is gone.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="containers need Linux"),
]
_TABLES = """create table PAIRS (k int, n int); create table LOADED (k int, n int);
create table FRAMES ("k" int, "n" int); create table SHAPED (k int); insert into SHAPED values (1);
create stage FILES"""


class Load:
    """What clients do to an emulator at once, and which of it was answered."""

    def __init__(self, emulator: Emulator, directory: Path) -> None:
        self._emulator = emulator
        self._file = directory / "rows.csv"
        self._over = threading.Event()
        self._numbers = dict.fromkeys(self._works(), 0)
        self._threads: list[threading.Thread] = []
        self.answered = {name: set[int]() for name in ("pairs", "tables", "loads", "frames", "shapes")}

    def _works(self) -> list[Callable[[Any, int], None]]:
        return [self._pair, self._table, self._load, self._frame, self._shape]

    def start(self) -> None:
        """Begin, one session for each kind of work."""
        self._over.clear()
        self._threads = [threading.Thread(target=self._run, args=(work,), daemon=True) for work in self._works()]
        for thread in self._threads:
            thread.start()

    def busy(self, wanted: int) -> Iterator[None]:
        """Wait until so many more pieces of work have been answered, or nobody works any more."""
        before = self.count
        while self.count < before + wanted and any(thread.is_alive() for thread in self._threads):
            self._threads[0].join(0.001)
            yield

    @property
    def count(self) -> int:
        """Answered pieces of work."""
        return sum(map(len, self.answered.values()))

    def end(self) -> None:
        """Wait for the sessions, whose server is gone."""
        self._over.set()
        for thread in self._threads:
            thread.join(DEADLINE)
            assert not thread.is_alive()

    def _run(self, work: Callable[[Any, int], None]) -> None:
        with contextlib.suppress(Error):
            connection = self._emulator.connect(patience=1)
            while not self._over.is_set():
                self._numbers[work] += 1
                work(connection, self._numbers[work])

    def _pair(self, connection: Any, number: int) -> None:
        """A transaction of two inserts; each third is rolled back."""
        cursor = connection.cursor()
        cursor.execute("begin")
        cursor.execute(f"insert into PAIRS values ({number}, 1)")
        cursor.executemany("insert into PAIRS values (%s, %s)", [(number, 2), (number, 3)])
        cursor.execute("rollback" if number % 3 == 0 else "commit")
        if number % 3:
            self.answered["pairs"].add(number)

    def _table(self, connection: Any, number: int) -> None:
        """A table made from a query, which takes the place of another."""
        query = f"select seq4() as n from table(generator(rowcount => {ROWS}))"
        connection.cursor().execute(f"create or replace table MADE_{number % 4} as {query}")
        connection.cursor().execute(f"create table KEPT_{number} as {query}")
        self.answered["tables"].add(number)

    def _load(self, connection: Any, number: int) -> None:
        """A file put on the stage, and copied into a table."""
        path = self._file.with_name(f"rows_{number}.csv")
        path.write_text("".join(f"{number},{row}\n" for row in range(ROWS)))
        connection.cursor().execute(f"put file://{path} @FILES auto_compress=false")
        connection.cursor().execute(f"copy into LOADED from @FILES/{path.name}")
        path.unlink()
        self.answered["loads"].add(number)

    def _frame(self, connection: Any, number: int) -> None:
        """A data frame, by the connector's own loader."""
        write_pandas(connection, pd.DataFrame({"k": [number] * ROWS, "n": range(ROWS)}), "FRAMES")
        self.answered["frames"].add(number)

    def _shape(self, connection: Any, number: int) -> None:
        """A new column, a view, a name that changes, a table that goes."""
        cursor = connection.cursor()
        cursor.execute(f"alter table SHAPED add column c{number} int default {number}")
        cursor.execute(f"create or replace view SHAPE as select k, c{number} from SHAPED")
        cursor.execute(f"create table PASSING_{number} (n int)")
        cursor.execute(f"alter table PASSING_{number} rename to PASSED_{number}")
        cursor.execute(f"drop table PASSED_{number}")
        self.answered["shapes"].add(number)


def _check(emulator: Emulator, load: Load) -> None:
    """Everything that was answered is there, whole; what was not is there whole or not at all."""
    for table, name, rows in (("PAIRS", "pairs", 3), ("LOADED", "loads", ROWS), ("FRAMES", "frames", ROWS)):
        key = '"k"' if table == "FRAMES" else "k"
        found = emulator.rows(f"select {key} as K, count(*) as N from {table} group by 1")
        assert {row["N"] for row in found} <= {rows}, table
        assert load.answered[name] <= {row["K"] for row in found}, table
        assert table != "PAIRS" or not any(row["K"] % 3 == 0 for row in found)
    files = {row["name"]: row["size"] for row in emulator.rows("list @FILES")}
    for number in load.answered["loads"]:
        assert files[f"files/rows_{number}.csv"] == sum(len(f"{number},{row}\n") for row in range(ROWS))
    _check_catalog(emulator, load)


def _check_catalog(emulator: Emulator, load: Load) -> None:
    """What SHOW lists can be read, and has the rows that it says."""
    tables = {row["name"]: row["rows"] for row in emulator.rows("show tables")}
    assert {f"KEPT_{number}" for number in load.answered["tables"]} <= tables.keys()
    assert not {f"{word}_{number}" for number in load.answered["shapes"] for word in ("PASSING", "PASSED")} & set(
        tables
    )
    for name, rows in tables.items():
        assert emulator.rows(f'select count(*) as N from "{name}"') == [{"N": rows}], name
        if name.startswith(("KEPT", "MADE")):
            assert rows == ROWS, name
    columns = {row["column_name"] for row in emulator.rows("show columns in table SHAPED")}
    assert {f"C{number}" for number in load.answered["shapes"]} <= columns
    for view in emulator.rows("show views"):
        assert len(emulator.rows(f"select * from {view['name']}")) == 1


@pytest.mark.parametrize("rounds", [2, pytest.param(50, marks=pytest.mark.slow)])
def test_kill_at_any_moment_tears_nothing_and_loses_nothing(tmp_path: Path, rounds: int) -> None:
    """Transactions, CTAS, PUT and COPY, write_pandas and DDL by five sessions, with a job that runs on."""
    chance, emulator = random.Random(7), Emulator(tmp_path / "home")
    emulator.start()
    try:
        for statement in _TABLES.split(";"):
            emulator.rows(statement)
        emulator.rows("create compute pool POOL min_nodes=1 max_nodes=1 instance_family=CPU_X64_S")
        emulator.submit("LONG", "import time; [(print(n), time.sleep(1)) for n in range(100000)]")
        load = Load(emulator, tmp_path)
        for _ in range(rounds):
            load.start()
            for _ in load.busy(chance.randint(3, 25)):
                pass
            emulator.kill()
            load.end()
            emulator.start()
            _check(emulator, load)
        assert emulator.status("LONG") in {"PENDING", "RUNNING"}
    finally:
        emulator.end()
