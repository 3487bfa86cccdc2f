"""What a person reads when a job fails, or cannot even be submitted."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_spcs import SecretRef, SpcsJobOperator, failure_facts
from airflow_provider_spcs.errors import ImageNotPulled, InvalidName, JobError, SpcsError, StatementError
from tests.airflow.fakes import TaskInstance, context
from tests.airflow.test_trigger import defer, first_event

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator import RunningAccount


def failed(job: dict[str, Any], run_id: str, **changes: Any) -> tuple[SpcsError, dict[str, Any]]:
    """The error of a job that fails, and the XComs of its task."""
    ti = TaskInstance(run_id=run_id)
    with pytest.raises(SpcsError) as caught:
        SpcsJobOperator(**{**job, "command": ["python", "-c", "pass"], **changes}).execute(context(ti))
    return caught.value, ti.xcoms


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["python", "-c", "raise ValueError('no rows')"], ("exit code 1", "It ended with 'ValueError: no rows'")),
        (["python", "--no-such-option"], ("exit code 2", "2: the command was called wrongly")),
        (["/etc/hostname"], ("exit code 126", "126: the command was found and could not be executed")),
        (["no-such-command"], ("exit code 127", "127: the command was not found")),
        (["sh", "-c", "kill -9 $$"], ("exit code 137", "137: a kill (signal 9), most often memory")),
        (["sh", "-c", "kill -11 $$"], ("exit code 139", "139: a crash on invalid memory")),
        (["sh", "-c", "kill -15 $$"], ("exit code 143", "143: stopped from outside")),
    ],
)
def test_card_of_a_container_says_what_its_exit_code_means(
    job: dict[str, Any], command: list[str], words: tuple[str, ...]
) -> None:
    """Exit code, meaning, what Snowflake says, pool, times, fate and where to look; the same as values in an XCom."""
    error, xcoms = failed(job, " ".join(command), command=command)
    common = (
        "FAILED, instance 0, container 'main'",
        "Snowflake says:",
        "Compute pool TEST_POOL is",
        "It was pending for",
        "The job is kept; it no longer bills",
        "SELECT SYSTEM$GET_SERVICE_LOGS(",
        "DROP SERVICE EMULATOR.",
    )
    assert [part for part in (*common, *words) if part not in str(error)] == []
    assert xcoms["job_failure"]["headline"] in str(error)
    assert xcoms["job_failure"]["exit_code"] == int(words[0].removeprefix("exit code "))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"compute_pool": "NO_POOL"}, "GRANT USAGE ON COMPUTE POOL NO_POOL TO ROLE ACCOUNTADMIN"),
        ({"external_access_integrations": ["NO_EAI"]}, "GRANT USAGE ON EXTERNAL ACCESS INTEGRATION NO_EAI TO ROLE"),
        ({"query_warehouse": "NO_WH"}, "GRANT USAGE ON WAREHOUSE NO_WH TO ROLE ACCOUNTADMIN"),
        ({"volumes": {"/d": "@EMULATOR.PUBLIC.NO_STAGE"}}, "GRANT READ ON STAGE EMULATOR.PUBLIC.NO_STAGE TO ROLE"),
        (
            {"secrets": [SecretRef("EMULATOR.PUBLIC.NO_SECRET", env_var="X", key="secret_string")]},
            "GRANT READ ON SECRET EMULATOR.PUBLIC.NO_SECRET TO ROLE ACCOUNTADMIN",
        ),
    ],
)
def test_card_of_a_refused_submission_lists_what_is_missing_with_the_grant(
    job: dict[str, Any], changes: dict[str, Any], words: str
) -> None:
    """Snowflake names one object at a time; the card names all, each with a statement to paste."""
    error, xcoms = failed(job, str(sorted(changes)), **changes)
    assert isinstance(error, StatementError)
    assert error.errno == 2003
    assert words in str(error)
    assert xcoms["job_failure"]["errno"] == 2003


def test_card_of_a_submission_without_the_privilege_lists_every_grant_of_the_job(
    job: dict[str, Any], account: RunningAccount
) -> None:
    """All is there, and the role may not: what a job like this needs, ready to paste."""
    account.faults.statement_error(3001, "Insufficient privileges", kind="EXECUTE JOB SERVICE")
    error, _ = failed(job, "not-permitted", query_warehouse="COMPUTE_WH", image=SNOWFLAKES)
    for grant in (
        "GRANT CREATE SERVICE ON SCHEMA EMULATOR.PUBLIC TO ROLE ACCOUNTADMIN;",
        "GRANT USAGE ON COMPUTE POOL TEST_POOL TO ROLE ACCOUNTADMIN;",
        "GRANT WRITE ON STAGE EMULATOR.PUBLIC.JOBS TO ROLE ACCOUNTADMIN;",
    ):
        assert grant in str(error)


def test_card_of_an_image_that_cannot_be_pulled_repeats_snowflakes_words(job: dict[str, Any]) -> None:
    """A job that never began says why, and which clock ended it."""
    error, _ = failed(job, "no-image", image="/no_such_db/x/y/z:1", startup_timeout_seconds=2)
    assert "startup_timeout_seconds is over while the job was PENDING" in str(error)
    assert "Snowflake says: 'Failed to pull image'" in str(error)


@pytest.mark.parametrize("mode", ["worker", "deferred"])
def test_card_of_an_image_that_cannot_be_pulled_comes_without_a_limit(
    job: dict[str, Any], monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """Snowflake tries for ever and the job would stay PENDING; it is given up and cancelled, in both modes."""
    monkeypatch.setattr("airflow_provider_spcs.pending._FIRST_PAUSE", 0.1)
    monkeypatch.setattr("airflow_provider_spcs.pending.IMAGE_PATIENCE", 0.1)
    monkeypatch.setattr("airflow_provider_spcs.poller._ASIDE_EVERY", 0.1)
    ti = TaskInstance(run_id=f"no-image-{mode}")
    missing = {**job, "image": "/no_such_db/x/y/z:1", "poll_interval": 0.2}
    if mode == "worker":
        with pytest.raises(ImageNotPulled) as caught:
            SpcsJobOperator(**missing).execute(context(ti))
    else:
        operator, trigger = defer(missing, ["true"], ti)
        event = asyncio.run(first_event(trigger))
        with pytest.raises(ImageNotPulled) as caught:
            operator.execute_complete(context(ti), event)
    for words in (
        "Snowflake could not pull the image, again and again, while the job was PENDING",
        "Snowflake says: 'Failed to pull image'",
        "SHOW IMAGES IN IMAGE REPOSITORY no_such_db.x.y",
        "The job is cancelled; its record is kept",
    ):
        assert words in str(caught.value)


def test_card_of_a_suspended_pool_says_how_to_resume_it(job: dict[str, Any]) -> None:
    """A pool that does not resume by itself keeps a job waiting for ever."""
    operator = SpcsJobOperator(**job)
    with operator.hook as hook:
        hook.query(
            "CREATE COMPUTE POOL IF NOT EXISTS ASLEEP MIN_NODES = 1 MAX_NODES = 1 INSTANCE_FAMILY = CPU_X64_S "
            "AUTO_RESUME = FALSE INITIALLY_SUSPENDED = TRUE"
        )
    error, _ = failed(job, "asleep", compute_pool="ASLEEP", startup_timeout_seconds=2)
    assert "Compute pool ASLEEP is SUSPENDED, and does not resume by itself: ALTER COMPUTE POOL ASLEEP RESUME" in str(
        error
    )


def test_card_of_a_database_that_is_not_there_names_the_session(job: dict[str, Any]) -> None:
    """Snowflake opens such a session without a word."""
    error, _ = failed(job, "no-database", database="NO_DATABASE")
    assert isinstance(error, InvalidName)
    assert "no current database and schema" in str(error)


def test_card_of_a_login_that_is_refused_says_so_at_once(job: dict[str, Any]) -> None:
    """A wrong role is no reason to wait for ten minutes."""
    error, _ = failed(job, "no-role", role="NO_ROLE")
    assert "login to Snowflake" in str(error)
    assert "Test the connection; a password, key or token that was renewed in it" in str(error)


def test_failure_facts_are_those_of_the_error_behind_the_failure(job: dict[str, Any]) -> None:
    """What a callback gets; also when Airflow's own exception wraps ours, and when ours is not there."""
    error, xcoms = failed(job, "facts", command=["python", "-c", "raise SystemExit(3)"])
    assert isinstance(error, JobError)
    wrapped = RuntimeError("wrapped")
    wrapped.__cause__ = error
    assert failure_facts({"exception": error}) == xcoms["job_failure"]
    assert failure_facts({"exception": wrapped})["exit_code"] == 3
    assert failure_facts({"exception": KeyError("x")}) == {"error": "KeyError", "headline": "'x'", "message": "'x'"}
    assert failure_facts({})["error"] == "unknown"


def test_card_has_last_lines_without_get_logs(job: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Who shows no log wants to know why it failed all the more; the card's "above" is true."""
    program = "for i in range(30): print('line', i)\nraise SystemExit(3)"
    error, _ = failed(job, "quiet", command=["python", "-uc", program], get_logs=False, number_logs_exception=2)
    assert isinstance(error, JobError)
    assert error.last_lines == ("line 28", "line 29")
    assert "Its last 2 lines are above" in str(error)
    shown = [line for line in capsys.readouterr().out.splitlines() if " line " in line]
    assert [line.split(" line ")[1].split()[0] for line in shown] == ["28", "29"]


def test_card_without_last_lines_does_not_say_that_there_were_none(job: dict[str, Any]) -> None:
    """``number_logs_exception=0`` asks for none."""
    error, _ = failed(job, "no-lines", command=["sh", "-c", "echo x; exit 3"], number_logs_exception=0)
    assert re.search("wrote no log|above", str(error)) is None


def test_failure_facts_without_an_error_are_those_that_the_task_noted() -> None:
    """``dag.test()`` of Airflow 3.1 tells a callback of no error; the task's own XCom has the facts."""

    class Noted(TaskInstance):
        def xcom_pull(self, task_ids: str, key: str, map_indexes: int) -> Any:
            return self.xcoms.get(key) if (task_ids, map_indexes) == (self.task_id, self.map_index) else None

    noted = Noted(map_index=2, xcoms={"job_failure": {"exit_code": 3}})
    assert failure_facts({"ti": noted}) == {"exit_code": 3}
    assert failure_facts({"ti": Noted()})["error"] == "unknown"


def test_failure_facts_hide_what_is_secret(job: dict[str, Any]) -> None:
    """The last lines go to mail and chat, so they are masked as the log is."""
    program = "import os; print('value', os.environ['API_TOKEN']); raise SystemExit(1)"
    _, xcoms = failed(job, "masked", command=["python", "-c", program], env_vars={"API_TOKEN": "hunter3-hunter3"})
    assert xcoms["job_failure"]["last_lines"] == ["value ***"]


SNOWFLAKES = "/snowflake/images/snowflake_images/st_plat/runtime/x86/runtime_image/snowbooks:2.3.0"
