"""How each kind of handler is called: for rows, for partitions, for groups, once with a session."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

from .values import frame, rows, written
from .vectors import batches, listed, takes_frames, tuples

_FOUND: dict[str, Any] = {}


def _handler(header: dict[str, Any]) -> Any:
    name = header["handler"]
    if name not in _FOUND:
        module, _, path = name.partition(":")
        _FOUND[name] = reduce(getattr, path.split("."), importlib.import_module(module))
    return _FOUND[name]


def scalar(header: dict[str, Any], table: Any) -> list[str]:
    """One answer a row."""
    handler, kinds = _handler(header), header["kinds"]
    if takes_frames(handler):
        parts = batches(handler, frame(table, kinds))
        return [written(value) for part in parts for value in listed(handler(part))]
    strict = header.get("strict")
    return ["null" if strict and None in values else written(handler(*values)) for values in rows(table, kinds)]


def partitions(header: dict[str, Any], table: Any) -> list[str]:
    """One answer a partition: ``[[index of the row it belongs to, or -1, [values]], ...]``."""
    handler, answers, start = _handler(header), [], 0
    for size in header["sizes"]:
        found = _partition(handler, header, table.slice(start, size))
        answers.append(json.dumps([[index, [_cell(value) for value in row]] for index, row in found]))
        start += size
    return answers


def _cell(value: Any) -> Any:
    return json.loads(written(value))


def _partition(handler: Any, header: dict[str, Any], table: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    made, kinds, names = handler(), header["kinds"], header["names"]
    process, end = getattr(made, "process", None), getattr(made, "end_partition", None)
    if process is not None and takes_frames(process):
        for part in batches(process, frame(table, kinds, names)):
            yield from ((-1, row) for row in tuples(process(part)))
    elif process is not None:
        for index, values in enumerate(rows(table, kinds)):
            yield from ((index, _row(row)) for row in process(*values) or ())
    if end is not None:
        found = end(frame(table, kinds, names)) if takes_frames(end) else end()
        yield from ((-1, row) for row in (tuples(found) if hasattr(found, "itertuples") else map(_row, found or ())))


def _row(row: Any) -> tuple[Any, ...]:
    return tuple(row) if isinstance(row, tuple | list) else (row,)


def groups(header: dict[str, Any], table: Any) -> list[str]:
    """One answer a group of rows, by an aggregate's class."""
    handler, kinds, answers, start = _handler(header), header["kinds"], [], 0
    for size in header["sizes"]:
        made = handler()
        for values in rows(table.slice(start, size), kinds):
            made.accumulate(*values)
        answers.append(written(made.finish()))
        start += size
    return answers


def procedure(header: dict[str, Any], table: Any) -> list[str]:
    """One answer to one call, with a Snowpark session; a DataFrame is answered by the id of its query."""
    from snowflake.snowpark import DataFrame, Session

    session = Session.builder.configs(header["connection"]).create()
    try:
        answer = _handler(header)(session, *rows(table, header["kinds"])[0])
        if isinstance(answer, DataFrame):
            job = answer.collect_nowait()
            job.result("no_result")
            return [json.dumps({"query_id": job.query_id})]
        return [json.dumps({"value": json.loads(written(answer))})]
    finally:
        session.close()


MODES: dict[str, Callable[[dict[str, Any], Any], list[str]]] = {
    "scalar": scalar,
    "partitions": partitions,
    "groups": groups,
    "procedure": procedure,
}
