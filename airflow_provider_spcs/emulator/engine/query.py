"""Run a query on DuckDB; its rows stream out as Arrow batches."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import physical, translate, types
from airflow_provider_spcs.emulator.engine.failures import translated
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.names import quoted
from airflow_provider_spcs.emulator.result import Column, Kind, Result

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.engine.translate import Translation
    from airflow_provider_spcs.emulator.statement import Statement

BATCH_ROWS = 50_000


def run(session: Session, statement: Statement) -> Result:
    """Answer a SELECT, outside a writing transaction on its own cursor: results never wait for each other."""
    translation = translate.query(session, statement)
    translation.wait(session)
    transaction = session.transaction
    if transaction.writing:
        with transaction.cursor() as cursor:
            try:
                result = _stream(session, cursor, translation, owned=False)
            except SnowflakeError:
                transaction.restore()
                raise
            _detachable(transaction, result)
            return result
    if not transaction.autocommit:
        transaction.begun = True
    return _stream(session, session.cursor(), translation, owned=True)


def describe(session: Session, statement: Statement) -> Result:
    """The columns of a SELECT, without running it."""
    translation = translate.query(session, statement)
    cursor = session.cursor()
    try:
        with translated(translation.names):
            relation = prepare(cursor, translation)
        return Result(columns_of(relation, translation), [])
    finally:
        cursor.close()


def prepare(cursor: Any, translation: Translation) -> Any:
    """The DuckDB relation of a translated query, columns of foreign types cast; nothing has run yet."""
    for name, table in translation.relations.items():
        cursor.register(name, table)
    relation = cursor.sql(translation.sql)
    casts = [types.cast_for(str(kind)) if types.of_duckdb(str(kind)) is None else None for kind in relation.types]
    if any(casts):
        names = [quoted(f"C{index}") for index in range(len(casts))]
        shown = [
            f"{(cast or '{}').format(name)} AS {quoted(column)}"
            for cast, name, column in zip(casts, names, relation.columns, strict=True)
        ]
        relation = cursor.sql(f"SELECT {', '.join(shown)} FROM ({translation.sql}) AS T({', '.join(names)})")
    return relation


def columns_of(relation: Any, translation: Translation) -> list[Column]:
    """The wire's columns of a relation; where the query says more than DuckDB's type (OBJECT, lengths), that."""
    found = [types.of_duckdb(str(kind)) or types.Declared("VARCHAR") for kind in relation.types]
    hints = translation.types(relation.columns, found)
    names = map(physical.column_name, relation.columns)
    return [kind.column(name, nullable=not kind.required) for name, kind in zip(names, hints, strict=True)]


def _stream(session: Session, cursor: Any, translation: Translation, *, owned: bool) -> Result:
    try:
        with session.running(cursor), translated(translation.names):
            relation = prepare(cursor, translation)
            columns = columns_of(relation, translation)
            reader = relation.to_arrow_reader(BATCH_ROWS)
            first = next(iter(reader), None)
    except BaseException:
        if owned:
            cursor.close()
        raise
    if first is None:
        if owned:
            cursor.close()
        return Result(columns, [])
    return Result(columns, batches=_rest(session, cursor, translation, first, reader, owned=owned), kind=Kind.SELECT)


def _rest(
    session: Session, cursor: Any, translation: Translation, first: Any, reader: Any, *, owned: bool
) -> Iterator[Any]:
    try:
        with session.running(cursor), translated(translation.names):
            yield first
            yield from reader
    except SnowflakeError:
        reader.close()
        if not owned:
            session.transaction.restore()
        raise
    finally:
        reader.close()
        if owned:
            cursor.close()


def _detachable(transaction: Any, result: Result) -> None:
    """Let the transaction read the rest of ``result`` into memory when its cursor is needed."""
    live = result.batches or iter(())
    kept: list[Any] = []
    chain = itertools.chain.from_iterable(iter(lambda: _next(kept, live), None))
    result.batches = chain

    def drain() -> None:
        kept.extend(live)

    transaction.pending = drain


def _next(kept: list[Any], live: Iterator[Any]) -> list[Any] | None:
    if kept:
        return [kept.pop(0)]
    batch = next(live, None)
    return None if batch is None else [batch]


def all_rows(result: Result) -> list[tuple[Any, ...]]:
    """Every row of a result as plain Python values."""
    if result.rows is not None:
        return list(result.rows)
    rows: list[tuple[Any, ...]] = []
    for batch in result.batches or ():
        values = [column.to_pylist() for column in batch.columns]
        rows.extend(zip(*values, strict=True))
    return [tuple(_whole(value, column) for value, column in zip(row, result.columns, strict=True)) for row in rows]


def _whole(value: Any, column: Column) -> Any:
    if column.type == "TIMESTAMP_TZ" and isinstance(value, dict):
        return value["moment"].astimezone(timezone(timedelta(minutes=value["offset"])))
    if column.type == types.INTERVAL and value is not None:
        return timedelta(days=value.days, microseconds=value.nanoseconds // 1000)
    return int(value) if column.type == "FIXED" and not column.scale and value is not None else value
