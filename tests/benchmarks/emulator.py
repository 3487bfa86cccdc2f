"""What the engine costs beside plain DuckDB: making rows, and putting them on the wire. Run by hand; prints tables.

``python tests/benchmarks/emulator.py [rows]`` (10,000,000 by default). The rivals run in the same process, on the same
file, one after the other; memory is what the process holds at most above what it held before.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from airflow_provider_spcs.emulator import registry
from airflow_provider_spcs.emulator.account import Account
from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.wire.results import Results

SNOWFLAKE_TABLE = """create or replace table LOANS as select
    row_number() over (order by random()) as id, round(normal(40, 10, random())) as age,
    round(normal(60000, 20000, random()), 2) as income, uniform(300, 850, random()) as score,
    round(uniform(0::float, 1::float, random()), 4) as debt, uniform(1, 40, random()) as years,
    greatest(0, round(normal(2, 1.5, random()))) as dependents,
    array_construct('car', 'house', 'study', 'other')[uniform(0, 3, random())]::varchar as purpose,
    random() < 0.15 as is_default, timeadd('MINUTE', seq4(), '2024-01-01'::timestamp_ntz) as made,
    uniform(1000, 90000, random()) as amount
    from table(generator(rowcount => {rows}))"""
_NORMAL = "{} + {} * sqrt(-2 * ln(greatest(random(), 1e-300))) * cos(2 * pi() * random())"
_DUCKDB = f"""create or replace table PLAIN as select
    row_number() over () as id, round({_NORMAL.format(40, 10)}) as age,
    round({_NORMAL.format(60000, 20000)}, 2) as income, 300 + cast(floor(random() * 551) as bigint) as score,
    round(random(), 4) as debt, 1 + cast(floor(random() * 40) as bigint) as years,
    greatest(0, round({_NORMAL.format(2, 1.5)})) as dependents,
    (['car', 'house', 'study', 'other'])[1 + cast(floor(random() * 4) as bigint)] as purpose,
    random() < 0.5 as is_default, timestamp '2024-01-01' + to_minutes(range) as made,
    1000 + cast(floor(random() * 89001) as bigint) as amount
    from range({{rows}})"""


class Peak:
    """The most memory of a process above the beginning, in MiB, looked at 50 times a second.

    Args:
        process: This one by default.
    """

    def __init__(self, process: psutil.Process | None = None) -> None:
        self.mebibytes = 0.0
        self._process = process or psutil.Process()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch while inside."""
        process, done = self._process, threading.Event()
        before = process.memory_info().rss

        def look() -> None:
            while not done.wait(0.02):
                self.mebibytes = max(self.mebibytes, (process.memory_info().rss - before) / 2**20)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def measured(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds and MiB of one run."""
    peak = Peak()
    with peak.watching():
        begun = time.perf_counter()
        work()
        return time.perf_counter() - begun, peak.mebibytes


def served(session: Session, results: Results, number: int, sql: str = "select * from LOANS") -> None:
    """All that the server does for a result but the sockets: run, encode and spool every chunk."""
    stored = results.store(f"query-{number}", session.execute(sql))
    for index in range(len(stored.parts)):
        assert stored.as_sent(index) or stored.encoded(index)


def main() -> None:
    """Print the table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    registry.load()
    with tempfile.TemporaryDirectory() as home:
        account = Account(Path(home))
        account.engine.open()
        session = account.engine.session(database="EMULATOR", schema="PUBLIC", warehouse="COMPUTE_WH")
        plain = account.engine.cursor()
        spool = Path(home) / "spool"
        spool.mkdir()
        results = Results(spool, account.clock)
        table = session.relation(session.qualify(["LOANS"]))
        # What is imported at the first use is no cost of a row.
        served(session, results, 0, "select 1.5 as a, 'x' as b, current_timestamp as c")
        plain.sql("select 1").to_arrow_table()
        pairs = [
            ("generate", lambda: plain.execute(_DUCKDB.format(rows=rows)),
             lambda: session.execute(SNOWFLAKE_TABLE.format(rows=rows))),
            ("fetch all", lambda: plain.sql(f"select * from {table}").to_arrow_table(),
             lambda: served(session, results, 1)),
        ]  # fmt: skip
        sys.stdout.write(
            f"{rows:,} rows x 11 columns\n{'':12}{'DuckDB':>10}{'MiB':>8}{'engine':>10}{'MiB':>8}{'ratio':>8}\n"
        )
        for name, rival, ours in pairs:
            base, engine = measured(rival), measured(ours)
            sys.stdout.write(
                f"{name:12}{base[0]:9.2f}s{base[1]:8.0f}{engine[0]:9.2f}s{engine[1]:8.0f}{engine[0] / base[0]:8.2f}\n"
            )
            sys.stdout.flush()
        plain.close()
        account.engine.close()


if __name__ == "__main__":
    main()
