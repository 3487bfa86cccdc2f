"""Keys of tables are kept as said and shown, in every form of the statements that make and drop them."""

from __future__ import annotations

import pytest

from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError


def _shown(session: Session, kind: str, table: str) -> list[tuple[object, ...]]:
    """Column, place and name of each part of a table's own keys."""
    rows = session.rows(f"show {kind} keys in table {table}")
    return [(row[4], row[5], row[6] if not str(row[6]).startswith("SYS_") else "made") for row in rows]


def test_keys_of_a_table_are_shown_in_their_own_order(session: Session) -> None:
    """The order of a key's columns is the key's, not the table's."""
    session.execute(
        "create table t (a int, b int, c int unique, constraint pk primary key (b, a) rely, unique (c, a) not enforced)"
    )
    assert _shown(session, "primary", "t") == [("B", 1, "PK"), ("A", 2, "PK")]
    assert _shown(session, "unique", "t") == [("C", 1, "made"), ("C", 1, "made"), ("A", 2, "made")]
    assert [(row[0], row[3], row[5], row[6]) for row in session.rows("describe table t")] == [
        ("A", "N", "Y", "Y"), ("B", "N", "Y", "N"), ("C", "Y", "N", "Y"),
    ]  # fmt: skip


def test_foreign_keys_are_shown_from_both_sides(session: Session) -> None:
    """Inline and apart, with columns or by the other table's primary key, with rules."""
    session.execute("create table one (x int, y int, constraint one_pk primary key (x, y))")
    session.execute(
        "create table many (a int, b int, c int constraint own references one (x) on delete cascade, "
        "constraint fk foreign key (a, b) references one on update set null)"
    )
    imported = session.rows("show imported keys in table many")
    assert [(row[3], row[4], row[7], row[8], row[9], row[10], row[11], row[12], row[13]) for row in imported] == [
        ("ONE", "X", "MANY", "C", 1, "NO ACTION", "CASCADE", "OWN", None),
        ("ONE", "X", "MANY", "A", 1, "SET NULL", "NO ACTION", "FK", "ONE_PK"),
        ("ONE", "Y", "MANY", "B", 2, "SET NULL", "NO ACTION", "FK", "ONE_PK"),
    ]
    assert session.rows("show exported keys in table one") == imported
    assert session.rows("show imported keys in table one") == []


def test_keys_are_added_and_dropped(session: Session) -> None:
    """ALTER TABLE by name and by kind; a second primary key is refused, a missing one named."""
    session.execute("create table t (a int, b int)")
    session.execute("alter table t add primary key (a)")
    session.execute("alter table t add constraint u unique (b)")
    assert _shown(session, "primary", "t") == [("A", 1, "made")]
    with pytest.raises(SnowflakeError, match="already exists"):
        session.execute("alter table t add primary key (b)")
    session.execute("alter table t drop primary key")
    session.execute("alter table t drop constraint u")
    assert (_shown(session, "primary", "t"), _shown(session, "unique", "t")) == ([], [])
    with pytest.raises(SnowflakeError, match="'U' does not exist"):
        session.execute("alter table t drop constraint u")


def test_keys_follow_their_columns_and_copies_of_the_table(session: Session) -> None:
    """A renamed column is renamed in its keys, a dropped one takes them along; LIKE and CLONE keep them."""
    session.execute("create table t (a int primary key, b int unique)")
    session.execute("alter table t rename column a to z")
    session.execute("create table u like t")
    session.execute("create table v clone t")
    session.execute("alter table t drop column b")
    assert _shown(session, "primary", "t") == [("Z", 1, "made")]
    assert _shown(session, "unique", "t") == []
    assert [_shown(session, "unique", name) for name in ("u", "v")] == [[("B", 1, "made")]] * 2


def test_keys_are_in_the_ddl_and_in_the_information_schema(session: Session) -> None:
    """GET_DDL makes them again; TABLE_CONSTRAINTS has one row each."""
    session.execute("create table t (a int, b int, constraint pk primary key (a), unique (b))")
    ddl = str(session.rows("select get_ddl('table', 't')")[0][0])
    assert "constraint PK primary key (A)" in ddl
    assert "unique (B)" in ddl
    found = session.rows(
        "select constraint_type from information_schema.table_constraints "
        "where table_name = 'T' and table_schema = current_schema() order by 1"
    )
    assert found == [("PRIMARY KEY",), ("UNIQUE",)]
