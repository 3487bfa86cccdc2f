"""Databases, schemas, tables, views: made, changed, shown, dropped."""

from __future__ import annotations

import pytest

from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError


def _shown(session: Session, sql: str, column: str) -> list[object]:
    result = session.execute(sql)
    index = [item.name for item in result.columns].index(column)
    return [row[index] for row in result.rows or []]


def test_describe_table_shows_declared_columns(session: Session) -> None:
    """DESCRIBE TABLE shows types, nullability and defaults as declared."""
    session.execute(
        "create table t (id int not null, n number(10,2) default 5, s varchar(3), v variant, k int autoincrement)"
    )
    rows = session.execute("describe table t").rows or []
    assert [(row[0], row[1], row[3], row[4]) for row in rows] == [
        ("ID", "NUMBER(38,0)", "N", None),
        ("N", "NUMBER(10,2)", "Y", "5"),
        ("S", "VARCHAR(3)", "Y", None),
        ("V", "VARIANT", "Y", None),
        ("K", "NUMBER(38,0)", "Y", "IDENTITY START 1 INCREMENT 1 NOORDER"),
    ]


def test_create_or_replace_from_itself_reads_the_old_rows(session: Session) -> None:
    """CREATE OR REPLACE TABLE t AS SELECT FROM t sees t as it was."""
    session.execute("create table t as select 1 as a")
    session.execute("create or replace table t as select a + 1 as a from t")
    assert session.rows("select a from t") == [(2,)]


def test_create_existing_table_is_refused(session: Session) -> None:
    """A second table of the name is error 2002; IF NOT EXISTS succeeds."""
    session.execute("create table t (a int)")
    with pytest.raises(SnowflakeError) as caught:
        session.execute("create table t (a int)")
    assert (caught.value.errno, caught.value.sqlstate) == (2002, "42710")
    session.execute("create table if not exists t (a int)")


def test_temporary_table_hides_permanent_one_in_its_session_only(session: Session) -> None:
    """A temporary table is its session's own and goes before a permanent one of the same name."""
    session.execute("create table t as select 'permanent' as a")
    session.execute("create temporary table t as select 'temporary' as a")
    other = session.account.session(database=session.database, schema=session.schema)
    assert (session.rows("select a from t"), other.rows("select a from t")) == ([("temporary",)], [("permanent",)])
    other.close()
    session.execute("drop table t")
    assert session.rows("select a from t") == [("permanent",)]


def test_names_that_differ_in_case_are_two_tables(session: Session) -> None:
    """Quoted names keep their case and do not collide."""
    session.execute('create table "t" as select 1 as a')
    session.execute("create table T as select 2 as a")
    assert (session.rows('select a from "t"'), session.rows("select a from t")) == ([(1,)], [(2,)])


def test_identifier_with_bind_names_the_table(session: Session) -> None:
    """IDENTIFIER(?) stands for a name wherever one may stand."""
    session.execute("create table identifier(?) (a int)", ["t"])
    session.execute("insert into identifier(?) values (?)", ["t", 7])
    assert session.rows("select * from identifier(?)", [f"{session.database}.{session.schema}.t"]) == [(7,)]


def test_columns_view_says_how_an_identity_counts(session: Session) -> None:
    """SQLAlchemy's reflection reads these columns of INFORMATION_SCHEMA.COLUMNS."""
    session.execute("create table counted (id int identity(5, 2), name varchar)")
    rows = session.rows(
        "select column_name, is_identity, identity_start, identity_increment, identity_generation, data_type_alias"
        " from information_schema.columns where table_name = 'COUNTED' and table_schema = current_schema() order by 1"
    )
    assert rows[0] == ("ID", "YES", "5", "2", "BY DEFAULT", "NUMBER")
    assert rows[1][:5] == ("NAME", "NO", None, None, None)


@pytest.mark.parametrize("kind", ["database", "schema", "warehouse", "role", "user"])
def test_identifier_function_names_an_object_of_the_account(session: Session, kind: str) -> None:
    """``IDENTIFIER('x')`` stands for the name where one part is asked for, too, as the command line writes it."""
    session.execute(f"create {kind} identifier('made_here')")
    with pytest.raises(SnowflakeError) as caught:
        session.execute(f"create {kind} MADE_HERE")
    session.execute(f"drop {kind} identifier(?)", ["MADE_HERE"])
    assert caught.value.errno == 2002


def test_alter_table_changes_columns_and_name(session: Session) -> None:
    """ADD, RENAME, DROP COLUMN and RENAME TO change the table and keep its rows."""
    session.execute("create table t as select 1 as a")
    for change in ("add column b varchar(5) default 'x'", "rename column a to c", "add column d int", "drop column d"):
        session.execute(f"alter table t {change}")
    session.execute("alter table t rename to u")
    assert session.rows("select c, b from u") == [(1, "x")]
    assert _shown(session, "describe table u", "type") == ["NUMBER(1,0)", "VARCHAR(5)"]


def test_clone_has_rows_and_like_has_none(session: Session) -> None:
    """CLONE copies rows, LIKE only the columns."""
    session.execute("create table t as select 1 as a")
    session.execute("create table c clone t")
    session.execute("create table l like t")
    assert (session.rows("select count(*) from c"), session.rows("select count(*) from l")) == ([(1,)], [(0,)])


def test_view_sees_later_rows_and_show_has_its_text(session: Session) -> None:
    """A view is a query, kept as written."""
    session.execute("create table t (a int)")
    session.execute("create view v as select a + 1 as b from t")
    session.execute("insert into t values (1)")
    assert session.rows("select b from v") == [(2,)]
    assert _shown(session, "show views", "text") == ["create view v as select a + 1 as b from t"]


@pytest.mark.parametrize("scope", ["schema information_schema", "information_schema"])
def test_show_views_in_information_schema_lists_its_views(session: Session, scope: str) -> None:
    """SQLAlchemy's inspector asks so; the same statement without a scope lists the user's views alone."""
    assert {"COLUMNS", "TABLE_CONSTRAINTS"} <= set(_shown(session, f"show views in {scope}", "name"))
    assert _shown(session, f"show views like 'tables' in {scope}", "name") == ["TABLES"]
    assert _shown(session, "show views", "name") == []


def test_merge_counts_each_action(session: Session) -> None:
    """MERGE answers how many rows were inserted and updated."""
    session.execute("create table t as select 1 as id, 'a' as v")
    result = session.execute(
        "merge into t using (select 1 as id, 'b' as v union all select 2, 'c') s on t.id = s.id "
        "when matched then update set t.v = s.v when not matched then insert (id, v) values (s.id, s.v)"
    )
    assert [column.name for column in result.columns] == ["number of rows inserted", "number of rows updated"]
    assert result.rows == [(1, 1)]
    assert session.rows("select v from t order by id") == [("b",), ("c",)]


def test_show_tables_like_in_schema_finds_by_pattern(session: Session) -> None:
    """SHOW ... LIKE is case-insensitive; IN names the scope; temporary tables say so."""
    session.execute("create temporary table abc (a int)")
    session.execute("create table abd (a int) comment = 'c'")
    where = f"in schema {session.database}.{session.schema}"
    assert _shown(session, f"show tables like 'AB_' {where}", "kind") == ["TEMPORARY", "TABLE"]
    assert _shown(session, f"show tables like 'abd' {where}", "comment") == ["c"]


def test_information_schema_lists_tables_and_columns(session: Session) -> None:
    """INFORMATION_SCHEMA answers like any table."""
    session.execute("create table t (a int, b varchar(4))")
    rows = session.rows(
        "select column_name, data_type, character_maximum_length from information_schema.columns "
        "where table_schema = current_schema() and table_name = 'T' order by ordinal_position"
    )
    assert rows == [("A", "NUMBER", None), ("B", "TEXT", 4)]


def test_sequence_counts_on(session: Session) -> None:
    """NEXTVAL starts at START and steps by INCREMENT, also as a default."""
    session.execute("create sequence s start 10 increment 5")
    session.execute("create table t (id int default s.nextval, a int)")
    session.execute("insert into t (a) values (1), (2)")
    assert session.rows("select id from t order by id") == [(10,), (15,)]


def test_describe_sequence_shows_how_it_counts(session: Session) -> None:
    """DESCRIBE SEQUENCE gives its line; one that is not there is missing (2003), as SQLAlchemy asks."""
    session.execute("create sequence s start 10 increment 5")
    assert _shown(session, "desc sequence s", "interval") == [5]
    with pytest.raises(SnowflakeError) as caught:
        session.execute("describe sequence no_such")
    assert caught.value.errno == 2003


def test_dropped_database_takes_its_tables_along(session: Session) -> None:
    """DROP DATABASE leaves nothing, and a new one of the name is empty."""
    session.execute("create database d9")
    session.execute("create table t (a int)")
    session.execute("drop database d9")
    session.execute("create database d9")
    assert session.rows("show tables in database d9") == []
    session.execute("drop database d9")


def test_kept_tables_survive_a_new_process_of_the_home(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Tables are there after the account is closed and opened again; temporary ones are not."""
    from airflow_provider_spcs.emulator.account import Account

    first = Account(tmp_path / "home")
    first.engine.open()
    session = first.session(database="EMULATOR")
    session.execute("create table t as select 1 as a")
    session.execute("create temporary table tt as select 1 as a")
    first.engine.close()
    first.objects.close()
    first.home.release()
    second = Account(tmp_path / "home")
    second.engine.open()
    again = second.session(database="EMULATOR")
    assert again.rows("select a from t") == [(1,)]
    with pytest.raises(SnowflakeError):
        again.execute("select a from tt")
    second.engine.close()
