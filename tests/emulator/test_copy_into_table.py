"""COPY INTO a table, and what its answer says."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError


@pytest.fixture
def stage(session: Session) -> Path:
    """The directory of a new stage ``s``, beside a table ``t`` of three columns."""
    session.execute("CREATE STAGE s")
    session.execute("CREATE TABLE t (a INT NOT NULL, b VARCHAR(5), c FLOAT)")
    return session.account.stages.path(session, "@s")


def test_csv_loads_by_position_and_says_so(session: Session, stage: Path) -> None:
    """Each file is one row of the answer, with Snowflake's columns."""
    (stage / "a.csv").write_text("1,x,1.5\n2,,\n")
    result = session.execute("COPY INTO t FROM @s FILE_FORMAT = (TYPE = CSV)")
    assert result.rows == [("s/a.csv", "LOADED", 2, 2, 1, 0, None, None, None, None)]
    assert session.rows("SELECT * FROM t ORDER BY a") == [(1, "x", 1.5), (2, None, None)]


def test_csv_options_are_obeyed(session: Session, stage: Path) -> None:
    """Delimiter, header, quotes, NULL_IF, trimming and escapes read the file as Snowflake would."""
    (stage / "a.csv").write_text('a;b;c\n1; "x;y" ;2\n2;NULL;\n3;p\\;q;1\n')
    session.execute(
        "COPY INTO t FROM @s FILE_FORMAT = (TYPE = CSV FIELD_DELIMITER = ';' SKIP_HEADER = 1 TRIM_SPACE = TRUE "
        "FIELD_OPTIONALLY_ENCLOSED_BY = '\"' NULL_IF = ('NULL', ''))"
    )
    assert session.rows("SELECT * FROM t ORDER BY a") == [(1, "x;y", 2.0), (2, None, None), (3, "p;q", 1.0)]


def test_csv_empty_text_in_quotes_is_not_null(session: Session, stage: Path) -> None:
    """An unquoted empty field is NULL, a quoted one is empty text."""
    (stage / "a.csv").write_text('1,"",1\n2,,1\n')
    session.execute("COPY INTO t FROM @s FILE_FORMAT = (TYPE = CSV FIELD_OPTIONALLY_ENCLOSED_BY = '\"')")
    assert session.rows("SELECT b FROM t ORDER BY a") == [("",), (None,)]


@pytest.mark.parametrize(
    ("content", "errno", "message"),
    [
        ("1,x,1\nz,x,1\n", 100038, "Numeric value 'z' is not recognized"),
        ("1,x,1\n2,x\n", 100080, "Number of columns in file (2) does not match that of the corresponding table (3)"),
        ("1,x,1\n2,toolong,1\n", 100078, "String 'toolong' is too long and would be truncated"),
        ("1,x,1\n,x,1\n", 100072, "NULL result in a non-nullable column"),
    ],
)
def test_bad_record_aborts_with_its_place(
    session: Session, stage: Path, content: str, errno: int, message: str
) -> None:
    """ABORT_STATEMENT loads nothing and names file, line and reason."""
    (stage / "a.csv").write_text(content)
    with pytest.raises(SnowflakeError) as caught:
        session.execute("COPY INTO t FROM @s FILE_FORMAT = (TYPE = CSV)")
    assert caught.value.errno == errno
    assert message in caught.value.message
    assert "File 's/a.csv', line 2" in caught.value.message
    assert session.rows("SELECT count(*) FROM t") == [(0,)]


def test_on_error_continue_loads_the_good_records(session: Session, stage: Path) -> None:
    """CONTINUE leaves out bad records and reports the first."""
    (stage / "a.csv").write_text("1,x,1\nz,x,1\n3,x,1\n")
    rows = session.rows("COPY INTO t FROM @s FILE_FORMAT = (TYPE = CSV) ON_ERROR = CONTINUE")
    assert rows == [
        ("s/a.csv", "PARTIALLY_LOADED", 3, 2, 3, 1, "Numeric value 'z' is not recognized", 2, 1, '"T"["A":1]')
    ]
    assert session.rows("SELECT a FROM t ORDER BY a") == [(1,), (3,)]


def test_on_error_skip_file_loads_the_other_files(session: Session, stage: Path) -> None:
    """SKIP_FILE loads all of a file or nothing of it."""
    (stage / "a.csv").write_text("1,x,1\nz,x,1\n")
    (stage / "b.csv").write_text("5,x,1\n")
    rows = session.rows("COPY INTO t FROM @s FILE_FORMAT = (TYPE = CSV) ON_ERROR = 'SKIP_FILE'")
    assert [(row[0], row[1], row[3]) for row in rows] == [("s/a.csv", "LOAD_FAILED", 0), ("s/b.csv", "LOADED", 1)]
    assert session.rows("SELECT a FROM t") == [(5,)]


@pytest.mark.parametrize(
    ("limit", "loaded"), [("SKIP_FILE_1", 0), ("SKIP_FILE_2", 1), ("SKIP_FILE_50%", 0), ("SKIP_FILE_51%", 1)]
)
def test_on_error_skip_file_counts_the_bad_records(session: Session, stage: Path, limit: str, loaded: int) -> None:
    """A number or share of bad records decides whether the file is skipped."""
    (stage / "a.csv").write_text("1,x,1\nz,x,1\n")
    rows = session.rows(f"COPY INTO t FROM @s FILE_FORMAT = (TYPE = CSV) ON_ERROR = {limit}")
    assert rows[0][3] == loaded


def test_second_copy_loads_nothing_twice(session: Session, stage: Path) -> None:
    """A loaded file is passed over, unless FORCE, a changed content, or a truncated table makes it new."""
    copy = "COPY INTO t FROM @s FILE_FORMAT = (TYPE = CSV)"
    (stage / "a.csv").write_text("1,x,1\n")
    session.execute(copy)
    assert session.rows(copy) == [("Copy executed with 0 files processed.",)]
    assert len(session.rows(f"{copy} FORCE = TRUE")) == 1
    (stage / "a.csv").write_text("22,x,1\n")
    assert session.rows(copy)[0][1] == "LOADED"
    session.execute("TRUNCATE TABLE t")
    assert session.rows(copy)[0][1] == "LOADED"


def test_files_pattern_and_purge_choose_and_remove(session: Session, stage: Path) -> None:
    """FILES and PATTERN choose; PURGE removes what was loaded only."""
    for name in ("a.csv", "b.csv", "c.txt"):
        (stage / name).write_text("1,x,1\n")
    session.execute("COPY INTO t FROM @s FILES = ('a.csv') FILE_FORMAT = (TYPE = CSV) PURGE = TRUE")
    session.execute("COPY INTO t FROM @s PATTERN = '.*[.]csv' FILE_FORMAT = (TYPE = CSV) PURGE = TRUE")
    assert sorted(path.name for path in stage.iterdir()) == ["c.txt"]


def test_transformation_computes_over_the_fields(session: Session, stage: Path) -> None:
    """The SELECT of a COPY may reorder, cast and compute; listed columns only are filled."""
    (stage / "a.csv").write_text("x,4,9\ny,5,9\n")
    session.execute("COPY INTO t (a, b) FROM (SELECT t.$2::INT * 10, UPPER(t.$1) FROM @s t) FILE_FORMAT = (TYPE = CSV)")
    assert session.rows("SELECT a, b, c FROM t ORDER BY a") == [(40, "X", None), (50, "Y", None)]


def test_json_loads_into_variant_and_by_name(session: Session, stage: Path) -> None:
    """JSON fills one VARIANT column, or columns by name; several columns without that are refused."""
    (stage / "a.json").write_text('[{"a": 1, "b": "x", "c": 2.5}, {"a": 2}]')
    session.execute("CREATE TABLE v (v VARIANT)")
    session.execute("COPY INTO v FROM @s FILE_FORMAT = (TYPE = JSON STRIP_OUTER_ARRAY = TRUE)")
    assert session.rows("SELECT v:a::INT, v:b::STRING FROM v ORDER BY 1") == [(1, "x"), (2, None)]
    session.execute(
        "COPY INTO t FROM @s FILE_FORMAT = (TYPE = JSON STRIP_OUTER_ARRAY = TRUE) "
        "MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE"
    )
    assert session.rows("SELECT * FROM t ORDER BY a") == [(1, "x", 2.5), (2, None, None)]
    with pytest.raises(SnowflakeError, match="one and only one column"):
        session.execute("COPY INTO t FROM @s FILE_FORMAT = (TYPE = JSON) FORCE = TRUE")


def test_dates_are_read_by_the_formats_date_format(session: Session, stage: Path) -> None:
    """DATE_FORMAT decides what a date in a file means."""
    session.execute("CREATE TABLE d (d DATE)")
    (stage / "a.csv").write_text("01/02/2024\n")
    session.execute("COPY INTO d FROM @s FILE_FORMAT = (TYPE = CSV DATE_FORMAT = 'DD/MM/YYYY')")
    assert str(session.rows("SELECT d FROM d")[0][0]) == "2024-02-01"


def test_copy_in_a_transaction_is_rolled_back_with_it(session: Session, stage: Path) -> None:
    """COPY is DML: ROLLBACK undoes it."""
    (stage / "a.csv").write_text("1,x,1\n")
    session.execute("BEGIN")
    session.execute("COPY INTO t FROM @s FILE_FORMAT = (TYPE = CSV)")
    session.execute("ROLLBACK")
    assert session.rows("SELECT count(*) FROM t") == [(0,)]


@pytest.mark.parametrize("options", ["ON_ERROR = MAYBE", "VALIDATION_MODE = RETURN_SOME", "PURG = TRUE", "FILES = 'a'"])
def test_options_outside_the_rules_are_refused(session: Session, stage: Path, options: str) -> None:
    """A wrong or unsupported option is an error before anything is loaded."""
    (stage / "a.csv").write_text("1,x,1\n")
    with pytest.raises(SnowflakeError):
        session.execute(f"COPY INTO t FROM @s {options}")
    assert session.rows("SELECT count(*) FROM t") == [(0,)]


def test_select_reads_fields_and_metadata(session: Session, stage: Path) -> None:
    """A query over a stage sees fields by position, file names and row numbers; missing fields are NULL."""
    (stage / "a.csv").write_text("1,x\n2,y\n")
    found = session.rows("SELECT $1, $3, METADATA$FILENAME, METADATA$FILE_ROW_NUMBER FROM @s ORDER BY 4")
    assert found == [("1", None, "a.csv", 1), ("2", None, "a.csv", 2)]


@pytest.mark.parametrize(
    ("location", "read"),
    [("CSV", "$1::INT, $2"), ("PARQUET", "$1:A::INT, $1:B::STRING")],
)
def test_unload_and_read_back_gives_the_same_rows(session: Session, stage: Path, location: str, read: str) -> None:
    """What COPY INTO a stage writes, a query over the stage reads."""
    session.execute("""INSERT INTO t VALUES (1, 'a,b', 1), (2, 'q"q', 2), (3, NULL, NULL)""")
    written = session.rows(
        f"COPY INTO @s/out/ FROM t FILE_FORMAT = (TYPE = {location}) {'HEADER = TRUE' if location == 'PARQUET' else ''}"
    )
    assert written[0][0] == 3
    session.execute(f"CREATE FILE FORMAT f TYPE = {location}")
    found = session.rows(f"SELECT {read} FROM @s/out/ (FILE_FORMAT => 'f') ORDER BY 1")
    assert found == [(1, "a,b"), (2, 'q"q'), (3, None)]


def test_unload_again_without_overwrite_is_refused(session: Session, stage: Path) -> None:
    """Unloading never replaces files unless told to."""
    session.execute("INSERT INTO t VALUES (1, 'a', 1)")
    session.execute(
        "COPY INTO @s/x.csv FROM t FILE_FORMAT = (TYPE = CSV COMPRESSION = NONE) SINGLE = TRUE HEADER = TRUE"
    )
    assert (stage / "x.csv").read_text() == "A,B,C\n1,a,1\n"
    with pytest.raises(SnowflakeError, match="already existing"):
        session.execute("COPY INTO @s/x.csv FROM t SINGLE = TRUE")
    session.execute("COPY INTO @s/x.csv FROM t SINGLE = TRUE OVERWRITE = TRUE")


def test_infer_schema_says_types_and_expressions(session: Session, stage: Path) -> None:
    """INFER_SCHEMA reads the header's names and the narrowest types."""
    (stage / "a.csv").write_text("id,name,day\n1,x,2024-01-02\n20,,2024-01-03\n")
    session.execute("CREATE FILE FORMAT f TYPE = CSV PARSE_HEADER = TRUE")
    found = session.rows("SELECT * FROM TABLE(INFER_SCHEMA(LOCATION => '@s', FILE_FORMAT => 'f')) ORDER BY ORDER_ID")
    assert [(row[0], row[1], row[2]) for row in found] == [
        ("id", "NUMBER(2, 0)", False),
        ("name", "TEXT", True),
        ("day", "DATE", False),
    ]


def test_validation_mode_says_the_errors_and_loads_nothing(session: Session, stage: Path) -> None:
    """RETURN_ERRORS lists each bad record with its text; RETURN_<n>_ROWS gives rows, or the first one's error."""
    (stage / "bad.csv").write_text("1,a\nx,b\n3,ccc\n4,d\n")
    session.execute("CREATE TABLE v (id INT, name VARCHAR(2))")
    errors = session.rows("COPY INTO v FROM @s/bad.csv VALIDATION_MODE = RETURN_ERRORS")
    assert [(row[0], row[1], row[6], row[9], row[11]) for row in errors] == [
        ("Numeric value 'x' is not recognized", "bad.csv", 100038, 2, "x,b"),
        ("String 'ccc' is too long and would be truncated", "bad.csv", 100078, 3, "3,ccc"),
    ]
    assert session.rows("COPY INTO v FROM @s/bad.csv VALIDATION_MODE = RETURN_1_ROWS") == [(1, "a")]
    with pytest.raises(SnowflakeError, match="line 2"):
        session.execute("COPY INTO v FROM @s/bad.csv VALIDATION_MODE = RETURN_2_ROWS")
    assert session.rows("SELECT COUNT(*) FROM v") == [(0,)]


def test_unload_by_partition_makes_a_folder_for_each_value(session: Session, stage: Path) -> None:
    """Every file lies in its value's folder, NULL in ``__NULL__``, and holds only its rows."""
    session.execute("CREATE TABLE p AS SELECT * FROM VALUES (1, 'a'), (2, 'b'), (3, 'a'), (4, NULL) AS t(i, k)")
    written = session.rows("COPY INTO @s/out FROM p PARTITION BY ('k=' || k) FILE_FORMAT = (TYPE = CSV)")
    assert written[0][0] == 4
    found = {path.parent.name for path in (stage / "out").rglob("*.csv.gz")}
    assert found == {"k=a", "k=b", "__NULL__"}
    assert sorted(session.rows("SELECT $1, $2 FROM '@s/out/k=a'")) == [("1", "a"), ("3", "a")]
    assert session.rows("SELECT $1, $2 FROM @s/out/__NULL__") == [("4", None)]


@pytest.mark.parametrize("by", ["'../up'", "'a//b'", "'.'"])
def test_unload_into_a_folder_that_leads_elsewhere_is_refused(session: Session, stage: Path, by: str) -> None:
    """A partition's value cannot leave the place that was named."""
    with pytest.raises(SnowflakeError) as caught:
        session.execute(f"COPY INTO @s/out FROM (SELECT 1) PARTITION BY ({by}) FILE_FORMAT = (TYPE = CSV)")
    assert caught.value.errno == 391
    assert not list(stage.rglob("*.gz"))


@pytest.mark.parametrize("compression", ["BZ2", "BROTLI", "ZSTD", "DEFLATE", "RAW_DEFLATE", "GZIP", "NONE"])
@pytest.mark.parametrize(
    ("kind", "read", "written"), [("CSV", "v", "SEQ4()"), ("JSON", "v:a", "OBJECT_CONSTRUCT('a', SEQ4())")]
)
def test_every_compression_is_written_and_read(  # noqa: PLR0917
    session: Session, stage: Path, compression: str, kind: str, read: str, written: str
) -> None:
    """What COPY INTO a stage packs, COPY INTO a table unpacks."""
    shape = f"FILE_FORMAT = (TYPE = {kind} COMPRESSION = {compression})"
    session.execute(f"COPY INTO @s/packed FROM (SELECT {written} FROM TABLE(GENERATOR(ROWCOUNT => 50))) {shape}")
    session.execute(f"CREATE TABLE back (v {'INT' if kind == 'CSV' else 'VARIANT'})")
    session.execute(f"COPY INTO back FROM @s/packed {shape}")
    assert session.rows(f"SELECT COUNT(*), SUM({read}::INT) FROM back") == [(50, 1225)]


def test_uneven_file_longer_than_a_block_is_read_whole(session: Session, stage: Path) -> None:
    """Records, quotes and escapes that lie across the borders of what is read at a time stay whole."""
    lines = [
        f'{number},"q,{number}\n""x"""' if number % 2 else f"{number},a\\,b,{'z' * 40}" for number in range(40_000)
    ]
    (stage / "uneven.csv").write_text("\n".join(lines) + "\n")
    session.execute("CREATE TABLE u (i INT, s STRING)")
    session.execute(
        "COPY INTO u FROM @s/uneven.csv FILE_FORMAT = (TYPE = CSV FIELD_OPTIONALLY_ENCLOSED_BY = '\"' "
        "ERROR_ON_COLUMN_COUNT_MISMATCH = FALSE)"
    )
    found = session.rows(
        "SELECT COUNT(*), SUM(i), COUNT_IF(s = 'q,' || i || CHR(10) || '\"x\"'), COUNT_IF(s = 'a,b') FROM u"
    )
    assert found == [(40_000, 799_980_000, 20_000, 20_000)]


def test_copy_into_a_column_that_is_not_there_names_it(session: Session) -> None:
    """With its quotes, where it needs them. Source: snowflake-sqlalchemy's tests of ``make_pd_writer``."""
    session.execute("create table T_NAMES (A int)")
    session.execute("create stage S_NAMES")
    with pytest.raises(SnowflakeError, match="invalid identifier '\"a\"'") as caught:
        session.execute('copy into T_NAMES ("a") from @S_NAMES')
    assert caught.value.errno == 904


@pytest.mark.parametrize("said", ["(type = 'json')", "(format_name = 'f')"])
def test_stage_file_format_of_a_table_holds_for_its_own_stage(session: Session, said: str) -> None:
    """COPY INTO without a source or a format reads the table's stage by what CREATE TABLE said."""
    session.execute("create file format f type = json")
    session.execute(f"create table own (value variant) stage_file_format = {said}")
    path = session.account.stages.path(session, "@%own/a.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"a": 1}')
    assert session.rows("copy into own")[0][1] == "LOADED"
    assert session.rows("select value:a from own") == [("1",)]
