"""Files on stages through Snowflake's own clients, over a socket."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_spcs.emulator import RunningAccount


@pytest.fixture
def cursor(connect: Any, schema: str) -> Any:
    """A connector cursor in a schema of the test's own, with a stage ``s``."""
    made = connect().cursor()
    made.execute(f"use schema {schema}")
    made.execute("create stage s")
    return made


@pytest.fixture
def snowpark(account: RunningAccount, schema: str) -> Iterator[Any]:
    """A Snowpark session in a schema of the test's own, with a stage ``s``."""
    from snowflake.snowpark import Session

    made = Session.builder.configs(account.connection_kwargs).create()
    with contextlib.closing(made):
        made.sql(f"use schema {schema}").collect()
        made.sql("create stage s").collect()
        yield made


def test_connector_put_get_moves_globs_compressed_and_back(cursor: Any, tmp_path: Path) -> None:
    """PUT of a glob compresses what is not compressed; GET brings the files as they lie on the stage."""
    import gzip

    source, target = tmp_path / "a b", tmp_path / "out"
    source.mkdir(), target.mkdir()
    (source / "1.csv").write_text("one")
    (source / "2.csv").write_text("two")
    put = cursor.execute(f"PUT 'file://{source}/*.csv' @s/dir").fetchall()
    assert [(row[1], row[6]) for row in put] == [("1.csv.gz", "UPLOADED"), ("2.csv.gz", "UPLOADED")]
    assert [row[0] for row in cursor.execute("LIST @s").fetchall()] == ["s/dir/1.csv.gz", "s/dir/2.csv.gz"]
    cursor.execute(f"GET @s/dir 'file://{target}/'")
    assert gzip.decompress((target / "1.csv.gz").read_bytes()) == b"one"
    assert cursor.execute("REMOVE @s PATTERN = '.*1[.].*'").fetchall() == [("s/dir/1.csv.gz", "removed")]


def test_connector_put_stream_writes_the_named_file(cursor: Any) -> None:
    """``file_stream`` uploads under the name of the statement's path."""
    cursor.execute("PUT file://made/up/x.txt @s AUTO_COMPRESS = FALSE", file_stream=io.BytesIO(b"hello"))
    assert [row[:2] for row in cursor.execute("LIST @s").fetchall()] == [("s/x.txt", 5)]


def test_connector_get_of_nothing_is_an_error(cursor: Any, tmp_path: Path) -> None:
    """A GET that matches no file fails as the client says it."""
    from snowflake.connector.errors import OperationalError

    with pytest.raises(OperationalError, match="does not exist"):
        cursor.execute(f"GET @s/none file://{tmp_path}/")


def test_write_pandas_loads_a_frame(cursor: Any) -> None:
    """write_pandas makes the table from INFER_SCHEMA and loads through a temporary stage, which it leaves empty."""
    import pandas as pd
    from snowflake.connector.pandas_tools import write_pandas

    times = pd.to_datetime(["2024-01-02 03:04:05.123456", None])
    frame = pd.DataFrame({"n": [1, 2], "TEXT": ["x", None], "f": [1.5, None], "at": times, "b": [True, False]})
    done = write_pandas(cursor.connection, frame, "FRAME", auto_create_table=True, use_logical_type=True)
    assert done[:3] == (True, 1, 2)
    assert write_pandas(cursor.connection, frame, "FRAME", use_logical_type=True)[2] == 2
    back = cursor.execute('select distinct * from frame order by "n"').fetch_pandas_all()
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)


def test_write_pandas_makes_a_binary_column_of_bytes(cursor: Any) -> None:
    """INFER_SCHEMA by a format's defaults: bytes are BINARY, text stays text."""
    import pandas as pd
    from snowflake.connector.pandas_tools import write_pandas

    frame = pd.DataFrame({"B": [b"a", b"\xff"], "T": ["a", "b"]})
    assert write_pandas(cursor.connection, frame, "BYTES_FRAME", auto_create_table=True, use_logical_type=True)[0]
    assert sorted(cursor.execute("select * from bytes_frame").fetchall()) == [(b"a", "a"), (b"\xff", "b")]


def test_snowpark_file_api_moves_files_and_streams(snowpark: Any, tmp_path: Path) -> None:
    """put, get, put_stream and get_stream give back what was put."""
    (tmp_path / "a.txt").write_text("text")
    assert snowpark.file.put(str(tmp_path / "a.txt"), "@s/d", auto_compress=False)[0].status == "UPLOADED"
    snowpark.file.put_stream(io.BytesIO(b"bytes"), "@s/d/b.bin", auto_compress=False)
    assert snowpark.file.get_stream("@s/d/b.bin").read() == b"bytes"
    (tmp_path / "out").mkdir()
    assert len(snowpark.file.get("@s/d", str(tmp_path / "out"))) == 2


def test_snowpark_reads_what_it_unloaded(snowpark: Any) -> None:
    """copy_into_location writes Parquet and CSV that the readers read back, with inferred and given schemas."""
    from snowflake.snowpark.types import LongType, StringType, StructField, StructType

    frame = snowpark.create_dataframe([(1, "x"), (2, None)], schema=["A", "B"])
    frame.write.copy_into_location("@s/pq/", file_format_type="parquet", header=True, overwrite=True)
    assert sorted(map(tuple, snowpark.read.parquet("@s/pq").collect())) == [(1, "x"), (2, None)]
    frame.write.copy_into_location("@s/csv/", file_format_type="csv")
    given = StructType([StructField("A", LongType()), StructField("B", StringType())])
    assert sorted(map(tuple, snowpark.read.schema(given).csv("@s/csv").collect())) == [(1, "x"), (2, None)]


def test_list_of_thousands_of_files_reads_them_once(account: RunningAccount, cursor: Any) -> None:
    """A long listing is complete, and the second one reads no content again."""
    session = account.account.session(database="EMULATOR")
    try:
        schema = cursor.execute("select current_schema()").fetchone()[0]
        root = account.account.stages.path(session, f'@EMULATOR."{schema}".s')
        for number in range(3000):
            (root / f"{number}.txt").write_bytes(b"%d" % number)
        first = cursor.execute("LIST @s").fetchall()
        assert len(first) == 3000
        assert cursor.execute("LIST @s").fetchall() == first
    finally:
        session.close()


def test_snowpark_reader_obeys_its_options(snowpark: Any, tmp_path: Path) -> None:
    """read.option(...) of CSV and JSON: headers, delimiters, nulls, patterns, schemas, metadata, outer arrays."""
    from snowflake.snowpark.types import IntegerType, StringType, StructField, StructType

    (tmp_path / "a.csv").write_text("id|name\n1|'x|y'\n2|NA\n")
    (tmp_path / "b.csv").write_text("id|name\n3|z\n")
    (tmp_path / "c.json").write_text('[{"a": 1, "b": {"c": [7]}}, {"a": 2}]')
    snowpark.file.put(str(tmp_path / "*"), "@s/in", auto_compress=False)
    options = {"field_delimiter": "|", "field_optionally_enclosed_by": "'", "null_if": ("NA",)}
    inferred = snowpark.read.options({**options, "parse_header": True, "infer_schema": True}).csv("@s/in/a.csv")
    assert [tuple(row) for row in inferred.collect()] == [(1, "x|y"), (2, None)]
    declared = StructType([StructField("ID", IntegerType()), StructField("NAME", StringType())])
    reader = snowpark.read.with_metadata("METADATA$FILENAME").schema(declared).options({**options, "skip_header": 1})
    both = reader.option("pattern", ".*[ab][.]csv").csv("@s/in/")
    assert sorted((row[0], row["ID"]) for row in both.collect()) == [("in/a.csv", 1), ("in/a.csv", 2), ("in/b.csv", 3)]
    parsed = snowpark.read.option("strip_outer_array", True).json("@s/in/c.json")
    assert [row[0] for row in parsed.select_expr("$1:b.c[0]::int").collect()] == [7, None]


def test_snowpark_writes_partitions_that_it_reads_back(snowpark: Any) -> None:
    """copy_into_location(partition_by=...) makes folders; read.parquet takes all their files."""
    from snowflake.snowpark.functions import col

    rows = snowpark.range(99).select("id", (col("id") % 3).as_("part"))
    rows.write.copy_into_location("@s/out", file_format_type="parquet", header=True, partition_by=col("part"))
    listed = snowpark.sql("list @s/out").collect()
    assert sorted({row[0].split("/")[2] for row in listed}) == ["0", "1", "2"]
    assert snowpark.read.parquet("@s/out/").select("ID").distinct().count() == 99


def test_drop_database_removes_the_files_of_its_stages(account: RunningAccount, connect: Any, tmp_path: Path) -> None:
    """Nothing of a dropped database's stages is left on disk."""
    (tmp_path / "f.txt").write_text("hello")
    cursor = connect().cursor()
    cursor.execute("create database GONE"), cursor.execute("create stage GONE.PUBLIC.S")
    cursor.execute(f"PUT file://{tmp_path}/f.txt @GONE.PUBLIC.S")
    files = account.account.home.directory("stages", "GONE")
    assert any(path.is_file() for path in files.rglob("*"))
    cursor.execute("drop database GONE")
    assert not any(path.is_file() for path in files.rglob("*"))


def test_write_pandas_keeps_zoned_times_of_nanoseconds(cursor: Any) -> None:
    """With logical types a zoned column becomes TIMESTAMP_LTZ and keeps its moment, a naive one TIMESTAMP_NTZ."""
    import pandas as pd
    from snowflake.connector.pandas_tools import write_pandas

    moment = pd.Timestamp("2024-01-02 03:04:05.678901")
    frame = pd.DataFrame({"Z": [moment.tz_localize("Europe/Berlin")], "N": [moment]}).astype(
        {"Z": "datetime64[ns, Europe/Berlin]", "N": "datetime64[ns]"}
    )
    write_pandas(cursor.connection, frame, "ZONED", auto_create_table=True, use_logical_type=True)
    zoned, naive = cursor.execute("select Z, N from ZONED").fetchone()
    assert (zoned, naive) == (moment.tz_localize("Europe/Berlin"), moment)
    kinds = {row[0]: row[1] for row in cursor.execute("describe table ZONED").fetchall()}
    assert kinds == {"Z": "TIMESTAMP_LTZ(9)", "N": "TIMESTAMP_NTZ(9)"}


def test_copy_into_a_missing_table_says_what_write_pandas_looks_for(cursor: Any) -> None:
    """Snowpark tells a missing table from other failures by how the message ends."""
    import snowflake.connector

    with pytest.raises(snowflake.connector.errors.ProgrammingError) as caught:
        cursor.execute("copy into NO_SUCH_TABLE from @~/nothing")
    assert str(caught.value.raw_msg).endswith("NO_SUCH_TABLE' does not exist")
