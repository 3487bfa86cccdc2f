"""Results: types, formats, chunks, batches."""

from __future__ import annotations

import datetime
import pickle
import socket
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import requests

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.server import RunningAccount

TYPES = """
select 1::number(38,0), 1.50::number(10,2), -12345678901234567890123.45::number(30,2),
       2.5::float, 'h\u00e9'::varchar(20),
       true, '2024-02-29'::date, '12:34:56.789'::time, '1969-12-31 23:59:59.999999'::timestamp_ntz,
       '9999-12-31 00:00:00'::timestamp_ntz, '2024-01-01 12:00:00 +00:00'::timestamp_ltz, to_binary('ff00', 'HEX'),
       null::varchar, to_variant('a')
"""
VALUES = (
    1,
    Decimal("1.50"),
    Decimal("-12345678901234567890123.45"),
    2.5,
    "h\u00e9",
    True,
    datetime.date(2024, 2, 29),
    datetime.time(12, 34, 56, 789000),
    datetime.datetime(1969, 12, 31, 23, 59, 59, 999999),
    datetime.datetime(9999, 12, 31),
    datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC),
    b"\xff\x00",
    None,
    '"a"',
)
MANY = "select seq8() as n, 'row ' || seq8() as t from table(generator(rowcount => 60000)) order by n"
FORMATS = pytest.mark.parametrize("wire", ["ARROW", "JSON"])


def _cursor(connect: Any, wire: str) -> Any:
    return connect(session_parameters={"PYTHON_CONNECTOR_QUERY_RESULT_FORMAT": wire}).cursor()


@FORMATS
def test_value_of_each_type_arrives_as_its_python_value(connect: Any, wire: str) -> None:
    """Both result formats give the same Python values."""
    assert _cursor(connect, wire).execute(TYPES).fetchone() == VALUES


def test_description_has_precision_scale_and_length(connect: Any) -> None:
    """The cursor's description is the declared type."""
    description = connect().cursor().execute(TYPES).description
    assert (description[1].precision, description[1].scale) == (10, 2)
    assert description[4].internal_size == 20
    assert description[8].scale == 9


def test_pandas_types_are_those_of_snowflake(connect: Any) -> None:
    """Whole numbers are as narrow as their values, NUMBER(10,2) is a float, timestamps have nanoseconds."""
    frame = (
        connect()
        .cursor()
        .execute("select 300::number(38,0) as i, 1.50::number(10,2) as d, '2024-01-01'::timestamp_ntz as t")
        .fetch_pandas_all()
    )
    assert [str(kind) for kind in frame.dtypes] == ["int16", "float64", "datetime64[ns]"]


@pytest.mark.parametrize("scale", range(10))
def test_timestamp_of_any_scale_is_the_same_moment_as_row_and_in_pandas(connect: Any, scale: int) -> None:
    """TIMESTAMP_TZ, _LTZ and _NTZ keep the digits of their scale, before 1970 too."""
    cursor = connect(session_parameters={"TIMEZONE": "UTC"}).cursor()
    kinds = ", ".join(f"{kind} timestamp_{kind}({scale})" for kind in ("tz", "ltz", "ntz"))
    cursor.execute(f"create or replace temporary table MOMENTS ({kinds})")
    digits = f"{'123456'[:scale]:0<6}"
    value = f"'1969-12-31 23:59:58.{digits} +0000'"
    cursor.execute(f"insert into MOMENTS values ({value}, {value}, {value})")
    query, moment = "select * from MOMENTS", datetime.datetime(1969, 12, 31, 23, 59, 58, int(digits))
    assert [value.replace(tzinfo=None) for value in cursor.execute(query).fetchone()] == [moment] * 3
    row = cursor.execute(query).fetch_pandas_all().iloc[0]
    assert [value.tz_localize(None) for value in row] == [moment] * 3


@FORMATS
def test_large_result_arrives_whole_and_in_order(connect: Any, wire: str) -> None:
    """Rows in the reply and rows in chunks join without gap or double."""
    rows = _cursor(connect, wire).execute(MANY).fetchall()
    assert [row[0] for row in rows] == list(range(60000))
    assert rows[59999][1] == "row 59999"


def test_result_batches_are_readable_elsewhere(connect: Any) -> None:
    """A pickled batch needs nothing of its connection."""
    connection = connect()
    batches = connection.cursor().execute(MANY).get_result_batches()
    assert len(batches) > 1
    connection.close()
    read = [row for batch in pickle.loads(pickle.dumps(batches)) for row in batch]  # noqa: S301 our own bytes
    assert len(read) == 60000


def test_arrow_table_and_pandas_batches_have_all_rows(connect: Any) -> None:
    """The other ways to fetch give as many rows."""
    cursor = connect().cursor()
    assert cursor.execute(MANY).fetch_arrow_all().num_rows == 60000
    assert sum(len(frame) for frame in cursor.execute(MANY).fetch_pandas_batches()) == 60000
    assert sum(table.num_rows for table in cursor.execute(MANY).fetch_arrow_batches()) == 60000


@pytest.mark.parametrize("secure", [False, True])
def test_chunks_of_either_socket_are_the_same_bytes(account: RunningAccount, connect: Any, secure: bool) -> None:
    """A chunk goes to a plain socket as a file and to TLS in pieces; also beside others on one connection."""
    more = {"protocol": "https", "port": account.endpoints.tls_port} if secure else {}
    cursor = connect(**more).cursor()
    [batch] = cursor.execute(MANY).get_result_batches()[1:]
    http = requests.Session()
    assert http.head(batch._remote_chunk_info.url, timeout=60).content == b""
    bodies = [http.get(batch._remote_chunk_info.url, timeout=60) for _ in range(3)]
    assert {body.headers["transfer-encoding"] for body in bodies} == {"chunked"}
    assert len({body.content for body in bodies}) == 1
    assert pa.ipc.open_stream(bodies[0].content).read_all().num_rows == batch.rowcount


def test_client_that_leaves_in_a_chunk_does_not_disturb_others(account: RunningAccount, connect: Any) -> None:
    """A half-read chunk costs its own connection alone."""
    many = "select seq8() as n, repeat('x', 200) as t from table(generator(rowcount => 100000))"
    batches = connect().cursor().execute(many).get_result_batches()
    url = batches[1]._remote_chunk_info.url
    with socket.create_connection((account.endpoints.host, account.endpoints.port), 60) as left:
        left.sendall(f"GET {url.partition(str(account.endpoints.port))[2]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert left.recv(15) == b"HTTP/1.1 200 OK"
    assert sum(batch.to_arrow().num_rows for batch in batches) == 100_000


@FORMATS
def test_empty_result_has_columns_and_no_rows(connect: Any, wire: str) -> None:
    """No rows is a result like any other."""
    cursor = _cursor(connect, wire).execute("select 1 as a, 'x' as b where 1 = 0")
    assert cursor.fetchall() == []
    assert [column.name for column in cursor.description] == ["A", "B"]


def test_empty_result_as_pandas_has_columns(connect: Any) -> None:
    """An empty frame still has its columns."""
    frame = connect().cursor().execute("select 1 as a, 'x' as b where 1 = 0").fetch_pandas_all()
    assert list(frame.columns) == ["A", "B"]
    assert len(frame) == 0


def test_describe_gives_columns_and_runs_nothing(connect: Any, schema: str) -> None:
    """describe() of a query has its columns; of an INSERT it inserts nothing."""
    cursor = connect().cursor()
    assert [column.name for column in cursor.describe("select 1 as a, 'x' as b")] == ["A", "B"]
    cursor.execute(f"create table {schema}.T (a int)")
    cursor.describe(f"insert into {schema}.T values (1)")
    assert cursor.execute(f"select count(*) from {schema}.T").fetchone() == (0,)


def test_result_of_an_earlier_query_can_be_scanned(connect: Any) -> None:
    """RESULT_SCAN reads what a statement returned, also SHOW."""
    cursor = connect().cursor()
    cursor.execute("select 1 as a union all select 2 order by a")
    query_id = cursor.sfqid
    scanned = cursor.execute(f"select sum(a) from table(result_scan('{query_id}'))").fetchone()
    assert scanned == (3,)
    cursor.execute("show warehouses")
    found = cursor.execute('select "name" from table(result_scan(last_query_id()))').fetchall()
    assert ("COMPUTE_WH",) in found


def test_result_scan_of_unknown_query_is_709(connect: Any) -> None:
    """A query id that names nothing is an error, not an empty result."""
    from snowflake.connector.errors import ProgrammingError

    with pytest.raises(ProgrammingError) as caught:
        connect().cursor().execute("select * from table(result_scan('01aaaaaa-0000-0000-0000-000000000000'))")
    assert caught.value.errno == 709


def test_moment_with_an_offset_has_as_many_digits_as_its_type(connect: Any, schema: str) -> None:
    """Between three digits, where Arrow holds one number, and nine."""
    cursor = connect(schema=schema.split(".")[1]).cursor()
    cursor.execute("create table T (A timestamp_tz(4))")
    cursor.execute("insert into T values ('2024-01-01 12:00:00.123456 +02:00')")
    assert cursor.execute("select A from T").fetchone()[0].microsecond == 123_400


def test_binary_from_a_variant_is_its_bytes(connect: Any) -> None:
    """Hexadecimal text inside a VARIANT, as text elsewhere."""
    assert connect().cursor().execute("select parse_json('[\"ab\"]')[0]::binary").fetchone()[0] == b"\xab"
