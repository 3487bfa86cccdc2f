"""What a large result costs a client: the real connector over a socket beside DuckDB, in-process, on the same file.

``python tests/benchmarks/fetch.py [rows]`` (10,000,000 by default). Server and client are two processes, as in use.
Seconds are shown by the clock and of processors, since the machine may have other work; the server's memory is its
peak above what it held before. "Download alone" is the client's HTTP library reading the same bytes, "conversion
alone" the client's own reader turning them into Arrow from memory. "Static files" is the same client given the same
chunks by a server that runs no SQL, writes nothing and hands files to the socket: no server can be faster than that for
this client, and what a line above it costs more is the emulator's.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests
from emulator import SNOWFLAKE_TABLE, Peak
from jobs import Server
from snowflake.connector.constants import IterUnit

from airflow_provider_spcs.emulator import registry
from airflow_provider_spcs.emulator.account import Account

ROUNDS = 3


@dataclass
class Cost:
    """Of one piece of work."""

    seconds: float
    client: float
    """Processor seconds of this process."""
    server: float
    """Processor seconds of the server."""
    mebibytes: float
    """Peak memory of the server, above what it held before."""

    @property
    def processor(self) -> float:
        """Processor seconds of both."""
        return self.client + self.server


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def cost(work: Callable[[], object], server: psutil.Process | None = None) -> Cost:
    """The cheapest of a few rounds."""
    own, rounds = psutil.Process(), []
    for _ in range(ROUNDS):
        peak = Peak(server or own)
        with peak.watching():
            before, served, begun = _used(own), _used(server) if server else 0.0, time.perf_counter()
            work()
            seconds, used = time.perf_counter() - begun, _used(own) - before
            server_used = _used(server) - served if server else 0.0
        rounds.append(Cost(seconds, used, server_used, peak.mebibytes))
    return min(rounds, key=lambda each: each.processor)


def fetched(home: Path, rows: int) -> dict[str, Cost]:
    """The client's ways to read the whole table, over a socket."""
    running = Server(home)
    try:
        with running.connect() as connection:
            connection.cursor().execute(SNOWFLAKE_TABLE.format(rows=rows))

            def cursor() -> Any:
                return connection.cursor().execute("select * from LOANS")

            ways = {
                "fetch_arrow_batches": lambda: sum(table.num_rows for table in cursor().fetch_arrow_batches()),
                "fetch_arrow_all": lambda: cursor().fetch_arrow_all().num_rows,
                "fetch_pandas_batches": lambda: sum(len(frame) for frame in cursor().fetch_pandas_batches()),
            }
            for way in ways.values():
                assert way() == rows
            costs = {"execute alone": cost(cursor, running.process)}
            costs |= {name: cost(way, running.process) for name, way in ways.items()}
            costs |= _snowpark(connection, rows, running.process)
            costs |= _alone(cursor().get_result_batches()[1:], running.process)
            return costs | _static(cursor(), rows, home.parent / "chunks")
    finally:
        running.stop()


def _snowpark(connection: Any, rows: int, server: psutil.Process) -> dict[str, Cost]:
    """Snowpark's streaming read of the same table."""
    from snowflake.snowpark import Session

    session = Session.builder.configs({"connection": connection}).create()

    def read() -> None:
        assert sum(table.num_rows for table in session.table("LOANS").to_arrow_batches()) == rows

    return {"Snowpark arrow batches": cost(read, server)}


def _static(cursor: Any, rows: int, directory: Path) -> dict[str, Cost]:
    """The client's own iterators over the same chunks, served as files."""
    batches = cursor.get_result_batches()
    directory.mkdir()
    for batch in batches[1:]:
        (directory / batch.id).write_bytes(requests.get(batch._remote_chunk_info.url, timeout=600).content)
    command = [sys.executable, str(Path(__file__).with_name("static_files.py")), str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = f"http://127.0.0.1:{int(process.stdout.readline())}/"
        for batch in batches[1:]:
            batch._remote_chunk_info = batch._remote_chunk_info._replace(url=address + batch.id)

        def arrow() -> None:
            assert sum(table.num_rows for table in cursor._result_set._fetch_arrow_batches()) == rows

        def frames() -> None:
            assert sum(len(frame) for frame in cursor._result_set._fetch_pandas_batches()) == rows

        server = psutil.Process(process.pid)
        costs = {"static files, arrow": cost(arrow, server), "static files, pandas": cost(frames, server)}
        process.kill()
    return costs


def _alone(batches: list[Any], server: psutil.Process) -> dict[str, Cost]:
    """The client's unavoidable parts of the work, each by itself."""
    addresses = [batch._remote_chunk_info.url for batch in batches]
    http = requests.Session()
    bodies = [http.get(address).content for address in addresses]

    def download() -> None:
        for address in addresses:
            assert http.get(address).content

    def convert() -> None:
        for batch, body in zip(batches, bodies, strict=True):
            assert sum(table.num_rows for table in batch._from_data(body, IterUnit.TABLE_UNIT)) == batch.rowcount

    return {"download alone": cost(download, server), "conversion alone": cost(convert, server)}


def in_process(home: Path) -> Cost:
    """DuckDB's own way to the same table as Arrow."""
    registry.load()
    account = Account(home)
    account.engine.open()
    session = account.engine.session(database="EMULATOR", schema="PUBLIC", warehouse="COMPUTE_WH")
    table, plain = session.relation(session.qualify(["LOANS"])), account.engine.cursor()
    try:
        plain.sql(f"select * from {table}").to_arrow_table()
        return cost(lambda: plain.sql(f"select * from {table}").to_arrow_table())
    finally:
        plain.close()
        account.engine.close()


def main() -> None:
    """Print the table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory, "home")
        ways = fetched(home, rows)
        base = in_process(home)
    sys.stdout.write(f"{rows:,} rows x 11 columns; processor seconds in brackets are the server's\n")
    sys.stdout.write(f"{'':22}{'seconds':>9}{'ratio':>7}{'processor':>11}{'':9}{'ratio':>7}{'MiB':>7}\n")
    for name, each in {"DuckDB in-process": base, **ways}.items():
        sys.stdout.write(
            f"{name:22}{each.seconds:9.2f}{each.seconds / base.seconds:7.1f}{each.processor:11.2f} "
            f"({each.server:5.2f}) {each.processor / base.processor:7.1f}{each.mebibytes:7.0f}\n"
        )


if __name__ == "__main__":
    main()
