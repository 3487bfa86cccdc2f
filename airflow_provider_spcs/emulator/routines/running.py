"""Python routines at work: their directories, processes, and the functions of DuckDB that lead to them."""

from __future__ import annotations

import itertools
import secrets
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.models.methods import stored
from airflow_provider_spcs.emulator.models.workers import Workers
from airflow_provider_spcs.emulator.routines.package import unpacked

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.routines.store import Found

SCALAR, PARTITIONS, GROUPS = "scalar", "partitions", "groups"


class Runs:
    """What runs the Python routines of an account.

    Args:
        account: Its home holds the code; its tables call the functions.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self.workers = Workers(account, Path(__file__).parent)
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._code: dict[str, tuple[Path, str]] = {}
        self._functions: dict[tuple[str, str], str] = {}
        self._cursor: Any = None
        shutil.rmtree(account.home.directory("routines"))  # unpacked by an earlier process

    def code(self, session: Session, found: Found) -> tuple[Path, str]:
        """Directory and handler of a routine, unpacked at its first use."""
        with self._lock:
            if found.id not in self._code:
                directory = self._account.home.directory("routines") / secrets.token_hex(8)
                self._code[found.id] = directory, unpacked(self._account, session, found.routine, directory)
            return self._code[found.id]

    def function(self, session: Session, found: Found, mode: str) -> str:
        """The function of DuckDB that calls the routine, made at its first use.

        It takes a struct of the session's number and the arguments, or a list of them, and answers JSON text.
        """
        directory, handler = self.code(session, found)
        with self._lock:
            if (found.id, mode) not in self._functions:
                self._functions[found.id, mode] = self._made(found, mode, directory, handler)
            return self._functions[found.id, mode]

    def _made(self, found: Found, mode: str, directory: Path, handler: str) -> str:
        kinds = [kind for _, kind in found.routine.arguments]
        header = {
            "mode": mode,
            "handler": handler,
            "kinds": [kind.name for kind in kinds],
            "names": [name for name, _ in found.routine.arguments],
            "strict": found.routine.strict,
        }

        def answer(arguments: Any) -> Any:
            import pyarrow as pa

            if isinstance(arguments, pa.ChunkedArray):
                arguments = arguments.combine_chunks()
            sizes = [] if mode == SCALAR else arguments.value_lengths().fill_null(0).to_pylist()
            rows = arguments if mode == SCALAR else arguments.flatten()
            return pa.array(self._answers(directory, {**header, "sizes": sizes}, rows), pa.string())

        fields = "".join(f", A{index} {stored(kind)}" for index, kind in enumerate(kinds))
        taken = f"STRUCT(SF_SESSION BIGINT{fields})"
        if self._cursor is None:
            self._cursor = self._account.engine.cursor()
        name = f"sf_routine_{next(self._numbers)}"
        self._cursor.create_function(
            name,
            answer,
            [taken if mode == SCALAR else f"{taken}[]"],
            "VARCHAR",
            type="arrow",
            null_handling="special",
            side_effects=True,
        )
        return name

    def _answers(self, directory: Path, header: dict[str, Any], rows: Any) -> list[str | None]:
        import pyarrow as pa

        asking, *columns = rows.flatten()
        table = pa.table([asking, *columns], names=[str(index) for index in range(len(columns) + 1)])
        session = self._account.engine.sessions.get(asking[0].as_py()) if len(asking) else None
        try:
            answers = self.workers.call(
                directory, header, table, session.cancelled if session is not None else threading.Event()
            )
        except SnowflakeError as error:
            # DuckDB keeps only the text of what a function raises.
            raise ValueError(f"{error.errno}|{error.sqlstate}|{error.message}") from error
        return [None if answer == "null" else answer for answer in answers]
