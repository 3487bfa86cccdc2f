"""What people write every day, where an answer was once wrong or an error was in the way."""

from __future__ import annotations

import pytest

from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError


@pytest.mark.parametrize(
    ("assigned", "shown"),
    [("parse_json('{\"a\": 1}')", '{"a":1}'), ("v", "[1]"), ("'x'", '"x"'), ("object_construct('k', 2)", '{"k":2}')],
)
def test_update_of_a_variant_column_stores_the_value(session: Session, assigned: str, shown: str) -> None:
    """SET column = value compares nothing: any value becomes a VARIANT."""
    session.execute("create table t (v variant)")
    session.execute("insert into t select parse_json('[1]')")
    session.execute(f"update t set v = {assigned}")
    assert session.rows("select to_json(v) from t") == [(shown,)]


def test_text_put_into_a_binary_column_is_hexadecimal(session: Session) -> None:
    """By INSERT of a query and by UPDATE, as by VALUES."""
    session.execute("create table t (b binary)")
    session.execute("insert into t select hex_encode('Hi')")
    assert session.rows("select to_varchar(b, 'utf-8') from t") == [("Hi",)]
    session.execute("update t set b = 'FF'")
    assert session.rows("select hex_encode(b) from t") == [("FF",)]


@pytest.mark.parametrize("failing", ["select a / 0 from t", "select nosuch from t", "select * from nosuch"])
def test_transaction_goes_on_after_a_failed_read(session: Session, failing: str) -> None:
    """An error undoes its statement alone: what was written before is there, and COMMIT keeps it."""
    session.execute("create table t (a int)")
    session.execute("begin")
    session.execute("insert into t values (1)")
    with pytest.raises(SnowflakeError):
        session.rows(failing)
    assert session.rows("select count(*) from t") == [(1,)]
    session.execute("commit")
    assert session.rows("select count(*) from t") == [(1,)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("lpad(5, 3, '0')", "005"),
        ("left(12345, 2)", "12"),
        ("1 || 'a'", "1a"),
        ("upper(true)", "TRUE"),
        ("left('2020-01-01'::timestamp, 10)", "2020-01-01"),
        ("replace(1001, '0', 'x')", "1xx1"),
        ("charindex(2, 123)", 2),
    ],
)
def test_text_functions_take_any_value(session: Session, expression: str, expected: object) -> None:
    """Numbers, truth values and times become text."""
    assert session.rows(f"select {expression}") == [(expected,)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("year('2024-05-09')", "2024"),
        ("dayname(column1)", "Mon"),
        ("last_day(column1)", "2024-01-31"),
        ("date_trunc('month', column1)", "2024-01-01 00:00:00.000"),
        ("dateadd('hour', 1, '2024-01-01 10:00:00')", "2024-01-01 11:00:00.000"),
        ("next_day('2024-05-09', 'mo')", "2024-05-13"),
        ("column1 - '2024-01-01'::date", "14"),
        ("column1::date + 1", "2024-01-16"),
    ],
)
def test_functions_of_dates_take_text(session: Session, expression: str, expected: str) -> None:
    """A text is the time that it says, in a column as in a literal."""
    assert session.rows(f"select ({expression})::varchar from values ('2024-01-15')") == [(expected,)]


def test_aggregates_count_chosen_columns_and_hash_any_order(session: Session) -> None:
    """COUNT of a source's columns leaves out rows with NULL; HASH_AGG(*) is one number for the same rows."""
    session.execute("create table t as select column1 a, column2 b from values (1, 2), (3, null)")
    assert session.rows("select count(t.*), count(* exclude b), count(a, b) from t") == [(1, 2, 1)]
    other = "(select hash_agg(*) from (select * from t order by a desc))"
    assert session.rows(f"select hash_agg(*) = {other} from t") == [(True,)]


@pytest.mark.parametrize("part", ["year", "month", "week", "dayofweek", "hour"])
def test_extract_reads_a_local_time_in_the_sessions_zone(session: Session, part: str) -> None:
    """A part of TIMESTAMP_LTZ is that of its clock time."""
    moment = "'2024-03-31 23:30:00'::timestamp"
    rows = session.rows(f"select extract({part} from {moment}_ltz), extract({part} from {moment}_ntz)")
    assert rows[0][0] == rows[0][1]


@pytest.mark.parametrize(
    ("statement", "errno"),
    [
        ("select sqrt(-1)", 100132),
        ("select ln(0)", 100132),
        ("select 'HELP'::binary", 100115),
        ("alter session set nosuch_parameter = 1", 1006),
        ("grant usage on warehouse compute_wh to role nosuch", 2003),
        ("grant role nosuch to user admin", 2003),
        ("select 1 union select 1, 2", 1789),
        ("select (select 1, 2)", 2031),
    ],
)
def test_what_has_no_value_or_no_object_errs(session: Session, statement: str, errno: int) -> None:
    """By Snowflake's number where one is known."""
    with pytest.raises(SnowflakeError) as caught:
        session.rows(statement)
    assert caught.value.errno == errno


def test_show_terse_has_five_columns(session: Session) -> None:
    """Whatever the objects' other properties."""
    session.execute("create table t (a int)")
    result = session.execute("show terse tables")
    assert [column.name for column in result.columns] == ["created_on", "name", "kind", "database_name", "schema_name"]


@pytest.mark.parametrize("reference", ["'t'", "$named"])
def test_table_by_name_in_a_text_is_read(session: Session, reference: str) -> None:
    """TABLE('name') and TABLE($variable); a bare name is in upper case."""
    session.execute("create table t as select 7 a")
    session.execute("set named = 't'")
    assert session.rows(f"select a from table({reference})") == [(7,)]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("'a' = 'A' collate 'en-ci'", True),
        ("'a' = 'A' collate 'en'", False),
        ("collate('ñ', 'en-ai') = 'n'", True),
        ("'m' between collate('A', 'lower') and collate('Z', 'lower')", True),
        ("'Abc' collate 'en-ci' like 'a%'", True),
    ],
)
def test_collation_decides_a_comparison(session: Session, condition: str, expected: bool) -> None:
    """On either side, for every operand."""
    assert session.rows(f"select {condition}") == [(expected,)]


@pytest.mark.parametrize(
    ("star", "row"),
    [
        ("* ilike '%b%' rename b as x", (2, 3)),
        ("* replace ('x' || a as a) rename a as z", ("x1", 2, 3)),
        ("* exclude a", (2, 3)),
        ("{* exclude b}", ('{"A":1,"BD":3}',)),
    ],
)
def test_star_takes_its_modifiers_together(session: Session, star: str, row: tuple[object, ...]) -> None:
    """ILIKE, REPLACE, RENAME and EXCLUDE beside each other."""
    assert session.rows(f"select {star} from (select 1 a, 2 b, 3 bd)") == [row]


def test_script_runs_asynchronous_statements_and_a_cursor_for_a_result_set(session: Session) -> None:
    """ASYNC, AWAIT, CURSOR FOR a result set, and EXECUTE IMMEDIATE with ``:1`` more than once."""
    session.execute("create table t (a varchar)")
    script = """
begin
  async (insert into t values ('p'));
  let found resultset := async (select 5 x);
  await all;
  let c cursor for found;
  open c;
  let v int;
  fetch c into v;
  execute immediate 'insert into t select :2 || :1 || :1' using (v, 'q');
  return v;
end;
"""
    assert session.rows(f"execute immediate $${script}$$") == [(5,)]
    assert session.rows("select a from t order by a") == [("p",), ("q55",)]


def test_sequence_goes_on_from_its_next_value_with_another_increment(session: Session) -> None:
    """The first value after ALTER SEQUENCE is the one that was next before; SHOW says the next one.

    Source: Snowflake's documentation of ALTER SEQUENCE, the example of a wrap-around.
    """
    session.execute("create sequence sq start 1 increment 1")
    session.rows("select sq.nextval, sq.nextval")
    session.execute("alter sequence sq set increment = -4")
    assert session.rows("select sq.nextval, sq.nextval") == [(3, -1)]
    assert session.rows("show sequences")[0][3] == -5


def test_number_with_an_exponent_is_a_whole_number(session: Session) -> None:
    """``1e3`` has the type NUMBER(4,0)."""
    assert session.rows("select 1e3, system$typeof(1e3)") == [(1000, "NUMBER(4,0)[SB2]")]


def test_try_to_binary_is_null_for_what_is_no_hexadecimal(session: Session) -> None:
    """Of a literal and of a column."""
    values = "hex_encode(try_to_binary(column1)), try_to_binary('zz'), try_cast('zz' as binary)"
    assert session.rows(f"select {values} from values ('41')") == [("41", None, None)]


def test_split_without_a_separator_gives_the_whole_text(session: Session) -> None:
    """An empty separator leaves one part; NULL for either argument gives NULL.

    Source: Snowflake's documentation of SPLIT.
    """
    values = "array_to_string(split('abc', ''), '+'), split('a', null), split(null, ',')"
    assert session.rows(f"select {values}") == [("abc", None, None)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(1, null) in ((1, 2))", None),
        ("(2, null) in ((1, 2))", False),
        ("(1, 5) in ((1, 2), (1, null))", None),
        ("(1, null) not in ((1, 2))", None),
        ("(1, 2) in ((0, 1), (1, 2))", True),
        ("(1, null) = (1, 2)", None),
        ("(1, null) <> (2, 2)", True),
    ],
)
def test_rows_compared_with_a_null_follow_ternary_logic(session: Session, expression: str, expected: object) -> None:
    """Column by column: unknown unless another column settles it.

    Source: Snowflake's documentation, "[NOT] IN" and "Ternary logic".
    """
    assert session.rows(f"select {expression}") == [(expected,)]


@pytest.mark.parametrize(
    ("call", "rows", "last"),
    [("seq1()", 129, [127, 0]), ("seq1(1)", 129, [127, -128]), ("seq2(1)", 32769, [32767, -32768])],
)
def test_sequence_of_few_bytes_starts_again(session: Session, call: str, rows: int, last: list[int]) -> None:
    """After the largest number of its bytes.

    Source: Snowflake's documentation, "SEQ1 / SEQ2 / SEQ4 / SEQ8", its second example.
    """
    found = session.rows(f"select {call} from table(generator(rowcount => {rows})) order by seq4()")
    assert [value for (value,) in found[-2:]] == last


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("connect_by_root name", ["a", "a", "a"]),
        ("sys_connect_by_path(name, ' -> ')", [" -> a", " -> a -> b", " -> a -> b -> c"]),
        ("upper(sys_connect_by_path(e.id, '/'))", ["/1", "/1/2", "/1/2/3"]),
    ],
)
def test_hierarchy_knows_the_way_from_its_first_row(session: Session, asked: str, expected: list[str]) -> None:
    """Source: Snowflake's documentation, "CONNECT BY" and "CONNECT_BY_ROOT"."""
    rows = "(1, 'a', null), (2, 'b', 1), (3, 'c', 2)"
    session.execute(f"create table emp (id int, name varchar, boss int) as select * from values {rows}")
    found = session.rows(f"select id, {asked} from emp e start with boss is null connect by boss = prior id order by 1")
    assert [value for _, value in found] == expected


def test_path_without_a_hierarchy_is_refused(session: Session) -> None:
    """There is no way to follow."""
    with pytest.raises(SnowflakeError, match="CONNECT BY"):
        session.rows("select sys_connect_by_path(column1, '/') from values ('a')")
