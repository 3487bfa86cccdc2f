"""An account is judged by the facts: the emulator, or a live one. The bodies are the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Facts = dict[str, Any]
Run = Callable[[str], list[dict[str, Any]]]


SUBMIT = "EXECUTE JOB SERVICE IN COMPUTE POOL SPCS_CONTRACT_POOL NAME = {} ASYNC = TRUE FROM SPECIFICATION $${}$$"


def errno_of(run: Run, statement: str) -> int:
    """The number that a statement is refused with."""
    from snowflake.connector.errors import ProgrammingError

    with pytest.raises(ProgrammingError) as caught:
        run(statement)
    return int(caught.value.errno or 0)


@pytest.mark.parametrize(
    ("fact", "statement"),
    [
        ("show_job_services", "SHOW JOB SERVICES LIKE '{job}'"),
        ("describe_service", "DESCRIBE SERVICE {job}"),
        ("show_service_containers", "SHOW SERVICE CONTAINERS IN SERVICE {job}"),
        ("show_service_instances", "SHOW SERVICE INSTANCES IN SERVICE {job}"),
        ("job_history", "SELECT * FROM TABLE(SNOWFLAKE.SPCS.GET_JOB_HISTORY())"),
        ("spcs_get_logs", "SELECT * FROM TABLE({job}!SPCS_GET_LOGS())"),
    ],
)
def test_answer_has_the_columns_of_the_fact(facts: Facts, run: Run, job: str, fact: str, statement: str) -> None:
    """Names and order as documented, where the fact says so."""
    columns = list(run(statement.format(job=job))[0])
    wanted = facts["columns"][fact]
    if "exactly" in wanted:
        assert columns == wanted["exactly"]
    else:
        assert set(wanted["has"]) <= set(columns)
        assert not set(wanted["has_not"]) & set(columns)


def test_job_that_ended_well_is_done_everywhere(facts: Facts, run: Run, job: str) -> None:
    """Service, container and history agree; the instance says SUCCEEDED."""
    assert run(f"DESCRIBE SERVICE {job}")[0]["status"] == "DONE"
    assert run(f"SHOW SERVICE CONTAINERS IN SERVICE {job}")[0]["status"] == "DONE"
    assert run(f"SHOW SERVICE INSTANCES IN SERVICE {job}")[0]["status"] == "SUCCEEDED"
    history = run(f"SELECT STATUS FROM TABLE(SNOWFLAKE.SPCS.GET_JOB_HISTORY()) WHERE NAME = '{job}'")
    assert {row["status"] for row in history} == {"DONE"}


def test_second_job_of_a_name_is_refused_with_the_number_of_the_fact(facts: Facts, run: Run, job: str) -> None:
    """The name is the lock."""
    statement = SUBMIT.format(job, facts["spec_accepted"]["documents"][0])
    assert errno_of(run, statement) == facts["errno"]["already_exists"]["value"]


@pytest.mark.parametrize(
    "statement",
    [
        "DESCRIBE SERVICE NO_SUCH_JOB",
        "SHOW SERVICE CONTAINERS IN SERVICE NO_SUCH_JOB",
        "CALL NO_SUCH_JOB!SPCS_CANCEL_JOB()",
        "DROP SERVICE NO_SUCH_JOB",
    ],
)
def test_missing_job_is_refused_with_a_number_of_the_fact(facts: Facts, run: Run, job: str, statement: str) -> None:
    """2003 or 2043, never anything else."""
    assert errno_of(run, statement) in facts["errno"]["missing"]["values"]


def test_bad_specifications_of_the_facts_are_refused(facts: Facts, run: Run, job: str) -> None:
    """Before a job exists; the number is not known."""
    for number, text in enumerate(facts["spec_refused"]["documents"]):
        errno_of(run, SUBMIT.format(f"REFUSED_{number}", text))
    assert run("SHOW JOB SERVICES LIKE 'REFUSED%'") == []


def image_of(run: Run, job: str) -> str:
    """The image that a job of this account can run."""
    return str(run(f"SHOW SERVICE CONTAINERS IN SERVICE {job}")[0]["image_name"])


def test_dollar_signs_of_an_escaped_specification_reach_the_container(run: Run, job: str) -> None:
    """An escaped dollar sign in JSON is one: what the provider relies on to send any text."""
    container = {"name": "main", "image": image_of(run, job), "command": ["python", "-c", "print('a$$b')"]}
    text = json.dumps({"spec": {"containers": [container]}}).replace("$$", "\\u0024$")
    run(SUBMIT.format("DOLLARS", text))
    run("CALL DOLLARS!SPCS_WAIT_FOR('DONE', 600)")
    (row,) = run("SELECT SYSTEM$GET_SERVICE_LOGS('DOLLARS', 0, 'main')")
    assert next(iter(row.values())).strip() == "a$$b"


def test_submission_answers_with_one_column(facts: Facts, run: Run, job: str) -> None:
    """Its text is for people; the name is ours."""
    text = json.dumps({"spec": {"containers": [{"name": "main", "image": image_of(run, job)}]}})
    (row,) = run(SUBMIT.format("ONE_ROW", text))
    assert list(row) == facts["submission"]["columns"]
    run("DROP SERVICE ONE_ROW")
