"""Answers that Snowflake gives where DuckDB alone gives others, or an error."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest

from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import COVERAGE_PAGE, SnowflakeError


def _nullable(session: Session, query: str) -> list[bool]:
    return [column.nullable for column in session.execute(query).columns]


def test_columns_of_literals_are_nullable_only_with_null_among_them(session: Session) -> None:
    """What Snowpark's create_dataframe shows as schema: NULL can occur where a row has it."""
    query = "select $1 a, $2 b from values (1::int, 'x'::string), (2::int, null::string)"
    assert _nullable(session, query) == [False, True]
    assert _nullable(session, "select true, 1 + 1, try_cast('a' as int), iff(true, 1, null)") == [
        False,
        False,
        True,
        True,
    ]


def test_generated_values_are_of_their_width_and_never_null(session: Session) -> None:
    """SEQ4 has ten digits; neither it nor RANDSTR is nullable; a table made of them takes NULL all the same."""
    query = "select seq4() n, randstr(3, random()) s from table(generator(rowcount => 3))"
    assert [(column.precision, column.nullable) for column in session.execute(query).columns] == [
        (10, False),
        (None, False),
    ]
    session.execute(f"create table made as {query}")
    session.execute("insert into made values (null, null)")
    assert session.rows("select count(*), count(n) from made") == [(4, 3)]


def test_update_counts_rows_that_join_several(session: Session) -> None:
    """The second number is of the rows that had more than one row to take their values from."""
    session.execute("create table t as select column1 id, column2 v from values (1, 0), (2, 0)")
    session.execute("create table u as select column1 id, column2 v from values (1, 10), (1, 11), (2, 20)")
    assert session.rows("update t set v = u.v from u where t.id = u.id") == [(2, 1)]
    assert session.rows("update t set v = 0") == [(2, 0)]


def test_merge_of_a_row_with_several_is_snowflakes_error(session: Session) -> None:
    """A merge that cannot say which row wins is refused."""
    session.execute("create table t as select 1 id, 0 v")
    with pytest.raises(SnowflakeError, match="Duplicate row detected") as caught:
        session.execute(
            "merge into t using (select column1 id, column2 v from values (1, 10), (1, 11)) u on t.id = u.id "
            "when matched then update set v = u.v"
        )
    assert caught.value.errno == 100090


def test_positions_name_columns_of_values_and_of_tables(session: Session) -> None:
    """``"$1"`` over VALUES and ``t.$2`` of a table are columns by their place."""
    session.execute("create table t as select 1 a, 2 b")
    assert session.rows('select "$2" from values (1, 2)') == [(2,)]
    assert session.rows("select x.$2, y.$1 from t x join t y on x.a = y.a") == [(2, 1)]


@pytest.mark.parametrize(
    "query",
    [
        "select * from values (1) match_recognize (order by column1 measures count(*) c pattern (a) define a as true)",
        "select [1, 2]::vector(float, 2)",
        "select to_geography('POINT(1 2)')",
        "select h3_latlng_to_cell(1, 2, 3)",
    ],
)
def test_what_is_snowflakes_and_not_here_names_the_page(session: Session, query: str) -> None:
    """Valid on Snowflake and unknown here is no syntax error."""
    with pytest.raises(SnowflakeError, match=COVERAGE_PAGE):
        session.rows(query)


def test_show_as_resource_gives_documents(session: Session) -> None:
    """One JSON document a row, as Snowpark's catalog reads them."""
    session.execute("create table t (a int)")
    rows = session.rows(f"show as resource tables like 'T' in emulator.{session.schema}")
    found = json.loads(rows[0][0])
    assert (found["name"], found["kind"], found["rows"]) == ("T", "PERMANENT", 0)


def test_show_as_resource_of_a_view_has_its_columns_and_query(session: Session) -> None:
    """Snowpark's catalog reads no view without them."""
    session.execute("create view seen as select 1 as n, 'x' as t")
    rows = session.rows(f"show as resource views like 'SEEN' in emulator.{session.schema}")
    document = json.loads(str(rows[0][0]))
    assert [column["name"] for column in document["columns"]] == ["N", "T"]
    assert "select 1 as n" in document["query"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select '1' + 1, '2' * '3', a + 1 from (select '4' a)", (2, 6, 5)),
        ("select coalesce(a, b), greatest(a, b), iff(true, a, b) from (select '5' a, 7 b)", (5, 7, 5)),
        ("select min(v), max(v) from (select parse_json(column1) v from values ('10'), ('9'), ('2'))", ("2", "10")),
        ("select parse_json('9') < parse_json('10'), parse_json('1') = parse_json('1.0')", (True, True)),
        ("select count(*) from dual", (1,)),
        (
            "select max(s) from (select sum(v) over "
            "(order by d range between interval '1 day' preceding and current row) s "
            "from values ('2023-01-01', 1), ('2023-01-02', 2), ('2023-01-05', 4) t(d, v))",
            (4,),
        ),
        ("select * from ((select 1 a) l inner join (select 2 b) r)", (1, 2)),
        ("select * from ((select 1 a) l join (select 2 b) r)", (1, 2)),
        ("select value from table(flatten(input => parse_json('[{\"a\":[7]}]'), path => '[0].a'))", ("7",)),
        ("select listagg(a, ',') from values ('x') v(a) where false", ("",)),
        ("select to_timestamp(31536000000), to_timestamp('31536000000')", (datetime(2969, 5, 3), datetime(1971, 1, 1))),
        ("select object_construct('t', '2024-01-01'::timestamp)", ('{"t":"2024-01-01 00:00:00.000"}',)),
        ("select trunc(a, s), round(a, -s) from values (155.456, 1) v(a, s)", (155.4, 160)),
        ("select array_to_string([1, null, 'x', [2]], d) from values ('-') v(d)", ("1--x-[2]",)),
        ("select get_path(parse_json(a), b) from values ('{\"x\":{\"y\":[1,2]}}', 'x.y[1]') v(a, b)", ("2",)),
        ("select to_double(parse_json('true')), to_decimal(true), to_decimal(null::boolean)", (1.0, 1, None)),
        ("select try_parse_json('{'), parse_json('{a: ''b''}')", (None, '{"a":"b"}')),
        ("select array_to_string(array_slice(strtok_to_array('a.b.c', '.'), 0, 2), '.')", ("a.b",)),
        ("select object_construct_keep_null(k, v) from values (null, 1) t(k, v)", ("{}",)),
        ("select dateadd('nsec', 1000, '2020-08-01'::timestamp_ntz)", (datetime(2020, 8, 1, 0, 0, 0, 1),)),
    ],
)  # fmt: skip
def test_value_is_snowflakes(session: Session, query: str, expected: tuple[Any, ...]) -> None:
    """One row, with Snowflake's coercions and kinds."""
    row = session.rows(query)[0]
    assert [float(value) if isinstance(want, float) else value for value, want in zip(row, expected, strict=True)] == [
        *expected
    ]


def test_times_are_read_by_formats_of_a_column(session: Session) -> None:
    """Each row has its own format."""
    source = "from values ('2024/02/01', 'YYYY/MM/DD'), ('01-Mar-2024', 'DD-MON-YYYY') v(a, b)"
    assert session.rows(f"select to_date(a, b) {source}") == [(date(2024, 2, 1),), (date(2024, 3, 1),)]
    assert session.rows("select to_char('2024-02-01 13:02:03.456'::timestamp, 'HH12:MI AM, FF2')") == [
        ("01:02 PM, 45",)
    ]
    with pytest.raises(SnowflakeError, match="Can't parse"):
        session.rows("select to_timestamp('x', f) from values ('YYYY') v(f)")
    assert session.rows("select try_to_timestamp('x', f) from values ('YYYY') v(f)") == [(None,)]


def test_variants_in_order_are_numbers_by_size_before_texts(session: Session) -> None:
    """Digits do not decide."""
    rows = session.rows("select value from table(flatten([10, 'b', 9, 'a', 2])) order by value")
    assert [value for (value,) in rows] == ["2", "9", "10", '"a"', '"b"']


def test_asof_join_with_using_merges_the_columns(session: Session) -> None:
    """As Snowpark writes it; every left row stays."""
    rows = session.rows(
        "select * from (select column1 c, column2 x from values (1, 15), (2, 1)) l "
        "asof join (select 1 c, 14 y) r match_condition (x >= y) using (c) order by c"
    )
    assert rows == [(1, 15, 14), (2, 1, None)]


def test_window_in_where_is_refused(session: Session) -> None:
    """Only SELECT, QUALIFY and ORDER BY take windows."""
    with pytest.raises(SnowflakeError, match="outside of SELECT, QUALIFY, and ORDER BY clauses"):
        session.rows("select a from values (1) v(a) where rank() over (order by a) = 1")


@pytest.mark.parametrize("call", ["regexp_substr('a', '(b')", "regexp_count('a', '+a', 1, 'i')", "'a' regexp '+a'"])
def test_pattern_that_is_none_is_snowflakes_error(session: Session, call: str) -> None:
    """Whoever reads the pattern, DuckDB or Python, the error is one."""
    with pytest.raises(SnowflakeError, match="Invalid regular expression") as caught:
        session.rows(f"select {call}")
    assert caught.value.errno == 100048
