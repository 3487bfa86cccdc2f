"""Errors: Snowflake's numbers and states."""

from __future__ import annotations

import pytest

from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError


@pytest.mark.parametrize(
    ("sql", "errno", "sqlstate"),
    [
        ("select * from nope", 2003, "42S02"),
        ("drop table nope", 2003, "42S02"),
        ("select nope from (select 1 as a)", 904, "42000"),
        ("selec 1", 1003, "42000"),
        ("select 1 +", 1003, "42000"),
        ("select 'a'::int", 100038, "22018"),
        ("select 1 / 0", 100051, "22012"),
        ("select parse_json('{')", 100069, "22P02"),
        ("insert into t values (null)", 100072, "22000"),
        ("select nofunction(1)", 2140, "42601"),
        ("use schema nope", 2043, "02000"),
        ("show objects in schema nope", 2043, "02000"),
        ("show schemas in database nope", 2043, "02000"),
        ("select ?", 2049, "42601"),
        ("create function f() returns int language java as '1'", 2, "0A000"),
        ("undrop schema t", 2, "0A000"),
        ("", 900, "42601"),
        ("select * from t sample (100.5)", 1008, "22023"),
        ("select * from t sample (1000001 rows)", 1008, "22023"),
    ],
)
def test_bad_statement_has_snowflakes_errno(session: Session, sql: str, errno: int, sqlstate: str) -> None:
    """Clients classify by errno and sqlstate: each kind of error has Snowflake's."""
    session.execute("create table t (a int not null)")
    with pytest.raises(SnowflakeError) as caught:
        session.rows(sql)
    assert (caught.value.errno, caught.value.sqlstate) == (errno, sqlstate)


@pytest.mark.parametrize("sql", ["select * from {}", "insert into {} values (1)", "delete from {}"])
def test_missing_table_is_named_as_the_statement_names_it(session: Session, sql: str) -> None:
    """The message holds the parts that the statement gave, as they are stored: a bare name stays bare."""
    for given, said in (("nope", "NOPE"), (f"{session.schema}.nope", f"{session.schema}.NOPE"), ('"no pe"', '"no pe"')):
        with pytest.raises(SnowflakeError) as caught:
            session.execute(sql.format(given))
        assert f"Object '{said}' does not exist" in caught.value.message


def test_no_current_schema_is_said(session: Session) -> None:
    """Without a current database an unqualified name is error 90105."""
    bare = session.account.session()
    with pytest.raises(SnowflakeError) as caught:
        bare.execute("select * from t")
    bare.close()
    assert caught.value.errno == 90105
