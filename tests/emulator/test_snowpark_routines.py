"""Snowpark registers functions and procedures, and calls them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_spcs.emulator import RunningAccount


@pytest.fixture(scope="module")
def client(account: RunningAccount) -> Iterator[Any]:
    """A Snowpark session in a schema of its own."""
    from snowflake.snowpark import Session

    with Session.builder.configs(account.connection_kwargs).create() as session:
        session.sql("create or replace schema EMULATOR.SNOWPARK_ROUTINES").collect()
        yield session


def test_registered_function_is_called_in_a_frame_and_in_sql(client: Any) -> None:
    """session.udf.register with a name."""
    from snowflake.snowpark.types import IntegerType

    number = IntegerType()
    plus = client.udf.register(lambda x, y: x + y, return_type=number, input_types=[number, number], name="plus")
    frame = client.create_dataframe([[1, 2], [3, 4]], schema=["a", "b"])
    assert [row[0] for row in frame.select(plus("a", "b")).collect()] == [3, 7]
    assert client.sql("select plus(20, 22)").collect()[0][0] == 42


def test_vectorized_function_gets_series(client: Any) -> None:
    """Pandas types in the signature."""
    from snowflake.snowpark.types import IntegerType, PandasSeriesType

    series = PandasSeriesType(IntegerType())
    twice = client.udf.register(lambda x: x * 2, return_type=series, input_types=[series], packages=["pandas"])
    assert [row[0] for row in client.range(3).select(twice("id")).collect()] == [0, 2, 4]


def test_procedure_shares_its_callers_session(client: Any) -> None:
    """What a procedure makes in its session, temporary tables too, its caller sees."""
    from snowflake.snowpark.types import IntegerType

    def made(session, rows):  # type: ignore[no-untyped-def]
        session.range(rows).write.save_as_table("made_inside", table_type="temporary")
        return int(session.table("made_inside").count())

    client.sproc.register(
        made,
        return_type=IntegerType(),
        input_types=[IntegerType()],
        packages=["snowflake-snowpark-python"],
        name="made",
    )
    assert client.call("made", 5) == 5
    assert client.table("made_inside").count() == 5


def test_applied_function_gets_each_group_as_a_frame(client: Any) -> None:
    """group_by(...).apply_in_pandas(...)."""
    from snowflake.snowpark.types import IntegerType, StructField, StructType

    frame = client.create_dataframe([[1, 2], [1, 3], [2, 5]], schema=["a", "b"])
    out = StructType([StructField("a", IntegerType()), StructField("s", IntegerType())])
    made = frame.group_by("a").apply_in_pandas(
        lambda group: group.head(1).assign(S=group["B"].sum())[["A", "S"]], output_schema=out
    )
    assert sorted((row["A"], row["S"]) for row in made.select("A", "S").collect()) == [(1, 5), (2, 5)]
