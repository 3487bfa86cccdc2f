"""Every statement as it is sent."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_spcs import sql
from airflow_provider_spcs.errors import InvalidName
from airflow_provider_spcs.naming import JobName
from airflow_provider_spcs.quoting import StagePath
from airflow_provider_spcs.sql import SpecFile, SpecTemplate

JOB = JobName("DB", "S", "N")
TEXT = st.text(
    st.one_of(st.sampled_from("$'\"\\;\n"), st.characters(codec="utf-8", exclude_characters="\0")), max_size=40
)
#: One SQL token: a literal of either kind, a quoted identifier, or one other character.
TOKEN = re.compile(r"\$\$(?:(?!\$\$).)*\$\$|'(?:[^'\\]|\\.|'')*'|\"(?:[^\"]|\"\")*\"|.", re.DOTALL)


def outside(text: str) -> str:
    """A statement without what stands in its literals and quoted identifiers."""
    tokens = TOKEN.findall(text)
    return "".join(token if len(token) == 1 else token[0] + token[-1] for token in tokens)


def test_submission_is_asynchronous_with_every_clause_in_order() -> None:
    """Pool and properties, then the specification, then tags, as the usage notes and terraform have it."""
    text, binds = sql.execute_job(
        JOB,
        compute_pool="pool",
        spec='{"spec":1}',
        replicas=2,
        query_warehouse="wh",
        external_access_integrations=["e1", '"e 2"'],
        comment="it's",
        tags={"db.s.t": "v"},
    )
    assert text.splitlines() == [
        "EXECUTE JOB SERVICE",
        "IN COMPUTE POOL POOL",
        "NAME = DB.S.N",
        "ASYNC = TRUE",
        "REPLICAS = 2",
        "QUERY_WAREHOUSE = WH",
        "COMMENT = 'it''s'",
        'EXTERNAL_ACCESS_INTEGRATIONS = (E1, "e 2")',
        'FROM SPECIFICATION $${"spec":1}$$',
        "WITH TAG (DB.S.T = 'v')",
    ]
    assert binds == ()


def test_submission_leaves_out_what_is_not_given() -> None:
    """No REPLICAS for one instance: with the clause a job has instance variables."""
    text, _ = sql.execute_job(JOB, compute_pool="p", spec="{}")
    assert text == "EXECUTE JOB SERVICE\nIN COMPUTE POOL P\nNAME = DB.S.N\nASYNC = TRUE\nFROM SPECIFICATION $${}$$"


def test_submission_from_a_stage_file_names_stage_and_file() -> None:
    """`FROM @stage SPECIFICATION_FILE = 'path'`."""
    text, _ = sql.execute_job(JOB, compute_pool="p", spec=SpecFile.parse("@db.s.st/dir/job.yaml"))
    assert text.endswith("FROM @DB.S.ST SPECIFICATION_FILE = 'dir/job.yaml'")


def test_submission_from_a_template_sends_values_as_the_server_wants_them() -> None:
    """Alphanumeric text as it is, any other as JSON; keys are case-sensitive."""
    values = {"name": "abc1", "image": "/a b", "n": 3, "f": 0.5, "t": True, "l": [1, "x"], "m": {"k": 1}}
    text, _ = sql.execute_job(JOB, compute_pool="p", spec=SpecTemplate("image: {{ image }}", values))
    assert "FROM SPECIFICATION_TEMPLATE $$image: {{ image }}$$" in text
    assert text.endswith(
        'USING ("name" => \'abc1\', "image" => \'"/a b"\', "n" => 3, "f" => 0.5, "t" => TRUE, '
        '"l" => \'[1, "x"]\', "m" => \'{"k": 1}\')'
    )


@given(TEXT, TEXT, TEXT)
def test_no_comment_template_or_value_can_break_out_of_a_submission(comment: str, template: str, value: str) -> None:
    """Outside its literals the statement is the same whatever they hold."""
    spec = SpecTemplate(template, {"k": value})
    text, _ = sql.execute_job(JOB, compute_pool="p", spec=spec, comment=comment or None, tags={"t": value})
    shape = outside(text).replace("COMMENT = ''\n", "").replace("$$", "''")
    assert shape == (
        "EXECUTE JOB SERVICE\nIN COMPUTE POOL P\nNAME = DB.S.N\nASYNC = TRUE\n"
        "FROM SPECIFICATION_TEMPLATE ''\nUSING (\"\" => '')\nWITH TAG (T = '')"
    )


@given(TEXT)
def test_no_specification_text_can_end_its_literal(text: str) -> None:
    """Whatever is given as text stands in one literal."""
    statement, _ = sql.execute_job(JOB, compute_pool="p", spec=text)
    assert outside(statement).splitlines()[-1] in ("FROM SPECIFICATION $$", "FROM SPECIFICATION ''")


@pytest.mark.parametrize(
    "changes",
    [
        {"compute_pool": "a b"},
        {"compute_pool": ""},
        {"replicas": 0},
        {"replicas": "2"},
        {"query_warehouse": "x; drop"},
        {"external_access_integrations": ["a)"]},
        {"external_access_integrations": "abc"},
        {"tags": {"a b": "v"}},
        {"tags": {"t": "v" * 257}},
        {"spec": SpecTemplate("x", {"a b": 1})},
        {"spec": SpecTemplate("x", {"k": object()})},
        {"spec": SpecTemplate("x", {"k": float("nan")})},
        {"spec": SpecFile("@s", "../x")},
        {"comment": "a\0b"},
    ],
    # By field: an object's own text differs from run to run, and parallel workers must name tests alike.
    ids=lambda changes: next(iter(changes)),
)
def test_submission_with_a_bad_part_is_refused(changes: dict[str, object]) -> None:
    """Nothing is sent."""
    with pytest.raises(InvalidName):
        sql.execute_job(JOB, **{"compute_pool": "p", "spec": "{}", **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["@s", "@s/", "s/x.yaml", ""])
def test_specification_file_needs_a_stage_and_a_file(text: str) -> None:
    """`@stage` alone is no file."""
    with pytest.raises(InvalidName):
        SpecFile.parse(text)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, "SELECT SYSTEM$GET_SERVICE_LOGS('DB.S.N', 0, 'main')"),
        ({"lines": 5}, "SELECT SYSTEM$GET_SERVICE_LOGS('DB.S.N', 0, 'main', 5)"),
        ({"previous": True}, "SELECT SYSTEM$GET_SERVICE_LOGS('DB.S.N', 0, 'main', 100000, TRUE)"),
        (
            {"since": "2026-01-01T00:00"},
            "SELECT SYSTEM$GET_SERVICE_LOGS('DB.S.N', 0, 'main', 100000, FALSE, '2026-01-01T00:00')",
        ),
        ({"timestamps": True}, "SELECT SYSTEM$GET_SERVICE_LOGS('DB.S.N', 0, 'main', 100000, FALSE, '', TRUE)"),
    ],
)
def test_container_logs_has_as_many_arguments_as_are_needed(arguments: dict[str, object], expected: str) -> None:
    """Three documented ones, up to seven as the snow CLI sends them."""
    assert sql.container_logs(JOB, 0, "main", **arguments).text == expected  # type: ignore[arg-type]


def test_history_filters_by_bound_values_newest_first() -> None:
    """Values are bound; the function is asked for all it gives because it cuts before the filter."""
    text, binds = sql.job_history(JOB, query_id="q", limit=1)
    assert text == (
        "SELECT * FROM TABLE(SNOWFLAKE.SPCS.GET_JOB_HISTORY(RESULT_LIMIT => 10000)) WHERE DATABASE_NAME = ? AND "
        "SCHEMA_NAME = ? AND NAME = ? AND QUERY_ID = ? ORDER BY CREATED_TIME DESC LIMIT 1"
    )
    assert binds == ("DB", "S", "N", "q")


def test_times_are_sent_in_utc_with_their_offset() -> None:
    """The session's timezone must not matter."""
    at = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=2)))
    assert "START_TIME => TO_TIMESTAMP_LTZ('2026-01-02 01:04:05.000006+00:00')" in sql.persistent_logs(JOB, at).text
    assert "END_TIME" not in sql.persistent_logs(JOB, at).text


def test_time_without_a_timezone_is_refused() -> None:
    """It is no moment."""
    with pytest.raises(InvalidName, match="timezone"):
        sql.persistent_logs(JOB, datetime(2026, 1, 1))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (sql.describe_job(JOB), "DESCRIBE SERVICE DB.S.N"),
        (sql.show_containers(JOB), "SHOW SERVICE CONTAINERS IN SERVICE DB.S.N"),
        (sql.show_instances(JOB), "SHOW SERVICE INSTANCES IN SERVICE DB.S.N"),
        (sql.show_jobs("db.s"), "SHOW JOB SERVICES IN SCHEMA DB.S LIMIT 10000"),
        (
            sql.show_jobs("s", like="a'%", starts_with="X", after="Y", limit=5),
            "SHOW JOB SERVICES LIKE 'a''%' IN SCHEMA S STARTS WITH 'X' LIMIT 5 FROM 'Y'",
        ),
        (sql.wait_for(JOB, "DONE", 30), "CALL DB.S.N!SPCS_WAIT_FOR('DONE', 30)"),
        (sql.cancel_job(JOB), "CALL DB.S.N!SPCS_CANCEL_JOB()"),
        (sql.drop_job(JOB), "DROP SERVICE IF EXISTS DB.S.N"),
        (sql.drop_job(JOB, force=True), "DROP SERVICE IF EXISTS DB.S.N FORCE"),
        (sql.show_pools("P"), "SHOW COMPUTE POOLS LIKE 'P'"),
        (sql.show_like("STAGES", "x", "d.s"), "SHOW STAGES LIKE 'x' IN SCHEMA D.S"),
        (
            sql.put("/tmp/a'b/*", StagePath.parse("@s/d"), overwrite=True),
            "PUT 'file:///tmp/a''b/*' '@S/d' PARALLEL = 4 AUTO_COMPRESS = FALSE "
            "SOURCE_COMPRESSION = NONE OVERWRITE = TRUE",
        ),
        (sql.get(StagePath.parse("@s/d"), "/tmp/"), "GET '@S/d' 'file:///tmp/' PARALLEL = 4"),
        (sql.list_stage(StagePath.parse("@s/a b")), "LIST '@S/a b'"),
        (sql.remove(StagePath.parse("@s/d")), "REMOVE '@S/d'"),
    ],
)
def test_statement_is_spelled_as_snowflake_reads_it(statement: sql.Sql, expected: str) -> None:
    """One builder, one statement."""
    assert statement == (expected, ())


def test_show_of_an_unknown_kind_is_refused() -> None:
    """The kind goes into the text as it is."""
    with pytest.raises(InvalidName):
        sql.show_like("STAGES; DROP", "x")


def test_history_since_is_a_moment_in_utc() -> None:
    """Where only new jobs matter, fewer are asked for."""
    text = sql.job_history(since=datetime(2026, 1, 1, tzinfo=UTC)).text
    assert "CREATED_TIME_START => TO_TIMESTAMP_LTZ('2026-01-01 00:00:00+00:00'), RESULT_LIMIT => 10000" in text
