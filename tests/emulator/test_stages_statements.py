"""Statements on stages and file formats, through the engine's session."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_spcs.emulator.account import Account
from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError


def put(session: Session, reference: str, content: str | bytes = "x") -> Path:
    """Write a file to a stage as a client that shares the file system does."""
    path = session.account.stages.path(session, reference)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def names(session: Session, sql: str) -> list[str]:
    """The first column of a statement's rows."""
    return [str(row[0]) for row in session.rows(sql)]


@pytest.mark.parametrize("scope", ["", "TEMPORARY ", "SCOPED TEMPORARY ", "OR REPLACE ", "OR REPLACE TEMP "])
def test_create_stage_every_form_makes_an_empty_stage(session: Session, scope: str) -> None:
    """Each way to begin CREATE STAGE makes a stage that LIST can read."""
    session.execute(
        f"CREATE {scope}STAGE s ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE') DIRECTORY = (ENABLE = TRUE) COMMENT = 'c'"
    )
    assert session.rows("LIST @s") == []


def test_create_stage_name_taken_is_refused(session: Session) -> None:
    """A second stage of a name is error 2002, unless the statement says what to do."""
    session.execute("CREATE STAGE s")
    with pytest.raises(SnowflakeError) as caught:
        session.execute("CREATE STAGE s")
    assert caught.value.errno == 2002
    assert "already exists" in session.rows("CREATE STAGE IF NOT EXISTS s")[0][0]


def test_create_or_replace_stage_removes_its_files(session: Session) -> None:
    """A replaced stage is a new and empty one."""
    session.execute("CREATE STAGE s")
    put(session, "@s/a.txt")
    session.execute("CREATE OR REPLACE STAGE s")
    assert session.rows("LIST @s") == []


def test_create_stage_with_url_is_refused(session: Session) -> None:
    """External stages are not emulated and say so."""
    with pytest.raises(SnowflakeError, match="external stage") as caught:
        session.execute("CREATE STAGE s URL = 's3://bucket/x'")
    assert caught.value.errno == 2


def test_unload_to_a_cloud_location_is_refused_before_its_options(session: Session) -> None:
    """The message names the location, not an option that only such a location has."""
    with pytest.raises(SnowflakeError, match="external location s3://bucket/x") as caught:
        session.execute("COPY INTO 's3://bucket/x' FROM (SELECT 1) ENCRYPTION = (TYPE = 'AWS_SSE_S3')")
    assert caught.value.errno == 2


def test_create_stage_by_bound_identifier_quotes_as_written(session: Session) -> None:
    """IDENTIFIER(?) takes a qualified and quoted name."""
    session.execute("CREATE STAGE IF NOT EXISTS IDENTIFIER(?)", [f'EMULATOR."{session.schema}"."a b"'])
    assert len(names(session, "SHOW STAGES LIKE 'a b'")) == 1
    assert session.rows('LIST @"a b"') == []


def test_temporary_stage_hides_a_permanent_one_of_its_session_only(session: Session, engine_account: Account) -> None:
    """The session that made a temporary stage sees it; another one sees the permanent stage of that name."""
    session.execute("CREATE STAGE s")
    put(session, "@s/permanent.txt")
    session.execute("CREATE TEMPORARY STAGE s")
    other = engine_account.session(database="EMULATOR", schema=session.schema)
    try:
        assert session.rows("LIST @s") == []
        assert names(other, "LIST @s") == ["s/permanent.txt"]
    finally:
        other.close()


def test_temporary_stage_ends_with_its_session(engine_account: Account) -> None:
    """Closing the session removes the stage's directory."""
    made = engine_account.session(database="EMULATOR", schema="PUBLIC")
    made.execute("CREATE TEMPORARY STAGE ends_soon")
    directory = put(made, "@ends_soon/a.txt").parent
    made.close()
    assert not directory.exists()


def test_drop_schema_removes_its_stages_directories(session: Session) -> None:
    """Nothing of a stage is left when its schema is dropped."""
    session.execute("CREATE SCHEMA inner_schema")
    session.execute("CREATE STAGE inner_schema.s")
    directory = put(session, "@inner_schema.s/a.txt").parent
    session.execute("DROP SCHEMA inner_schema")
    assert not directory.exists()


def test_rename_stage_keeps_its_files(session: Session) -> None:
    """ALTER STAGE RENAME moves the name, not the content."""
    session.execute("CREATE STAGE s")
    put(session, "@s/d/a.txt")
    session.execute("ALTER STAGE s RENAME TO t")
    assert names(session, "LIST @t") == ["t/d/a.txt"]


def test_drop_stage_missing_is_2003(session: Session) -> None:
    """DROP STAGE of nothing is error 2003; with IF EXISTS it succeeds."""
    with pytest.raises(SnowflakeError) as caught:
        session.execute("DROP STAGE nope")
    assert caught.value.errno == 2003
    session.execute("DROP STAGE IF EXISTS nope")


def test_describe_stage_missing_is_2003(session: Session) -> None:
    """Clients find out whether a stage exists by this error."""
    with pytest.raises(SnowflakeError) as caught:
        session.execute("DESCRIBE STAGE IDENTIFIER(?)", ["nope"])
    assert caught.value.errno == 2003


def test_list_gives_size_md5_and_http_date(session: Session) -> None:
    """LIST's four columns hold what the file is."""
    session.execute("CREATE STAGE s")
    put(session, "@s/a.txt", "hello")
    result = session.execute("LS @s")
    assert [column.name for column in result.columns] == ["name", "size", "md5", "last_modified"]
    assert result.rows is not None
    name, size, md5, modified = result.rows[0]
    assert (name, size, md5) == ("s/a.txt", 5, "5d41402abc4b2a76b9719d911017c592")
    assert str(modified).endswith(" GMT")


def test_list_path_is_a_prefix_and_pattern_a_regular_expression(session: Session) -> None:
    """A path means every file that begins with it; PATTERN must match all of the path."""
    session.execute("CREATE STAGE s")
    for path in ("a1.csv", "a2.txt", "b/a3.csv"):
        put(session, f"@s/{path}")
    assert names(session, "LIST @s/a") == ["s/a1.csv", "s/a2.txt"]
    assert names(session, "LIST @s PATTERN = '.*[.]csv'") == ["s/a1.csv", "s/b/a3.csv"]


def test_list_changed_file_gets_a_new_md5(session: Session) -> None:
    """A remembered sum is that of the content, not of the name."""
    session.execute("CREATE STAGE s")
    put(session, "@s/a", "one")
    before = session.rows("LIST @s")[0][2]
    put(session, "@s/a", "three")
    assert session.rows("LIST @s")[0][2] != before


@pytest.mark.parametrize("path", ["../other/x", "a/../../x", "a/./b", "a/.."])
def test_path_with_dots_gets_nothing(session: Session, path: str) -> None:
    """No statement leaves a stage by its path."""
    session.execute("CREATE STAGE s")
    for sql in (
        f"LIST @s/{path}",
        f"PUT file:///tmp/x '@s/{path}'",
        f"GET '@s/{path}' file:///tmp/",
        f"REMOVE @s/{path}",
    ):
        with pytest.raises(SnowflakeError, match="invalid stage path"):
            session.execute(sql)


def test_symbolic_links_on_a_stage_get_nothing(session: Session, tmp_path: Path) -> None:
    """A link that a container left is neither listed, nor read, nor followed."""
    session.execute("CREATE STAGE s")
    (tmp_path / "secret.csv").write_text("1\n")
    root = put(session, "@s/a.csv").parent
    (root / "file.csv").symlink_to(tmp_path / "secret.csv")
    (root / "dir").symlink_to(tmp_path)
    assert names(session, "LIST @s") == ["s/a.csv"]
    assert session.rows("SELECT $1 FROM @s/file.csv") == []
    with pytest.raises(SnowflakeError, match="invalid stage path"):
        session.execute("GET @s/dir/secret.csv file:///tmp/")


def test_remove_with_pattern_removes_only_those(session: Session) -> None:
    """REMOVE says what it removed and leaves the rest."""
    session.execute("CREATE STAGE s")
    put(session, "@s/a.csv"), put(session, "@s/b.txt")
    assert session.rows("REMOVE @s PATTERN = '.*csv'") == [("s/a.csv", "removed")]
    assert names(session, "LIST @s") == ["s/b.txt"]


def test_copy_files_keeps_the_paths_below_the_source(session: Session) -> None:
    """COPY FILES copies a directory's content under the target's path."""
    session.execute("CREATE STAGE s"), session.execute("CREATE STAGE t")
    put(session, "@s/d/a.txt"), put(session, "@s/d/e/b.txt")
    session.execute("COPY FILES INTO @t/x/ FROM @s/d/")
    assert names(session, "LIST @t") == ["t/x/a.txt", "t/x/e/b.txt"]


@pytest.mark.parametrize(
    ("statement", "source", "options"),
    [
        ("PUT 'file:///a b/*.py' '@s/dir' PARALLEL = 4 AUTO_COMPRESS = FALSE "
         "SOURCE_COMPRESSION = AUTO_DETECT OVERWRITE = TRUE",
         "/a b/*.py", (4, False, True)),
        ("put file:///tmp/x/*.csv @s/dir", "/tmp/x/*.csv", (4, True, False)),
        (r"PUT file://C:\data\a.csv @s/dir auto_compress=false", r"C:\data\a.csv", (4, False, False)),
        (r"PUT 'file:///it\'s.csv' ? parallel=10", "/it's.csv", (10, True, False)),
        ("-- note\nPUT /* c */ file:///tmp/a//b.csv @s/dir -- end", "/tmp/a//b.csv", (4, True, False)),
    ],
)  # fmt: skip
def test_put_paths_are_read_as_written(
    session: Session, statement: str, source: str, options: tuple[object, ...]
) -> None:
    """Bare and quoted paths, Windows paths, doubled slashes and placeholders all arrive whole."""
    session.execute("CREATE STAGE s")
    transfer = session.execute(statement, ["@s/dir"] if "?" in statement else []).transfer
    assert transfer is not None
    assert transfer["src_locations"] == [source]
    assert (transfer["parallel"], transfer["autoCompress"], transfer["overwrite"]) == options


def test_put_unquoted_path_in_several_statements_ends_at_the_semicolon() -> None:
    """``//`` of a bare path hides neither the rest of its statement nor the next one."""
    from airflow_provider_spcs.emulator.statement import split

    assert split("PUT file:///tmp/*.csv @s; SELECT 'file://x;' -- file://c") == [
        "PUT file:///tmp/*.csv @s",
        "SELECT 'file://x;' -- file://c",
    ]


def test_put_option_unknown_is_refused(session: Session) -> None:
    """A misspelt option is an error, not ignored."""
    session.execute("CREATE STAGE s")
    with pytest.raises(SnowflakeError, match="OVERWRTE"):
        session.execute("PUT file:///tmp/a @s OVERWRTE = TRUE")


def test_user_and_table_stages_are_there_without_creating_them(session: Session) -> None:
    """``@~`` and ``@%table`` exist; the stage of a missing table does not."""
    session.execute("CREATE TABLE t (a INT)")
    put(session, "@%t/a.txt")
    assert names(session, "LIST @%t") == ["a.txt"]
    assert isinstance(session.rows("LIST @~/nothing_here"), list)
    with pytest.raises(SnowflakeError) as caught:
        session.execute("LIST @%missing")
    assert caught.value.errno == 2003


def test_file_format_is_described_with_value_and_default(session: Session) -> None:
    """DESCRIBE shows what was set beside what it would be."""
    session.execute("CREATE FILE FORMAT f TYPE = CSV FIELD_DELIMITER = '|' SKIP_HEADER = 1")
    described = {row[0]: row[2:] for row in session.rows("DESC FILE FORMAT f")}
    assert described["FIELD_DELIMITER"] == ("|", ",")
    assert described["SKIP_HEADER"] == ("1", "0")
    assert names(session, "SHOW FILE FORMATS LIKE 'f'") != []


@pytest.mark.parametrize(
    "options", ["TYPE = AVRO", "TYPE = NONSENSE", "TYPE = JSON SKIP_HEADER = 1", "TYPE = CSV SKIP_HEADER = -1"]
)
def test_file_format_outside_the_rules_is_refused(session: Session, options: str) -> None:
    """Types and options that a format does not have are errors before anything is made."""
    with pytest.raises(SnowflakeError):
        session.execute(f"CREATE FILE FORMAT f {options}")
    assert session.rows("SHOW FILE FORMATS") == []


@pytest.mark.parametrize("again", ["drop table T_OWN", "create or replace table T_OWN (a int)"])
def test_stage_of_a_table_goes_with_the_table(session: Session, again: str) -> None:
    """A table made anew under the name has an empty stage."""
    session.execute("create table T_OWN (a int)")
    session.execute("copy into @%T_OWN from (select 1)")
    assert len(session.rows("list @%T_OWN")) == 1
    session.execute(again)
    session.execute("create table if not exists T_OWN (a int)")
    assert session.rows("list @%T_OWN") == []


@pytest.mark.parametrize("sql", ["put 'file:///tmp/a' @S_AIO", "get @S_AIO 'file:///tmp/'"])
def test_client_that_cannot_copy_files_is_told_so(session: Session, sql: str) -> None:
    """The connector's asyncio part would fail over its own code, in words that help nobody."""
    session.execute("create stage S_AIO")
    session.copies_files = False
    with pytest.raises(SnowflakeError, match="aio"):
        session.execute(sql)


def test_client_that_cannot_copy_files_gets_no_stage_for_bound_values(session: Session) -> None:
    """The connector's executemany then sends its values with the statement, instead of failing over the upload."""
    statement = "create or replace temp stage SYSTEMBIND file_format = (type = csv)"
    session.execute(statement)
    session.copies_files = False
    with pytest.raises(SnowflakeError, match="cannot copy files"):
        session.execute(statement)
