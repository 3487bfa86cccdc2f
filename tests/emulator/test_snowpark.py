"""Snowpark over a socket: sessions, DataFrames, tables, pandas and Arrow."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_spcs.emulator import RunningAccount


@pytest.fixture(scope="module")
def snowpark(account: RunningAccount) -> Iterator[Any]:
    """A Snowpark session in a schema of this module."""
    from snowflake.snowpark import Session

    session = Session.builder.configs(account.connection_kwargs).create()
    session.sql("create or replace schema snowpark_tests").collect()
    yield session
    session.close()


@pytest.fixture
def people(snowpark: Any) -> Any:
    """A stored table of three rows."""
    rows = [(1, "a", 1.5), (2, "b", None), (3, "b", 4.0)]
    snowpark.create_dataframe(rows, schema=["id", "name", "x"]).write.save_as_table("people", mode="overwrite")
    return snowpark.table("people")


def _rows(frame: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in frame.collect()]


def test_create_dataframe_keeps_every_type(snowpark: Any) -> None:
    """Python values come back as they went in."""
    from snowflake.snowpark import types as t

    given = (
        1,
        1.5,
        "x",
        True,
        Decimal("1.23"),
        datetime.date(2024, 1, 1),
        datetime.datetime(2024, 1, 1, 1, 2, 3),
        b"ab",
    )
    kinds = [t.IntegerType(), t.DoubleType(), t.StringType(), t.BooleanType(), t.DecimalType(10, 2), t.DateType(),
             t.TimestampType(t.TimestampTimeZone.NTZ), t.BinaryType()]  # fmt: skip
    schema = t.StructType([t.StructField(f"c{index}", kind) for index, kind in enumerate(kinds)])
    assert _rows(snowpark.create_dataframe([given], schema=schema)) == [given]


def test_large_dataframe_goes_through_a_temporary_table(snowpark: Any) -> None:
    """Above 512 values Snowpark binds an array insert into a temporary table."""
    frame = snowpark.create_dataframe([[index, str(index)] for index in range(3000)], schema=["a", "b"])
    assert frame.filter(frame["a"] >= 2000).count() == 1000


def test_algebra_of_dataframes(snowpark: Any, people: Any) -> None:
    """Filter, aggregate, join, window, set operations."""
    from snowflake.snowpark import Window
    from snowflake.snowpark import functions as f

    assert _rows(people.filter(f.col("x") > 2).select("id")) == [(3,)]
    assert _rows(people.group_by("name").agg(f.sum("id").alias("s")).sort("name")) == [("a", 1), ("b", 5)]
    ranked = people.select("id", f.row_number().over(Window.partition_by("name").order_by("id")).alias("n"))
    assert _rows(ranked.sort("id")) == [(1, 1), (2, 1), (3, 2)]
    other = snowpark.create_dataframe([(1, "one")], schema=["id", "word"])
    assert _rows(people.join(other, "id", "left").select("id", "word").sort("id")) == [(1, "one"), (2, None), (3, None)]
    assert (people.union_all(people).count(), people.union(people).count(), people.except_(people).count()) == (6, 3, 0)
    assert _rows(people.pivot("name", ["a", "b"]).sum("id").select("'a'").na.drop()) == [(1,)]


def test_sampling_and_splitting_cover_all_rows(snowpark: Any) -> None:
    """random_split's parts are disjoint and whole; sample(n) gives n rows."""
    numbers = snowpark.range(1000)
    first, second = numbers.random_split([0.8, 0.2], seed=1)
    assert first.count() + second.count() == 1000
    assert numbers.sample(n=10).count() == 10


def test_pandas_and_arrow_see_the_same_rows(people: Any) -> None:
    """to_pandas, its batches and to_arrow agree."""
    frame = people.sort("id").to_pandas()
    assert list(frame.columns) == ["ID", "NAME", "X"]
    assert frame["ID"].tolist() == [1, 2, 3]
    assert people.sort("id").to_arrow()["ID"].to_pylist() == [1, 2, 3]
    assert sum(len(batch) for batch in people.to_pandas_batches()) == 3


def test_changes_of_tables_are_counted(snowpark: Any, people: Any) -> None:
    """update, delete and merge answer Snowpark's result objects."""
    from snowflake.snowpark import functions as f

    assert people.update({"name": "z"}, people["id"] == 1).rows_updated == 1
    assert people.delete(people["id"] == 2).rows_deleted == 1
    source = snowpark.create_dataframe([(3, "m"), (4, "n")], schema=["id", "name"])
    merged = people.merge(
        source,
        people["id"] == source["id"],
        [
            f.when_matched().update({"name": source["name"]}),
            f.when_not_matched().insert({"id": source["id"], "name": source["name"]}),
        ],
    )
    assert (merged.rows_inserted, merged.rows_updated) == (1, 1)
    assert _rows(people.select("id", "name").sort("id")) == [(1, "z"), (3, "m"), (4, "n")]


def test_cached_and_temporary_results_are_readable(snowpark: Any, people: Any) -> None:
    """cache_result and temporary views work on stored and computed frames."""
    cached = people.with_column("y", people["id"] * 2).cache_result()
    cached.create_or_replace_temp_view("doubled")
    assert [row[-1] for row in _rows(snowpark.table("doubled").sort("id"))] == [2, 4, 6]


def test_describe_has_the_usual_statistics(people: Any) -> None:
    """describe() gives count, mean, stddev, min, max."""
    assert {row[0] for row in _rows(people.describe())} == {"count", "mean", "stddev", "min", "max"}


def test_generated_rows_are_as_many_as_asked(snowpark: Any) -> None:
    """session.generator with sequence and random columns."""
    from snowflake.snowpark import functions as f

    frame = snowpark.generator(f.seq4().alias("i"), f.uniform(1, 10, f.random(3)).alias("u"), rowcount=1000)
    assert frame.agg(f.count("*"), f.max("i"), f.min("u"), f.max("u")).collect() == [(1000, 999, 1, 10)]


def test_write_pandas_makes_the_table(snowpark: Any) -> None:
    """write_pandas through a stage and COPY INTO."""
    import pandas as pd

    frame = pd.DataFrame({"A": [1, 2], "B": ["x", None], "C": [1.5, 2.5]})
    snowpark.write_pandas(frame, "WP", auto_create_table=True, overwrite=True)
    assert _rows(snowpark.table("WP").sort("A")) == [(1, "x", 1.5), (2, None, 2.5)]


def test_semi_structured_columns_are_reached_into(snowpark: Any) -> None:
    """VARIANT paths and FLATTEN through the DataFrame API."""
    from snowflake.snowpark import functions as f

    frame = snowpark.sql("""select parse_json('{"a":{"b":[1,2]}}') as v""")
    assert _rows(frame.select(f.col("v")["a"]["b"][1].cast("int").alias("x"))) == [(2,)]
    assert len(_rows(frame.join_table_function("flatten", f.col("v")["a"]["b"]))) == 2


def test_missing_column_is_snowparks_error(people: Any) -> None:
    """Errors keep errno 904 through Snowpark."""
    from snowflake.snowpark.exceptions import SnowparkSQLException

    with pytest.raises(SnowparkSQLException) as caught:
        people.select("nope").collect()
    assert caught.value.sql_error_code == 904
