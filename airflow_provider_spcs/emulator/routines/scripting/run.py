"""The interpreter of scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.deviations import deviates
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.result import Result
from airflow_provider_spcs.emulator.routines.scripting import nodes
from airflow_provider_spcs.emulator.routines.scripting.parse import parse
from airflow_provider_spcs.emulator.routines.scripting.variables import Value, bound, of_row

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.routines.scripting.nodes import Node

_OTHER = "OTHER"
_NEVER_CAUGHT = 604
"""Cancelled."""
_ASYNC = re.compile(r"\A\s*ASYNC\s*\((.*)\)\s*\Z", re.IGNORECASE | re.DOTALL)
_PLACE = re.compile(r"(?<![\w:\]]):(\d+)\b")


@dataclass
class Rows:
    """What a cursor or a result set holds; ``at`` counts the rows that were fetched."""

    query: str = ""
    columns: list[Any] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    at: int = 0


class _Returned(Exception):  # noqa: N818 - no error: the way out of any depth
    def __init__(self, value: Any) -> None:
        self.value = value


class _Left(Exception):  # noqa: N818 - no error: the way out of a loop
    def __init__(self, leave: nodes.Leave) -> None:
        self.leave = leave


class ScriptError(SnowflakeError):
    """An exception inside a script, by the name that handlers know it by."""

    def __init__(self, name: str, cause: SnowflakeError, node: Node) -> None:
        super().__init__(
            f"Uncaught exception of type '{name}' on line {node.line} at position {node.position} : {cause.message}",
            cause.errno,
            cause.sqlstate,
        )
        self.name, self.cause = name, cause


def run_script(session: Session, text: str, arguments: dict[str, Value] | None = None) -> Value | Result:
    """Run a block; what it returns: a value, or the rows of a table.

    Raises:
        SnowflakeError: What nothing in the script handles.
    """
    script = Script(session, dict(arguments or {}))
    try:
        script.block(parse(text))
    except _Returned as returned:
        found: Value | Result = returned.value
        return found
    return Value()


class Script:
    """A script at work.

    Args:
        session: Whose statements it runs.
        scope: Its variables.
    """

    def __init__(self, session: Session, scope: dict[str, Value]) -> None:
        self._session = session
        self.scope = scope
        self._types: dict[str, str] = {}
        self._rows: dict[str, Rows] = {}
        self._failures: dict[str, nodes.Failure] = {}
        self._handled: ScriptError | None = None
        self._rules: dict[type, Callable[[Any], None]] = {
            nodes.Block: self.block,
            nodes.Let: self._let,
            nodes.Cursor: self._cursor,
            nodes.ResultSet: self._resultset,
            nodes.Failure: self._failure,
            nodes.If: self._if,
            nodes.Loop: self._loop,
            nodes.For: self._for,
            nodes.Leave: self._leave,
            nodes.Return: self._return,
            nodes.Raise: self._raise,
            nodes.Fetch: self._fetch,
            nodes.Sql: self._sql,
        }

    def block(self, block: nodes.Block) -> None:
        """Run a block, its handlers at hand."""
        try:
            self._all(block.declared)
            self._all(block.body)
        except ScriptError as error:
            handler = next((body for names, body in block.handlers if _handles(names, error)), None)
            if handler is None:
                raise
            before, self._handled = self._handled, error
            said = {"SQLERRM": error.cause.message, "SQLSTATE": error.cause.sqlstate, "SQLCODE": error.cause.errno}
            self.scope.update({name: Value(value) for name, value in said.items()})
            self._all(handler)
            self._handled = before

    def _all(self, body: Sequence[Node]) -> None:
        for node in body:
            if self._session.cancelled.is_set():
                raise SnowflakeError("SQL execution canceled", _NEVER_CAUGHT, "57014")
            try:
                self._rules[type(node)](node)
            except ScriptError:
                raise
            except SnowflakeError as error:
                if error.errno == _NEVER_CAUGHT:
                    raise
                kind = "STATEMENT_ERROR" if isinstance(node, nodes.Sql | nodes.ResultSet) else "EXPRESSION_ERROR"
                raise ScriptError(kind, error, node) from error

    def evaluate(self, text: str, kind: str = "") -> Value:
        """The value of an expression."""
        sql, values = bound(text, self.scope, bare=True)
        result = self._session.execute(f"SELECT CAST({sql} AS {kind})" if kind else f"SELECT {sql}", values)
        return _first(result)

    def _let(self, node: nodes.Let) -> None:
        if node.name in self._rows and node.value:
            self._rows[node.name] = self._query(node.value)
            return
        if node.new:
            self._types[node.name] = node.type
        elif node.name not in self.scope:
            raise SnowflakeError(
                f"SQL compilation error:\ninvalid identifier '{node.name}'", 904, "42000", line=node.line
            )
        self.scope[node.name] = self.evaluate(node.value, self._types.get(node.name, "")) if node.value else Value()

    def _cursor(self, node: nodes.Cursor) -> None:
        self._rows[node.name] = Rows(query=node.query)

    def _resultset(self, node: nodes.ResultSet) -> None:
        self._rows[node.name] = self._query(node.query) if node.query else Rows()

    def _failure(self, node: nodes.Failure) -> None:
        self._failures[node.name] = node

    def _if(self, node: nodes.If) -> None:
        for condition, body in node.branches:
            if not condition or self.evaluate(condition).content is True:
                self._all(body)
                return

    def _loop(self, node: nodes.Loop) -> None:
        while not node.before or self.evaluate(node.before).content is True:
            if not self._round(node.body, node.label):
                return
            if node.after and self.evaluate(node.after).content is True:
                return

    def _for(self, node: nodes.For) -> None:
        outer = self.scope.get(node.name)
        for value in self._values(node):
            self.scope[node.name] = value
            if not self._round(node.body, node.label):
                break
        self.scope.pop(node.name, None)
        if outer is not None:
            self.scope[node.name] = outer

    def _values(self, node: nodes.For) -> Iterator[Value]:
        if node.last:
            first, last = int(self.evaluate(node.source).content), int(self.evaluate(node.last).content)
            numbers = range(first, last + 1)
            yield from (Value(number, "FIXED") for number in (reversed(numbers) if node.reverse else numbers))
            return
        name = node.source.strip().upper()
        rows = self._rows.get(name)
        if rows is None:
            rows = self._query(node.source)
        elif rows.query and not rows.columns:
            rows = self._query(rows.query)
        yield from (of_row(rows.columns, row) for row in rows.rows)

    def _round(self, body: list[Node], label: str) -> bool:
        """One pass of a loop; whether there may be another."""
        try:
            self._all(body)
        except _Left as left:
            if left.leave.label and left.leave.label != label:
                raise
            return left.leave.again
        return True

    def _leave(self, node: nodes.Leave) -> None:
        raise _Left(node)

    def _return(self, node: nodes.Return) -> None:
        if not node.table:
            raise _Returned(self.evaluate(node.value) if node.value else Value())
        name = node.value.strip().upper()
        if name.startswith("RESULTSET_FROM_CURSOR"):
            name = name.partition("(")[2].rstrip(") ")
        rows = self._rows.get(name) or self._query(f"SELECT * FROM TABLE({node.value})")
        if rows.query and not rows.columns:
            rows = self._query(rows.query)
        raise _Returned(Result(rows.columns, list(rows.rows)))

    def _raise(self, node: nodes.Raise) -> None:
        if not node.name and self._handled is not None:
            raise self._handled
        failure = self._failures.get(node.name)
        if failure is None:
            raise SnowflakeError(f"SQL compilation error:\nException '{node.name}' is not declared.", 2003, "02000")
        raise ScriptError(node.name, SnowflakeError(failure.message, failure.number, "P0001"), node)

    def _fetch(self, node: nodes.Fetch) -> None:
        rows = self._rows.get(node.cursor)
        if rows is None:
            raise SnowflakeError(f"SQL compilation error:\nCursor '{node.cursor}' is not declared.", 2003, "02000")
        if node.action == "OPEN":
            self._rows[node.cursor] = self._query(rows.query, [self.evaluate(text).content for text in node.using])
            self._rows[node.cursor].query = rows.query
        elif node.action == "CLOSE":
            self._rows[node.cursor] = Rows(query=rows.query)
        else:
            row = rows.rows[rows.at] if rows.at < len(rows.rows) else (None,) * len(node.names)
            rows.at += 1
            for name, value, column in zip(node.names, row, rows.columns, strict=False):
                self.scope[name] = Value(value, column.type)

    def _sql(self, node: nodes.Sql) -> None:
        if node.text.split(None, 1)[0].upper() == "AWAIT":
            return  # what it waits for has run
        result = self._execute(node.text)
        if node.into:
            columns, rows = list(result.columns), _all_rows(result)
            if len(rows) > 1:
                raise SnowflakeError("A SELECT INTO statement expects exactly 1 returned row.", 100_132, "P0000")
            row = rows[0] if rows else (None,) * len(columns)
            for name, value, column in zip(node.into, row, columns, strict=False):
                self.scope[name] = Value(value, column.type)
            return
        self._counted(result)

    def _counted(self, result: Result) -> None:
        rows = _all_rows(result)
        dml = bool(result.columns) and result.columns[0].name.startswith("number of rows")
        count = sum(int(value) for value in rows[0]) if dml and rows else len(rows)
        self.scope["SQLROWCOUNT"] = Value(count, "FIXED")
        self.scope["SQLFOUND"] = Value(count > 0, "BOOLEAN")
        self.scope["SQLNOTFOUND"] = Value(count == 0, "BOOLEAN")

    def _query(self, text: str, values: Sequence[Any] = ()) -> Rows:
        text = text.strip()
        if text.upper() in self._rows:  # a cursor for a result set
            return Rows(columns=self._rows[text.upper()].columns, rows=self._rows[text.upper()].rows)
        while text.startswith("(") and text.endswith(")"):
            text = text[1:-1].strip()
        result = self._execute(text, values)
        return Rows(columns=list(result.columns), rows=_all_rows(result))

    def _execute(self, text: str, given: Sequence[Any] = ()) -> Result:
        text = _ASYNC.sub(r"\1", text)
        words = text.split(None, 2)
        if [word.upper() for word in words[:2]] == ["EXECUTE", "IMMEDIATE"]:
            return self._immediate(words[2])
        sql, values = bound(text, self.scope, bare=False)
        return self._session.execute(sql, [*values, *given])

    def _immediate(self, text: str) -> Result:
        statement, _, using = _last_using(text)
        values = [self.evaluate(part).content for part in using]
        sql = str(self.evaluate(statement).content)
        return self._session.execute(*_numbered(sql, values))


def _numbered(sql: str, values: list[Any]) -> tuple[str, list[Any]]:
    """A statement with ``?`` for ``:1``, ``:2`` and so on, and the values in that order."""
    places = [found for found in _PLACE.finditer(sql) if int(found[1]) <= len(values)]
    if not places:
        return sql, values
    return _PLACE.sub("?", sql), [values[int(found[1]) - 1] for found in places]


def _last_using(text: str) -> tuple[str, str, list[str]]:
    """``statement USING (a, b)`` in its parts."""
    from airflow_provider_spcs.emulator.routines.scripting.parse import Parser
    from airflow_provider_spcs.emulator.statement import Statement

    parser = Parser(Statement.parse(text))
    statement, found = parser.text({"USING"}), []
    if parser.at.accept("USING", "("):
        while not parser.at.accept(")"):
            found.append(parser.text({",", ")"}))
            parser.at.accept(",")
    return statement, "USING", found


def _handles(names: list[str], error: ScriptError) -> bool:
    return error.name in names or _OTHER in names


def _first(result: Result) -> Value:
    rows = _all_rows(result)
    return Value(rows[0][0], result.columns[0].type) if rows else Value()


def _all_rows(result: Result) -> list[tuple[Any, ...]]:
    from airflow_provider_spcs.emulator.engine.query import all_rows

    return all_rows(result)


deviates(
    "routines", "ASYNC statements of a script run one after another, when they are met; AWAIT has nothing to wait for."
)
