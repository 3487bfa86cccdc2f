"""snowflake-sqlalchemy 2: engines, tables, reflection, the ORM, pandas.

Command: see ``cases.py``; needs ``snowflake-sqlalchemy`` and ``pandas``.
"""

from __future__ import annotations

import contextlib
import datetime
import warnings
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import snowflake.connector
import sqlalchemy as sa
from cases import Place, case, main, same
from snowflake.sqlalchemy import URL, VARIANT, MergeInto
from sqlalchemy import orm

SCHEMA = "ALCHEMY"


def prepare(place: Place) -> None:
    """A schema of the cases' own."""
    with snowflake.connector.connect(**{**place.kwargs, "schema": "PUBLIC"}) as connection:
        connection.cursor().execute(f"create or replace schema EMULATOR.{SCHEMA}")


@contextlib.contextmanager
def engine(place: Place) -> Iterator[Any]:
    """An engine of the case's own."""
    where = {**place.kwargs, "schema": SCHEMA, "port": str(place.port)}
    del where["protocol"]
    made = sa.create_engine(URL(**where), connect_args={"protocol": "http"})
    try:
        yield made
    finally:
        made.dispose()


class Base(orm.DeclarativeBase):
    """Of the mapped classes below."""


class Team(Base):
    """A parent."""

    __tablename__ = "teams"
    id: orm.Mapped[int] = orm.mapped_column(sa.Sequence("team_ids"), primary_key=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    people: orm.Mapped[list[Person]] = orm.relationship(back_populates="team")


class Person(Base):
    """A child."""

    __tablename__ = "people"
    id: orm.Mapped[int] = orm.mapped_column(sa.Sequence("person_ids"), primary_key=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    team_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("teams.id"))
    team: orm.Mapped[Team] = orm.relationship(back_populates="people")


@case
def text_with_binds(place: Place) -> None:
    """Named binds of several types."""
    with engine(place) as made, made.connect() as connection:
        day = datetime.date(2024, 2, 29)
        row = connection.execute(sa.text("select :a + 1, :b, :c"), {"a": 1, "b": "it's", "c": day}).one()
        same((row[0], row[1], str(row[2])), (2, "it's", "2024-02-29"))


@case
def table_of_many_types(place: Place) -> None:
    """Created, filled, read with Python's types, dropped."""
    meta = sa.MetaData()
    kinds = sa.Table(
        "kinds", meta, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Numeric(10, 2)),
        sa.Column("x", sa.Float), sa.Column("s", sa.String(10)), sa.Column("b", sa.Boolean), sa.Column("d", sa.Date),
        sa.Column("t", sa.DateTime), sa.Column("raw", sa.LargeBinary), sa.Column("v", VARIANT),
    )  # fmt: skip
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5)
    given = {"id": 1, "n": Decimal("1.50"), "x": 2.5, "s": "a", "b": True, "d": moment.date(), "t": moment, "raw": b"x"}
    with engine(place) as made:
        meta.create_all(made)
        with made.begin() as connection:
            connection.execute(kinds.insert(), given)
            row = connection.execute(sa.select(kinds)).mappings().one()
        same({name: row[name] for name in given}, given)
        meta.drop_all(made)
        assert not sa.inspect(made).has_table("kinds")


@case
def reflection(place: Place) -> None:
    """Tables, views, columns, keys, schemas, comments; a table loaded by name."""
    with engine(place) as made:
        with made.begin() as connection:
            for sql in (
                "create or replace table parents (id int primary key, name varchar(9) not null comment 'the name')",
                "create or replace table children (id int primary key, parent int references parents (id), x float)",
                "create or replace view grown as select * from parents",
            ):
                connection.execute(sa.text(sql))
        found = sa.inspect(made)
        assert {"parents", "children"} <= set(found.get_table_names())
        same(found.get_view_names(), ["grown"])
        columns = {each["name"]: (str(each["type"]), each["nullable"]) for each in found.get_columns("parents")}
        same(columns, {"id": ("DECIMAL(38, 0)", False), "name": ("VARCHAR(9)", False)})
        same(found.get_pk_constraint("parents")["constrained_columns"], ["id"])
        assert "alchemy" in found.get_schema_names()
        assert found.has_table("parents"), "no table"
        loaded = sa.Table("children", sa.MetaData(), autoload_with=made)
        same([column.name for column in loaded.columns], ["id", "parent", "x"])


@case
def orm_session(place: Place) -> None:
    """Related objects are added, queried with a join, changed and deleted."""
    with engine(place) as made:
        Base.metadata.drop_all(made)
        Base.metadata.create_all(made)
        with orm.Session(made) as session:
            session.add(Team(name="red", people=[Person(name="ann"), Person(name="bob")]))
            session.commit()
            names = session.scalars(sa.select(Person.name).join(Team).where(Team.name == "red").order_by(Person.name))
            same(list(names), ["ann", "bob"])
            ann = session.scalars(sa.select(Person).where(Person.name == "ann")).one()
            ann.name = "anna"
            session.delete(session.scalars(sa.select(Person).where(Person.name == "bob")).one())
            session.commit()
            same(session.scalars(sa.select(Person.name)).all(), ["anna"])
        Base.metadata.drop_all(made)


@case
def transaction_rolls_back(place: Place) -> None:
    """What fails inside ``begin`` leaves nothing."""
    with engine(place) as made:
        with made.begin() as connection:
            connection.execute(sa.text("create or replace table undone (a int)"))
        with contextlib.suppress(sa.exc.DBAPIError), made.begin() as connection:
            connection.execute(sa.text("insert into undone values (1)"))
            connection.execute(sa.text("select * from no_such_table"))
        with made.connect() as connection:
            same(connection.execute(sa.text("select count(*) from undone")).scalar(), 0)


@case
def pandas_to_sql_and_back(place: Place) -> None:
    """``to_sql`` creates, appends and replaces; ``read_sql`` of a query and of a table."""
    import pandas as pd

    frame = pd.DataFrame({"id": range(1000), "x": [i / 2 for i in range(1000)], "name": [f"n{i}" for i in range(1000)]})
    with engine(place) as made:
        frame.to_sql("frames", made, index=False, if_exists="replace", method="multi", chunksize=500)
        frame.head(5).to_sql("frames", made, index=False, if_exists="append")
        same(int(pd.read_sql("select count(*) as n from frames", made)["n"][0]), 1005)
        back = pd.read_sql_table("frames", made)
        same((len(back), float(back["x"].sum())), (1005, float(frame["x"].sum() + frame.head(5)["x"].sum())))
        filtered = pd.read_sql(sa.text("select name from frames where id = :id"), made, params={"id": 7})
        same(list(filtered["name"]), ["n7"])


@case
def pandas_to_sql_with_pd_writer(place: Place) -> None:
    """The dialect's bulk writer, which loads through a stage."""
    import pandas as pd
    from snowflake.connector.pandas_tools import pd_writer

    frame = pd.DataFrame({"ID": range(2000), "NAME": [f"n{i}" for i in range(2000)]})
    with engine(place) as made:
        frame.to_sql("bulk", made, index=False, if_exists="replace", method=pd_writer)
        same(int(pd.read_sql("select count(*) as n from bulk", made)["n"][0]), 2000)


@case
def merge_into(place: Place) -> None:
    """The dialect's MERGE."""
    meta = sa.MetaData()
    target = sa.Table("target", meta, sa.Column("id", sa.Integer, primary_key=True), sa.Column("v", sa.String))
    source = sa.Table("source", meta, sa.Column("id", sa.Integer, primary_key=True), sa.Column("v", sa.String))
    with engine(place) as made:
        meta.drop_all(made)
        meta.create_all(made)
        with made.begin() as connection:
            connection.execute(target.insert(), [{"id": 1, "v": "a"}])
            connection.execute(source.insert(), [{"id": 1, "v": "A"}, {"id": 2, "v": "B"}])
            merge = MergeInto(target=target, source=source, on=target.c.id == source.c.id)
            merge.when_matched_then_update().values(v=source.c.v)
            merge.when_not_matched_then_insert().values(id=source.c.id, v=source.c.v)
            connection.execute(merge)
            same(connection.execute(sa.select(target).order_by(target.c.id)).all(), [(1, "A"), (2, "B")])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(prepare)
