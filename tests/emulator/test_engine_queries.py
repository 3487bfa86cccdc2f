"""Queries: values, names and types as Snowflake returns them."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal

import pytest

from airflow_provider_spcs.emulator.engine.session import Session


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("select 1 as a", "A"),
        ('select 1 as "a"', "a"),
        ("select count(*) from (values (1))", "COUNT(*)"),
        ("select 1+1", "1+1"),
        ("select current_date", "CURRENT_DATE"),
        ("select ?", "?"),
        ("select t.x from (select 1 as x) t", "X"),
    ],
)
def test_column_without_alias_is_named_by_its_text(session: Session, sql: str, name: str) -> None:
    """Snowflake names an expression by its text in upper case; a quoted alias keeps its case."""
    assert [column.name for column in session.execute(sql, [1]).columns] == [name]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1/3", Decimal("0.333333")),
        ("7/2", Decimal("3.500000")),
        ("div0(1, 0)", Decimal("0.000000")),
        ("iff(1 > 0, 'y', 'n')", "y"),
        ("array_construct('a', 'b')[0]::string", "a"),
        ("array_construct(1, 2)[2]", None),
        ('parse_json(\'{"a":{"b":[1,2]}}\'):a.b[1]::int', 2),
        ("get(array_construct(5, 6), 1)::int", 6),
        ("split('a,b', ',')[1]::string", "b"),
        ("dateadd(day, 1, '2024-01-31'::date)", datetime.date(2024, 2, 1)),
        ("add_months('2024-01-31'::date, 1)", datetime.date(2024, 2, 29)),
        ("datediff(month, '2024-01-31'::date, '2024-02-01'::date)", 1),
        ("to_char('2024-01-31'::date, 'YYYYMMDD')", "20240131"),
        ("to_timestamp(1700000000)", datetime.datetime(2023, 11, 14, 22, 13, 20)),
        ("'2024-01-31 10:00:00'::timestamp_ntz::varchar", "2024-01-31 10:00:00.000"),
        ("1.0::float::varchar", "1"),
        ("width_bucket(5, 0, 10, 5)", 3),
        ("zeroifnull(null)", 0),
        ("99999999999999999999999999999999999999::number(38, 0)", 10**38 - 1),
        ("$$it's$$", "it's"),
        ("'it\\'s'", "it's"),
        ("listagg(column1, '-') within group (order by column1 desc)", "3-2-1"),
        ("median(column1)", 2.0),
    ],
)
def test_expression_gives_snowflakes_value(session: Session, expression: str, expected: object) -> None:
    """A function means what Snowflake's documentation says, not what DuckDB's of that name does."""
    assert session.rows(f"select {expression} from values (1), (2), (3) limit 1")[0][0] == expected or (
        session.rows(f"select {expression} from values (1), (2), (3)") == [(expected,)]
    )


def test_object_construct_with_null_drops_the_key(session: Session) -> None:
    """OBJECT_CONSTRUCT leaves out keys whose value is NULL."""
    assert json.loads(session.rows("select object_construct('a', 1, 'b', null)")[0][0]) == {"a": 1}


def test_variant_compared_with_text_compares_its_string(session: Session) -> None:
    """A VARIANT string equals the same text without JSON quotes."""
    session.execute('create table t as select parse_json(\'{"k":"v"}\') as o')
    assert session.rows("select count(*) from t where o:k = 'v' and o['k'] in ('v')") == [(1,)]


def test_flatten_of_array_yields_value_and_index(session: Session) -> None:
    """LATERAL FLATTEN gives one row for each element, its index from 0."""
    session.execute("create table t as select 1 as id, array_construct('x', 'y') as v")
    rows = session.rows("select id, f.index, f.value::string from t, lateral flatten(input => v) f order by f.index")
    assert rows == [(1, 0, "x"), (1, 1, "y")]


def test_flatten_outer_of_empty_array_keeps_the_row(session: Session) -> None:
    """OUTER => TRUE keeps rows without elements."""
    session.execute("create table t as select 1 as id, array_construct() as v")
    assert session.rows("select id, f.value from t, lateral flatten(input => v, outer => true) f") == [(1, None)]


def test_columns_of_table_keep_declared_types(session: Session) -> None:
    """A column read from a table has the declared type, length, precision and scale."""
    session.execute(
        "create table t (a number(10,2), b varchar(7), c array, d object, e timestamp_tz, f number(5), g float, "
        "h variant)"
    )
    found = [(c.type, c.precision, c.scale, c.length) for c in session.execute("select * from t").columns]
    assert found[0] == ("FIXED", 10, 2, None)
    assert found[1] == ("TEXT", None, None, 7)
    assert [kind for kind, *_ in found[2:]] == ["ARRAY", "OBJECT", "TIMESTAMP_TZ", "FIXED", "REAL", "VARIANT"]
    assert found[5] == ("FIXED", 5, 0, None)


def test_binds_of_every_type_arrive_as_given(session: Session) -> None:
    """Bound values keep their type and content."""
    given = ['it\'s \\ "q"', 1, Decimal("1.50"), True, None, datetime.date(2024, 1, 2), b"\x00\xff"]
    assert list(session.rows("select ?, ?, ?, ?, ?, ?, ?", given)[0]) == given


def test_positional_columns_of_values_are_found(session: Session) -> None:
    """``$1`` names the first column of a VALUES source."""
    assert session.rows("select $2, $1 from values (1, 'a')") == [("a", 1)]


def test_session_variable_in_query_has_its_value(session: Session) -> None:
    """SET gives ``$name`` a value that later statements see."""
    session.execute("set x = 41")
    assert session.rows("select $x + 1") == [(42,)]


@pytest.mark.parametrize(
    "sql", ["select * from read_csv('/etc/passwd')", "select * from '/etc/passwd'", "select * from duckdb_tables()"]
)
def test_duckdb_functions_are_not_reachable(session: Session, sql: str) -> None:
    """What is no Snowflake function is refused, above all what reads the host's files."""
    from airflow_provider_spcs.emulator.errors import SnowflakeError

    with pytest.raises(SnowflakeError):
        session.execute(sql)


@pytest.mark.parametrize(
    ("sql", "nullable"),
    [
        ("select a, b from n", [False, True]),
        ("select * from n", [False, True]),
        ("select q.a as c from (select * from n) q", [False]),
        ("with q as (select a from n) select * from q", [False]),
        ("select 1, 'x', null", [False, False, True]),
        ("select l.a, r.a from n l left join n r on l.a = r.a", [True, True]),
        ("select max(a), (select a from n limit 1) from n", [True, True]),
        ("select a, count(b) from n group by rollup(a)", [True, True]),
    ],
)
def test_column_that_cannot_be_null_says_so(session: Session, sql: str, nullable: list[bool]) -> None:
    """NOT NULL columns and literals are not nullable, unless a join or an aggregate may make them NULL."""
    session.execute("create table n (a int not null, b int)")
    assert [column.nullable for column in session.execute(sql).columns] == nullable


def test_name_with_an_empty_schema_is_in_public(session: Session) -> None:
    """``db..name`` means the schema PUBLIC, in queries and in other statements."""
    session.execute("create or replace table EMULATOR..DOTS as select 1 as a")
    assert session.rows("select a from EMULATOR..DOTS") == [(1,)]
    session.execute("drop table EMULATOR.PUBLIC.DOTS")


def test_schema_altered_without_a_name_is_the_current_one(session: Session) -> None:
    """ALTER SCHEMA SET, as Snowpark's users write it."""
    session.execute("alter schema set comment = 'mine'")
    shown = session.rows(f"show schemas like '{session.schema}'")
    assert "mine" in shown[0]


def test_array_agg_over_a_window_is_an_array_for_each_row(session: Session) -> None:
    """With and without WITHIN GROUP; NULL is left out."""
    query = "select array_agg(column2) within group (order by column2) over (partition by column1) from {}"
    rows = session.rows(query.format("values (1, 3), (1, 2), (1, null)"))
    assert [json.loads(row[0]) for row in rows] == [[2, 3]] * 3


def test_keys_of_a_table_are_shown_as_said(session: Session) -> None:
    """SHOW PRIMARY KEYS by column; what cannot be made here has no rows but the documented columns."""
    session.execute("create table keyed (a int, b int, primary key (a, b))")
    assert [row[4:6] for row in session.rows("show primary keys in table keyed")] == [("A", 1), ("B", 2)]
    assert session.rows("show imported keys in table keyed") == []
    assert session.rows("show indexes in table keyed") == []
    assert [column.name for column in session.execute("show streams").columns][:2] == ["created_on", "name"]


def test_flatten_numbers_each_input_row_and_keeps_the_order(session: Session) -> None:
    """SEQ is one number a row of the input, whatever the rows hold; elements come in the order of the input."""
    session.execute(
        "create table t as select column1 id, parse_json(column2) v from values (1, '[7, 8]'), (2, '[7, 8]')"
    )
    rows = session.rows("select id, f.seq, f.value::int from t, lateral flatten(input => v) f")
    assert rows == [(1, 1, 7), (1, 1, 8), (2, 2, 7), (2, 2, 8)]
    grouped = session.rows("select f.seq, sum(f.value) from t, lateral flatten(v) f where f.index > 0 group by f.seq")
    assert sorted(grouped) == [(1, 8), (2, 8)]
    nested = "select f.seq, g.seq, g.value::int from t, lateral flatten([v, v]) f, lateral flatten(f.value) g"
    assert len({(one, two) for one, two, _ in session.rows(nested)}) == 4


def test_flatten_recursive_shows_each_parent(session: Session) -> None:
    """With RECURSIVE, THIS is the value that holds the element."""
    query = """select path, this from table(flatten(parse_json('{"a": {"b c": [1]}}'), recursive => true))"""
    assert session.rows(query) == [("a", '{"a":{"b c":[1]}}'), ("a.b c", '{"b c":[1]}'), ("a.b c[0]", "[1]")]
