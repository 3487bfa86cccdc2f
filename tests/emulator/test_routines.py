"""Functions and procedures that users create, in SQL and in Python, and blocks of Snowflake Scripting."""

from __future__ import annotations

import datetime
import json

import pytest

from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.statement import split

WORDS = """create function words(line varchar) returns table (word varchar, n int)
language python runtime_version = 3.11 handler = 'Words' as $$
class Words:
    def __init__(self):
        self.seen = 0
    def process(self, line):
        for word in line.split():
            self.seen += 1
            yield (word, self.seen)
    def end_partition(self):
        yield ('all', self.seen)
$$"""
LINES = "(select 1 as k, 'b c' as line union all select 1, 'a' union all select 2, 'd')"


def python(name: str, arguments: str, returns: str, body: str) -> str:
    """A function in Python whose handler is ``f``."""
    head = f"create function {name}({arguments}) returns {returns} language python runtime_version = '3.11'"
    return f"{head} handler = 'f' as $$\n{body}\n$$"


def test_sql_function_stands_for_its_expression(session: Session) -> None:
    """Arguments are cast to their types, functions call functions, a query is a scalar subquery."""
    session.execute("create function add1(x int) returns int as 'x + 1'")
    session.execute("create function twice(x int, y int default 0) returns number(10, 2) as $$ add1(x) * 2 + y $$")
    session.execute("create function most() returns int as 'select max(column1) from values (1), (7)'")
    assert session.rows("select twice(2), twice(y => 1, x => 2), most(), add1(column1) from values (3)") == [
        (6, 7, 7, 4)
    ]


def test_sql_table_function_gives_rows_for_each_row_beside_it(session: Session) -> None:
    """TABLE(f(column)) is joined laterally."""
    session.execute(
        "create function upto(n int) returns table (i int) as "
        "'select column1 from values (1), (2), (3) where column1 <= n'"
    )
    assert session.rows("select * from table(upto(2)) order by 1") == [(1,), (2,)]
    query = "select t.n, u.i from (select 1 as n union all select 2) t, table(upto(t.n)) u order by 1, 2"
    assert session.rows(query) == [(1, 1), (2, 1), (2, 2)]


def test_function_that_calls_itself_is_refused(session: Session) -> None:
    """A body in the place of a call would never end."""
    session.execute("create function r(x int) returns int as 'r(x)'")
    with pytest.raises(SnowflakeError, match="recursive"):
        session.execute("select r(1)")


def test_python_function_takes_and_gives_sql_values(session: Session) -> None:
    """NULL is None, VARIANT is a Python value, a date comes back as a DATE."""
    session.execute(python("plus", "a int, b int", "int", "def f(a, b): return None if a is None else a + b"))
    session.execute(python("wrap", "a variant", "variant", "def f(a): return {'got': a}"))
    session.execute(python("leap", "", "date", "import datetime\ndef f(): return datetime.date(2024, 2, 29)"))
    assert session.rows("select plus(column1, 10) from values (1), (null)") == [(11,), (None,)]
    ((wrapped, day),) = session.rows("select wrap(array_construct(1, 'x')), leap()")
    assert json.loads(wrapped) == {"got": [1, "x"]}
    assert day == datetime.date(2024, 2, 29)


def test_python_function_that_raises_shows_its_traceback(session: Session) -> None:
    """Errno 100357 with the user's own frames."""
    session.execute(python("bad", "a int", "int", "def f(a): raise ValueError('no ' + str(a))"))
    with pytest.raises(SnowflakeError, match="ValueError: no 3") as caught:
        session.execute("select bad(3)")
    assert caught.value.errno == 100357


def test_python_table_function_keeps_state_within_a_partition(session: Session) -> None:
    """Rows of process stand beside their own row; those of end_partition have the partition's columns alone."""
    session.execute(WORDS)
    query = f"select t.*, w.* from {LINES} t, table(words(t.line) over (partition by t.k order by t.line)) w"
    assert sorted(session.rows(query), key=str) == sorted(
        [(1, "a", "a", 1), (1, "b c", "b", 2), (1, "b c", "c", 3), (1, None, "all", 3), (2, "d", "d", 1),
         (2, None, "all", 1)],
        key=str,
    )  # fmt: skip
    assert session.rows("select word from table(words('x y'))") == [("x",), ("y",), ("all",)]


def test_python_aggregate_works_in_groups_and_windows(session: Session) -> None:
    """Accumulate for each row, finish for each group."""
    session.execute(
        "create aggregate function total(a int) returns int language python runtime_version = 3.11 "
        "handler = 'T' as $$\n"
        "class T:\n    def __init__(self): self.s = 0\n    def accumulate(self, a): self.s += a\n"
        "    def merge(self, other): self.s += other\n    def finish(self): return self.s\n$$"
    )
    rows = "from values (1, 2), (1, 3), (2, 5)"
    assert session.rows(f"select column1, total(column2) {rows} group by 1 order by 1") == [(1, 5), (2, 5)]
    assert session.rows(f"select total(column2) over (partition by column1) {rows}") == [(5,), (5,), (5,)]


def test_routines_are_shown_described_and_dropped(session: Session) -> None:
    """By name and signature; a dropped one is unknown."""
    session.execute("create function g(x int) returns varchar as $$ 'a' $$")
    session.execute("create function g(x varchar) returns varchar as $$ 'b' $$")
    assert [row[8] for row in session.rows("show user functions like 'G'")] == [
        "G(NUMBER) RETURN VARCHAR",
        "G(VARCHAR) RETURN VARCHAR",
    ]
    assert session.rows("select g(1), g('1')") == [("a", "b")]
    assert dict(session.rows("describe function g(int)"))["returns"] == "VARCHAR(16777216)"
    session.execute("drop function g(int)")
    with pytest.raises(SnowflakeError) as caught:
        session.execute("drop function g(int)")
    assert caught.value.errno == 2003


def test_procedure_in_sql_changes_tables_and_returns_a_value(session: Session) -> None:
    """Arguments are variables; :name in statements, name alone in expressions."""
    session.execute("create table t (a int, b varchar)")
    session.execute(
        "create procedure put(n int, name varchar) returns varchar language sql as $$\nbegin\n"
        "  insert into t select :n, :name;\n  let c := (select count(*) from t where a = :n);\n"
        "  return name || c || sqlrowcount;\nend\n$$"
    )
    assert session.rows("call put(5, 'five')") == [("five11",)]
    assert session.rows("select * from t") == [(5, "five")]


def test_procedure_returns_a_table(session: Session) -> None:
    """RETURN TABLE(result set), by CALL and in TABLE(...)."""
    session.execute(
        "create procedure two() returns table (a int) language sql as "
        "declare r resultset default (select column1 as a from values (1), (2)); begin return table(r); end"
    )
    assert session.rows("call two()") == [(1,), (2,)]
    assert session.rows("select sum(a) from table(two())") == [(3,)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("begin let x int := 3; if (x > 5) then return 1; elseif (x = 3) then return 2; else return 3; end if; end", 2),
        ("declare t int default 0; c cursor for select column1 as v from values (4), (6); "
         "begin for r in c do t := t + r.v; end for; return t; end", 10),
        ("begin let t := 0; for i in reverse 1 to 4 do if (i = 2) then continue; end if; t := t * 10 + i; end for; "
         "return t; end", 431),
        ("begin let i := 0; while (true) do i := i + 1; if (i = 7) then break; end if; end while; return i; end", 7),
        ("begin let i := 0; repeat i := i + 10; until (i > 25) end repeat; return i; end", 30),
        ("begin let x := 'b'; case (x) when 'a' then return 1; when 'b' then return 2; end case; end", 2),
        ("declare a int; c cursor for select column1 from values (8), (9); "
         "begin open c; fetch c into a; fetch c into a; close c; return a; end", 9),
        ("begin let s := 'select ? * 2'; let n := 21; let r resultset := (execute immediate :s using (n)); "
         "for x in r do return 42; end for; end", 42),
        ("begin begin select 1/0; exception when statement_error then return sqlcode; end; end", 100051),
        ("declare e exception (-20003, 'mine'); begin raise e; exception when e then return sqlerrm; end", "mine"),
        ("begin null; end", None),
    ],
)  # fmt: skip
def test_script_runs_as_documented(session: Session, script: str, expected: object) -> None:
    """Branches, loops, cursors, dynamic SQL and handlers of Snowflake Scripting."""
    assert session.rows(script) == [(expected,)]
    assert session.rows("execute immediate $$" + script + "$$") == [(expected,)]


def test_exception_that_nothing_handles_is_named_with_its_place(session: Session) -> None:
    """Its own number, and sqlstate P0001."""
    with pytest.raises(SnowflakeError, match="Uncaught exception of type 'E1' on line 1") as caught:
        session.execute("declare e1 exception (-20002, 'raised'); begin raise e1; end")
    assert (caught.value.errno, caught.value.sqlstate) == (-20002, "P0001")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("select 1; begin let x := 1; return x; end; select 2", 3),
        ("create procedure p() returns int as begin return 1; end; select 3;", 2),
        (
            "declare x int; begin x := 1; case when x = 1 then return 1; end case; if (x = 1) then null; end if; end",
            1,
        ),
        ("begin; select 1; commit", 3),
        ("begin transaction; select case when 1 = 1 then 2 end; commit", 3),
        ("create procedure p() returns int as declare a int; begin begin return 2; end; end; select 4", 2),
    ],
)
def test_splitting_keeps_a_block_whole(text: str, count: int) -> None:
    """Semicolons within a block end no statement."""
    assert len(split(text)) == count


def test_anonymous_procedure_lives_for_one_call(session: Session) -> None:
    """WITH ... AS PROCEDURE ... CALL: bound arguments, the answer; afterwards there is no such procedure."""
    sql = "with twice as procedure (n int) returns int language sql as $$ begin return n * 2; end $$ call twice(?)"
    assert session.rows(sql, [21]) == [(42,)]
    with pytest.raises(SnowflakeError):
        session.execute("call twice(1)")


def test_procedure_with_too_few_arguments_says_what_it_takes(session: Session) -> None:
    """1044, by which clients know it."""
    session.execute("create procedure p(a int) returns int language sql as 'begin return a; end'")
    with pytest.raises(SnowflakeError, match="it takes") as caught:
        session.execute("call p()")
    assert caught.value.errno == 1044
