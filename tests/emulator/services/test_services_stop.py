"""Waiting for, cancelling, dropping and altering jobs; what the history keeps."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_spcs.emulator.account import Account
from airflow_provider_spcs.emulator.errors import SnowflakeError
from tests.waiting import DEADLINE

if TYPE_CHECKING:
    from conftest import Local
else:
    Local = Any
Spec = Callable[..., str]
SLEEP = "import time; time.sleep(3600)"


def test_wait_for_blocks_until_the_status(local: Local, make_spec: Spec) -> None:
    """SPCS_WAIT_FOR answers once the job is done."""
    local.start("W1", make_spec("import time; time.sleep(0.3)"))
    assert "DONE" in local.value("CALL W1!SPCS_WAIT_FOR('DONE', 180)")
    assert local.status("W1") == "DONE"


def test_wait_for_a_status_out_of_reach_is_an_error(local: Local, make_spec: Spec) -> None:
    """A failed job can never be DONE; a running one is not in time. Both say the current status."""
    local.start("W2", make_spec("exit(1)"))
    with pytest.raises(SnowflakeError, match="FAILED"):
        local.value("CALL W2!SPCS_WAIT_FOR('DONE', 180)")
    local.start("W3", make_spec(SLEEP))
    local.until(lambda: local.status("W3") == "RUNNING")
    with pytest.raises(SnowflakeError, match="RUNNING"):
        local.value("CALL EMULATOR.PUBLIC.W3!SPCS_WAIT_FOR('DONE', 0.1)")
    with pytest.raises(SnowflakeError) as caught:
        local.value("CALL W3!SPCS_WAIT_FOR('SOON', 1)")
    assert caught.value.errno == 1008


def test_cancel_ends_the_process_and_keeps_the_record(local: Local, make_spec: Spec) -> None:
    """CANCELLING, then CANCELLED; the record stays, and a second cancel does no harm."""
    local.start("C1", make_spec(SLEEP))
    local.until(lambda: local.status("C1") == "RUNNING")
    local.sql("SELECT C1!SPCS_CANCEL_JOB()")
    assert local.status("C1") in {"CANCELLING", "CANCELLED"}
    assert local.ended("C1") == "CANCELLED"
    local.value("CALL C1!SPCS_CANCEL_JOB()")
    assert local.status("C1") == "CANCELLED"


def test_account_that_closes_amid_a_cancel_ends_the_job_as_cancelled(
    make_local: Callable[..., Local], make_spec: Spec, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A container that ignores its request to end is killed soon, and no step of the shutdown is a defect."""
    monkeypatch.setattr("airflow_provider_spcs.emulator.services.CLOSE_GRACE_SECONDS", 0.1)
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(3600)"
    closing = make_local()
    with contextlib.closing(closing.account):
        closing.start("DEAF", make_spec(deaf))
        closing.until(lambda: closing.status("DEAF") == "RUNNING")
        closing.until(lambda: "deaf" in closing.logs("DEAF"))
        closing.sql("SELECT DEAF!SPCS_CANCEL_JOB()")
        assert closing.status("DEAF") == "CANCELLING"
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
    with contextlib.closing(Account(closing.account.home.root)) as account:
        account.open()
        session = account.session(database="EMULATOR", schema="PUBLIC")
        assert session.rows("DESCRIBE SERVICE DEAF")[0][1] == "CANCELLED"


def test_cancelled_sync_statement_cancels_its_job(local: Local, make_spec: Spec) -> None:
    """A client that gives up its statement gives up the job."""
    errors: list[SnowflakeError] = []
    session = local.account.session(database="EMULATOR", schema="PUBLIC")

    def run() -> None:
        try:
            session.execute(
                "EXECUTE JOB SERVICE IN COMPUTE POOL POOL NAME = GIVEUP FROM SPECIFICATION ?", [make_spec(SLEEP)]
            )
        except SnowflakeError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    local.until(lambda: bool(local.sql("SHOW SERVICES LIKE 'GIVEUP'")) and local.status("GIVEUP") == "RUNNING")
    session.cancel()
    thread.join(DEADLINE)
    assert errors[0].errno == 604
    assert local.ended("GIVEUP") == "CANCELLED"


def test_statement_timeout_cancels_a_sync_job(local: Local, make_spec: Spec) -> None:
    """STATEMENT_TIMEOUT_IN_SECONDS ends the statement and with it the job."""
    session = local.account.session(
        database="EMULATOR", schema="PUBLIC", parameters={"STATEMENT_TIMEOUT_IN_SECONDS": 1}
    )
    with pytest.raises(SnowflakeError) as caught:
        session.execute("EXECUTE JOB SERVICE IN COMPUTE POOL POOL NAME = SLOW FROM SPECIFICATION ?", [make_spec(SLEEP)])
    assert caught.value.errno == 630
    assert local.ended("SLOW") == "CANCELLED"


def test_drop_ends_the_process_and_frees_the_name(local: Local, make_spec: Spec) -> None:
    """After DROP the job is gone for DESCRIBE (2003) and DELETED in the history."""
    local.start("D1", make_spec(SLEEP))
    local.until(lambda: local.status("D1") == "RUNNING")
    assert local.sql("DROP SERVICE D1") == [{"status": "D1 successfully dropped."}]
    with pytest.raises(SnowflakeError) as caught:
        local.status("D1")
    assert caught.value.errno == 2003
    row = local.sql("SELECT * FROM TABLE(SNOWFLAKE.SPCS.GET_JOB_HISTORY()) WHERE NAME = 'D1'")[0]
    assert (row["STATUS"], row["DELETED_TIME"] is not None) == ("DELETED", True)
    supervisor = local.account.services.supervisor
    local.until(lambda: not [job for job in supervisor.jobs.values() if job.name.name == "D1"])
    assert not (local.account.home.root / "jobs" / row["ID"]).exists()


def test_drop_of_a_missing_job_is_2003_unless_if_exists(local: Local) -> None:
    """DROP SERVICE IF EXISTS is content with nothing."""
    with pytest.raises(SnowflakeError) as caught:
        local.sql("DROP SERVICE NOBODY")
    assert caught.value.errno == 2003
    assert "already dropped" in local.value("DROP SERVICE IF EXISTS NOBODY")


def test_drop_with_block_volumes_needs_force(local: Local, make_spec: Spec) -> None:
    """Block storage would be lost, so FORCE must say so."""
    text = make_spec(volumeMounts=[{"name": "v", "mountPath": "/mnt/block"}])
    text = text[:-2] + ', "volumes": [{"name": "v", "source": "block", "size": "1Gi"}]}}'
    local.start("BLOCKY", text)
    assert local.ended("BLOCKY") == "DONE"
    with pytest.raises(SnowflakeError, match="FORCE"):
        local.sql("DROP SERVICE BLOCKY")
    local.sql("DROP SERVICE BLOCKY FORCE")


def test_alter_of_a_job_is_refused(local: Local, make_spec: Spec) -> None:
    """Jobs cannot be suspended or changed."""
    local.start("ALT", make_spec())
    with pytest.raises(SnowflakeError, match="not allowed"):
        local.sql("ALTER SERVICE ALT SUSPEND")


def test_dropped_schema_takes_its_jobs(local: Local, make_spec: Spec) -> None:
    """Jobs of a dropped schema end, and are DELETED in the history."""
    local.sql("CREATE SCHEMA EMULATOR.GONE")
    local.start("EMULATOR.GONE.J", make_spec(SLEEP))
    local.until(lambda: local.status("EMULATOR.GONE.J") == "RUNNING")
    local.sql("DROP SCHEMA EMULATOR.GONE")
    rows = local.sql("SELECT STATUS FROM TABLE(SNOWFLAKE.SPCS.GET_JOB_HISTORY()) WHERE SCHEMA_NAME = 'GONE'")
    assert [row["STATUS"] for row in rows] == ["DELETED"]
    local.sql("USE SCHEMA EMULATOR.PUBLIC")


def test_history_tells_why_by_query_id(local: Local, make_spec: Spec) -> None:
    """Query id, message, exit codes and parameters of an ended job."""
    sql = "EXECUTE JOB SERVICE IN COMPUTE POOL POOL NAME = H1 ASYNC = TRUE REPLICAS = 2 FROM SPECIFICATION ?"
    local.sql(sql, make_spec("exit(4)"), query_id="01bb-0001")
    assert local.ended("H1") == "FAILED"
    row = local.sql(
        "SELECT * FROM TABLE(SNOWFLAKE.SPCS.GET_JOB_HISTORY(RESULT_LIMIT => 10)) WHERE QUERY_ID = ?", "01bb-0001"
    )[0]
    assert list(row) == [
        "QUERY_ID", "ID", "NAME", "DATABASE_NAME", "SCHEMA_NAME", "CREATED_TIME", "COMPLETED_TIME", "DELETED_TIME",
        "STATUS", "MESSAGE", "INSTANCE_STATUSES", "COMPUTE_POOL_NAME", "OWNER", "OWNER_ROLE_TYPE", "PARAMETERS",
        "MANAGING_OBJECT",
    ]  # fmt: skip
    assert (row["STATUS"], row["MESSAGE"]) == ("FAILED", "User application error, check container logs")
    statuses = json.loads(row["INSTANCE_STATUSES"])
    assert statuses["totalInstances"] == 2
    assert 4 in {item["containers"][0]["lastExitCode"] for item in statuses["instances"]}
    assert json.loads(row["PARAMETERS"]) == {"ASYNC": True, "REPLICAS": 2}


def test_history_shows_only_the_roles_own_jobs(local: Local, make_spec: Spec) -> None:
    """Another role sees none of them, and not the specification either."""
    local.start("MINE", make_spec())
    other = local.account.session(role="SYSADMIN", database="EMULATOR", schema="PUBLIC", warehouse="COMPUTE_WH")
    assert other.rows("SELECT * FROM TABLE(SNOWFLAKE.SPCS.GET_JOB_HISTORY())") == []
    columns = [column.name for column in other.execute("DESCRIBE SERVICE MINE").columns]
    assert other.rows("DESCRIBE SERVICE MINE")[0][columns.index("spec")] is None


def test_show_services_filters(local: Local, make_spec: Spec) -> None:
    """LIKE, IN, STARTS WITH, LIMIT, IN COMPUTE POOL, EXCLUDE JOBS; each form has its own columns."""
    for name in ("SHOW_A", "SHOW_B"):
        local.start(name, make_spec())
    names = lambda text: [row["name"] for row in local.sql(text)]  # noqa: E731
    assert names("SHOW SERVICES LIKE 'show\\\\_%'") == ["SHOW_A", "SHOW_B"]
    assert names("SHOW JOB SERVICES LIKE 'SHOW_B' IN SCHEMA EMULATOR.PUBLIC") == ["SHOW_B"]
    assert names("SHOW SERVICES IN COMPUTE POOL POOL STARTS WITH 'SHOW_' LIMIT 1") == ["SHOW_A"]
    assert names("SHOW JOB SERVICES STARTS WITH 'SHOW_' LIMIT 1 FROM 'SHOW_A'") == ["SHOW_B"]
    assert names("SHOW SERVICES EXCLUDE JOBS") == []
    every = list(local.sql("SHOW SERVICES LIKE 'SHOW_A'")[0])
    assert [name for name in every if name != "is_job"] == list(local.sql("SHOW JOB SERVICES LIKE 'SHOW_A'")[0])
    described = list(local.sql("DESCRIBE SERVICE SHOW_A")[0])
    assert described[described.index("compute_pool") + 1] == "spec"
    with pytest.raises(SnowflakeError):
        local.sql("SHOW SERVICES IN COMPUTE POOL NOWHERE")


def test_service_status_is_json(local: Local, make_spec: Spec) -> None:
    """SYSTEM$GET_SERVICE_STATUS lists containers; SYSTEM$WAIT_FOR_SERVICES waits for their end."""
    local.start("ST", make_spec())
    local.value("SELECT SYSTEM$WAIT_FOR_SERVICES(180, 'ST')")
    found = json.loads(local.value("CALL SYSTEM$GET_SERVICE_STATUS('ST', 5)"))
    assert [(item["containerName"], item["instanceId"], item["status"]) for item in found] == [("main", "0", "DONE")]


def test_endpoints_of_a_job_are_listed(local: Local, make_spec: Spec) -> None:
    """Name, port, range and protocol as the specification has them."""
    text = (
        make_spec()[:-2]
        + ', "endpoints": [{"name": "ui", "port": 80}, {"name": "r", "portRange": "100-200", "protocol": "TCP"}]}}'
    )
    local.start("ENDS", text)
    rows = local.sql("SHOW ENDPOINTS IN SERVICE ENDS")
    assert [(row["name"], row["port"], row["port_range"], row["protocol"]) for row in rows] == [
        ("ui", 80, None, "HTTP"),
        ("r", None, "100-200", "TCP"),
    ]


def test_several_containers_end_the_instance_together(local: Local, make_spec: Spec) -> None:
    """The instance ends when every container has; one that fails makes it FAILED."""
    main = json.loads(make_spec("exit(2)"))["spec"]["containers"][0]
    beside = {**main, "name": "beside", "command": ["python", "-c", "import time; time.sleep(0.5); print('late')"]}
    local.start("PAIR", json.dumps({"spec": {"containers": [main, beside]}}))
    assert local.ended("PAIR") == "FAILED"
    assert [(row["container_name"], row["status"]) for row in local.containers("PAIR")] == [
        ("main", "FAILED"),
        ("beside", "DONE"),
    ]
    assert local.logs("PAIR", 0, "beside") == "late"


def test_many_statements_for_one_name_make_one_job(local: Local, make_spec: Spec) -> None:
    """Whoever comes second, from whichever session, gets 2002; the history has one job."""
    from concurrent.futures import ThreadPoolExecutor

    def submit(_: int) -> int:
        session = local.account.session(database="EMULATOR", schema="PUBLIC")
        try:
            session.execute(
                "EXECUTE JOB SERVICE IN COMPUTE POOL POOL NAME = RACE ASYNC = TRUE FROM SPECIFICATION ?", [make_spec()]
            )
        except SnowflakeError as error:
            return error.errno
        return 0

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(submit, range(16)))
    assert answers == [0] + [2002] * 15
    assert local.ended("RACE") == "DONE"
    history = local.sql("SELECT * FROM TABLE(SNOWFLAKE.SPCS.GET_JOB_HISTORY(RESULT_LIMIT => 1000)) WHERE NAME = 'RACE'")
    assert len(history) == 1


def test_wait_for_takes_every_status_that_describe_shows(local: Any, make_spec: Any) -> None:
    """A status that the job has passed by or never has is awaited, not refused as unknown."""
    local.start("WAITED", make_spec("print(1)"))
    assert local.ended("WAITED") == "DONE"
    for status in ("PENDING", "CANCELLING", "INTERNAL_ERROR"):
        with pytest.raises(SnowflakeError, match="Its current status is DONE"):
            local.sql(f"CALL WAITED!SPCS_WAIT_FOR('{status}', 30)")


def test_method_in_a_select_names_its_column_as_written(local: Any, make_spec: Any) -> None:
    """The column of ``SELECT job!METHOD()`` is the call in upper case, as for any expression."""
    local.start("NAMED", make_spec("print(1)"))
    assert local.ended("NAMED") == "DONE"
    assert list(local.sql("SELECT named!spcs_wait_for('DONE', 3)")[0]) == ["NAMED!SPCS_WAIT_FOR('DONE', 3)"]
    assert list(local.sql("SELECT named!spcs_cancel_job()")[0]) == ["NAMED!SPCS_CANCEL_JOB()"]
