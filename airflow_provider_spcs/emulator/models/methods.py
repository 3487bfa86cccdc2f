"""Methods of model versions as functions of DuckDB, which call the versions' processes."""

from __future__ import annotations

import ast
import itertools
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.models.versions import find_version
from airflow_provider_spcs.emulator.models.workers import Workers

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.engine.types import Declared
    from airflow_provider_spcs.emulator.models.manifest import Function

_TEXT = {"VARIANT", "OBJECT", "ARRAY"}


@dataclass(frozen=True)
class Method:
    """A method of a version, callable from DuckDB's SQL.

    Args:
        name: Of the DuckDB function. It takes one struct, or a list of structs for a partition, and answers JSON text.
        inputs: Types of the arguments.
        outputs: Names and types of what it returns; the name of a single value is empty.
        table: Whether it returns rows.
        partition: Whether it takes all rows of a partition at once.
    """

    name: str
    inputs: tuple[Declared, ...]
    outputs: tuple[tuple[str, Declared], ...]
    table: bool
    partition: bool


class Methods:
    """The methods that statements have used so far.

    Args:
        account: Whose models and tables these are.
    """

    def __init__(self, account: Account) -> None:
        self.workers = Workers(account)
        self._account = account
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._known: dict[tuple[Path, str], Method] = {}
        self._cursor: Any = None

    def find(self, session: Session, parts: list[str], written: str, method: str) -> Method:
        """The method of a model's version; DuckDB knows its function from now on.

        Raises:
            SnowflakeError: 2003 when model or version is missing, 2140 when the version has no such method.
        """
        name = session.qualify(parts)
        document = self._account.models.get(name)
        package = self._account.models.package(document, find_version(name, document, written))
        key = (package.directory, method)
        with self._lock:
            if key not in self._known:
                function = next((item for item in package.functions if item.name == method), None)
                if function is None:
                    known = ", ".join(item.name for item in package.functions)
                    raise SnowflakeError(
                        f"SQL compilation error: error line 1 at position 0\nUnknown user-defined function {method} of "
                        f"model {name}. Its functions are {known}.",
                        2140,
                        "42601",
                    )
                self._known[key] = self._made(package.directory, function)
            return self._known[key]

    def forget(self, directory: Path) -> None:
        """Drop the functions of packages below a directory and end their processes."""
        with self._lock:
            for key in [key for key in self._known if key[0].is_relative_to(directory)]:
                self._cursor.remove_function(self._known.pop(key).name)
                self.workers.end(key[0])

    def _made(self, directory: Path, function: Function) -> Method:
        from airflow_provider_spcs.emulator.engine.types import parse

        method = Method(
            name=f"sf_model_{next(self._numbers)}",
            inputs=tuple(parse(kind) for kind in function.inputs),
            outputs=tuple((name, parse(kind)) for name, kind in function.outputs),
            table=function.table,
            partition=function.table and _takes_partitions(directory, function.handler),
        )
        kinds = [kind.name for kind in method.inputs]
        header = {"handler": function.handler, "types": kinds}

        def rows(arguments: Any) -> Any:
            return self._answered(directory, header, arguments)

        def partitions(arguments: Any) -> Any:
            import pyarrow as pa

            return pa.array(
                [
                    "[" + ",".join(self._answered(directory, header, chunk.values).to_pylist()) + "]"
                    for chunk in (_one(arguments, index) for index in range(len(arguments)))
                ],
                pa.string(),
            )

        fields = ", ".join([f"A{index} {stored(kind)}" for index, kind in enumerate(method.inputs)])
        taken = f"STRUCT(SF_SESSION BIGINT, {fields})"
        if self._cursor is None:
            self._cursor = self._account.engine.cursor()
        self._cursor.create_function(
            method.name,
            partitions if method.partition else rows,
            [f"{taken}[]" if method.partition else taken],
            "VARCHAR",
            type="arrow",
            null_handling="special",
        )
        return method

    def _answered(self, directory: Path, header: dict[str, Any], arguments: Any) -> Any:
        """The answers of a process to an array of structs, as an array of JSON texts."""
        import pyarrow as pa

        if isinstance(arguments, pa.ChunkedArray):
            arguments = arguments.combine_chunks()
        asking, *columns = arguments.flatten()
        table = pa.table(columns, names=[str(index) for index in range(len(columns))])
        session = self._account.engine.sessions.get(asking[0].as_py()) if len(asking) else None
        cancelled = session.cancelled if session is not None else threading.Event()
        try:
            answers = self.workers.call(directory, header, table, cancelled)
        except SnowflakeError as error:
            # DuckDB keeps only the text of what a function raises.
            raise ValueError(f"{error.errno}|{error.sqlstate}|{error.message}") from error
        return pa.array([None if answer == "null" else answer for answer in answers], pa.string())


def stored(kind: Declared) -> str:
    """The DuckDB type that carries an argument to the process; semi-structured ones go as JSON text."""
    if kind.name in _TEXT:
        return "VARCHAR"
    return "BIGINT" if kind.name == "NUMBER" and not kind.second else kind.duckdb


def _one(lists: Any, index: int) -> Any:
    import pyarrow as pa

    return (lists.combine_chunks() if isinstance(lists, pa.ChunkedArray) else lists)[index]


def _takes_partitions(directory: Path, handler: str) -> bool:
    """Whether the handler is a class with ``end_partition``, by its source."""
    module, _, name = handler.rpartition(".")
    tree = ast.parse((directory / Path(*module.split("."))).with_suffix(".py").read_text())
    return any(
        isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and item.name == "end_partition"
        for found in ast.walk(tree)
        if isinstance(found, ast.ClassDef) and found.name == name
        for item in found.body
    )
