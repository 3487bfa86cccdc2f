"""SpcsHook over a socket: a real connector against a running account."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_spcs.emulator import RunningAccount, start
from airflow_provider_spcs.errors import InvalidInput, NameTaken, NotFound, ResultError, StatementError, SubmitError
from airflow_provider_spcs.hooks import SpcsHook
from airflow_provider_spcs.logs import follow
from airflow_provider_spcs.naming import JobName, Stamp
from airflow_provider_spcs.rows import JobState
from airflow_provider_spcs.spec import Container, LocalVolume, Resources, ServiceSpec, StageVolume, VolumeMount
from airflow_provider_spcs.sql import SpecFile, SpecTemplate
from airflow_provider_spcs.status import ContainerState
from tests.waiting import DEADLINE, until

IMAGE = "/emulator/public/images/python:3.11"
STAMP = Stamp("dag", "task", "run", provider="0")


def as_airflow_connection(account: RunningAccount | dict[str, Any], schema: str) -> str:
    """An Airflow connection to the plain port, as JSON."""
    given = account if isinstance(account, dict) else account.connection_kwargs
    extra = {key: given[key] for key in ("account", "host", "port", "protocol", "warehouse", "role")}
    database, _, name = schema.partition(".")
    return json.dumps(
        {
            "conn_type": "snowflake",
            "login": given["user"],
            "password": given["password"],
            "schema": name,
            "extra": {**extra, "database": database},
        }
    )


@pytest.fixture
def hook(account: RunningAccount, schema: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SpcsHook]:
    """A hook on a plain-HTTP connection in the test's own schema, with a pool."""
    monkeypatch.setenv("AIRFLOW_CONN_EMULATED", as_airflow_connection(account, schema))
    with SpcsHook("emulated", transient_timeout=DEADLINE) as hook:
        hook.query(
            "CREATE COMPUTE POOL IF NOT EXISTS HOOK_POOL MIN_NODES = 1 MAX_NODES = 4 INSTANCE_FAMILY = CPU_X64_S"
        )
        hook.query("CREATE STAGE FILES")
        yield hook
        for job in hook.list_jobs():
            hook.drop_job(job.name)


def python(code: str, **changes: object) -> ServiceSpec:
    """A specification that runs one piece of Python."""
    container = Container("main", IMAGE, command=("python", "-u", "-c", code), **changes)  # type: ignore[arg-type]
    return ServiceSpec((container,))


def ended(hook: SpcsHook, name: JobName) -> JobState:
    """The job when it has ended."""

    def state() -> JobState | None:
        found = hook.find_job(name)
        return found if found is not None and found.status.terminal else None

    found = until(state)
    assert found is not None
    return found


def test_job_is_submitted_followed_and_found_done(hook: SpcsHook) -> None:
    """The whole way of a job that works."""
    submission = hook.submit_job("J", compute_pool="hook_pool", spec=python("print('a $$ b'); print('c')"), stamp=STAMP)
    assert submission.query_id
    assert not submission.adopted
    state = ended(hook, submission.name)
    assert (state.status.value, state.stamp, state.compute_pool) == ("DONE", STAMP, "HOOK_POOL")
    assert [str(line) for line in follow(hook, "J").finish()] == ["a $$ b", "c"]
    (container,) = hook.containers("J")
    assert (container.state, container.exit_code) == (ContainerState.DONE, 0)
    assert [instance.status for instance in hook.instances("J")] == ["SUCCEEDED"]


def test_failed_job_has_its_exit_code(hook: SpcsHook) -> None:
    """From SHOW SERVICE CONTAINERS; DESCRIBE has no reason."""
    name = hook.submit_job("J", compute_pool="HOOK_POOL", spec=python("raise SystemExit(3)")).name
    assert ended(hook, name).status.value == "FAILED"
    assert [container.exit_code for container in hook.containers(name)] == [3]


def test_second_submission_of_the_same_task_adopts_and_of_another_is_refused(hook: SpcsHook) -> None:
    """The name is the lock, the stamp says whose job it is."""
    spec = python("import time; time.sleep(3600)")
    hook.submit_job("J", compute_pool="HOOK_POOL", spec=spec, stamp=STAMP)
    assert hook.submit_job("J", compute_pool="HOOK_POOL", spec=spec, stamp=STAMP).adopted
    with pytest.raises(NameTaken):
        hook.submit_job("J", compute_pool="HOOK_POOL", spec=spec, stamp=Stamp("other", "task", "run"))
    assert len(hook.list_jobs()) == 1


def test_cancelled_job_keeps_its_record_and_dropped_one_does_not(hook: SpcsHook) -> None:
    """SPCS_CANCEL_JOB first, DROP SERVICE only on purpose."""
    name = hook.submit_job("J", compute_pool="HOOK_POOL", spec=python("import time; time.sleep(3600)")).name
    until(lambda: state if (state := hook.describe_job(name)) and state.status.value == "RUNNING" else None)
    assert hook.cancel_job(name)
    assert ended(hook, name).status.value == "CANCELLED"
    assert not hook.cancel_job(name)
    assert hook.drop_job(name)
    assert not hook.drop_job(name)
    assert hook.describe_job(name) is None
    assert not hook.cancel_job(name)


def test_dropped_job_is_found_in_history_with_its_end(hook: SpcsHook) -> None:
    """A missing job is looked up before it is believed gone."""
    submission = hook.submit_job("J", compute_pool="HOOK_POOL", spec=python("raise SystemExit(4)"))
    ended(hook, submission.name)
    hook.drop_job(submission.name)
    found = hook.find_job(submission.name)
    assert found is not None
    assert found.source == "history"
    assert found.deleted
    assert [container.exit_code for container in found.containers] == [4]
    assert [job.name for job in hook.job_history(query_id=submission.query_id)] == [submission.name]
    assert hook.job_history(submission.name, since=datetime.now(UTC) + timedelta(hours=1)) == []


def test_job_that_never_was_is_none_and_has_no_parts(hook: SpcsHook) -> None:
    """Missing is an answer, not an error."""
    assert hook.describe_job("NEVER") is None
    assert hook.find_job("NEVER") is None
    assert hook.containers("NEVER") == []
    assert hook.instances("NEVER") == []
    with pytest.raises(NotFound):
        hook.container_logs("NEVER", 0, "main")


def test_wait_for_returns_when_the_job_is_done_and_false_when_it_cannot_be(hook: SpcsHook) -> None:
    """It blocks in the server; the caller asks for the status afterwards in any case."""
    name = hook.submit_job("J", compute_pool="HOOK_POOL", spec=python("print(1)")).name
    assert hook.wait_for(name, "DONE", DEADLINE)
    failed = hook.submit_job("K", compute_pool="HOOK_POOL", spec=python("raise SystemExit(1)")).name
    assert not hook.wait_for(failed, "DONE", DEADLINE)
    assert not hook.wait_for("NEVER", "DONE", 1)


def test_log_is_followed_live_and_across_a_restart(hook: SpcsHook) -> None:
    """Every line once, from two followers."""
    code = "import time\nfor i in range(8): print('line', i); time.sleep(0.1)"
    name = hook.submit_job("J", compute_pool="HOOK_POOL", spec=python(code)).name
    follower, read = follow(hook, name), []
    while not (state := hook.describe_job(name)) or not state.status.terminal:
        read += [str(line) for line in follower.poll()]
        follower = follow(hook, name, json.loads(json.dumps(follower.cursor)))
        time.sleep(0.1)
    read += [str(line) for line in follower.finish()]
    assert read == [f"line {number}" for number in range(8)]
    assert [record.text for record in hook.persistent_logs(name)] == read


def test_replicas_are_instances_with_their_own_log(hook: SpcsHook) -> None:
    """Each line says where it is from."""
    code = "import os; print(os.environ['SNOWFLAKE_JOB_INDEX'])"
    name = hook.submit_job("J", compute_pool="HOOK_POOL", spec=python(code), replicas=2).name
    assert ended(hook, name).replicas == 2
    assert sorted(str(line) for line in follow(hook, name).finish()) == ["[main/0] 0", "[main/1] 1"]


def test_specification_file_and_template_on_a_stage_are_run(hook: SpcsHook, tmp_path: Path) -> None:
    """Both forms that lie on a stage, and a template given as text."""
    (tmp_path / "job.yaml").write_text(python("print('file')").to_yaml())
    template = python("print('{{ word }}')").to_yaml()
    (tmp_path / "template.yaml").write_text(template)
    place = hook.upload_payload(tmp_path, "@FILES/specs")
    jobs = {
        "A": SpecFile.parse(f"{place}/job.yaml"),
        "B": SpecTemplate(SpecFile.parse(f"{place}/template.yaml"), {"word": "stage"}),
        "C": SpecTemplate(template, {"word": "text"}),
    }
    read = {}
    for name, spec in jobs.items():
        job = hook.submit_job(name, compute_pool="HOOK_POOL", spec=spec).name
        ended(hook, job)
        read[name] = [str(line) for line in follow(hook, job).finish()]
    assert read == {"A": ["file"], "B": ["stage"], "C": ["text"]}


def test_payload_is_uploaded_once_and_mounted_as_it_is(hook: SpcsHook, tmp_path: Path) -> None:
    """The same content goes to the same place; a job reads it there."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "run me.py").write_text("print('ran', open('/app/sub/data').read(), open('/app/.hidden').read())")
    (tmp_path / "sub" / "data").write_text("data")
    (tmp_path / ".hidden").write_text("dot")
    place = hook.upload_payload(tmp_path, "@FILES/code")
    listed = hook.query("LIST @FILES/code")
    assert hook.upload_payload(tmp_path, "@FILES/code") == place
    assert hook.query("LIST @FILES/code") == listed
    spec = ServiceSpec(
        (Container("main", IMAGE, command=("python", "/app/run me.py"), volume_mounts=(VolumeMount("app", "/app"),)),),
        volumes=(StageVolume("app", place),),
    )
    job = hook.submit_job("J", compute_pool="HOOK_POOL", spec=spec).name
    assert ended(hook, job).status.value == "DONE"
    assert [str(line) for line in follow(hook, job).finish()] == ["ran data dot"]


def test_result_that_a_container_wrote_is_read_from_its_stage(hook: SpcsHook) -> None:
    """What a job writes into a stage volume comes back as bytes."""
    spec = ServiceSpec(
        (
            Container(
                "main",
                IMAGE,
                command=("python", "-c", "open('/out/return.json', 'w').write('{\"a\": 1}')"),
                volume_mounts=(VolumeMount("out", "/out"),),
            ),
        ),
        volumes=(StageVolume("out", "@FILES/out"),),
    )
    ended(hook, hook.submit_job("J", compute_pool="HOOK_POOL", spec=spec).name)
    assert hook.read_stage_file("@FILES/out/return.json") == b'{"a": 1}'
    assert hook.read_stage_file("@FILES/out/return.jso") is None
    assert not hook.stage_file_exists("@FILES/out/return")
    assert hook.stage_file_exists("@FILES/out/return.json")
    with pytest.raises(ResultError, match="8 bytes"):
        hook.read_stage_file("@FILES/out/return.json", max_bytes=7)


def test_jobs_are_listed_with_their_stamps(hook: SpcsHook) -> None:
    """One statement answers for every waiting job."""
    for name in ("AF_ONE", "AF_TWO", "OTHER"):
        hook.submit_job(name, compute_pool="HOOK_POOL", spec=python("pass"), stamp=STAMP)
    jobs = {job.name.name: job for job in hook.list_jobs(starts_with="AF_")}
    assert sorted(jobs) == ["AF_ONE", "AF_TWO"]
    assert jobs["AF_ONE"].stamp == STAMP
    assert len(hook.list_jobs(like="%o%")) == 3


def test_refused_submission_leaves_no_job(hook: SpcsHook) -> None:
    """A missing pool is told with its number, and once."""
    with pytest.raises(SubmitError) as caught:
        hook.submit_job("J", compute_pool="NO_SUCH_POOL", spec=python("pass"))
    assert caught.value.errno in (2003, 2043)
    assert hook.list_jobs() == []


def test_bad_input_is_refused_before_anything_is_sent(account: RunningAccount) -> None:
    """No connection is needed to say no: this hook has none to open."""
    hook = SpcsHook("there_is_no_such_connection")
    with pytest.raises(InvalidInput):
        hook.submit_job("A.B.C", compute_pool="a b", spec=python("pass"))
    with pytest.raises(InvalidInput):
        hook.read_stage_file("@s/../x")


def test_preflight_tells_every_problem_at_once(hook: SpcsHook) -> None:
    """Pool, warehouse, integration, stage, image, and what cannot fit."""
    spec = ServiceSpec(
        (Container("main", IMAGE, resources=Resources(cpu=100, memory="1Gi")),),
        volumes=(StageVolume("v", "@NO_STAGE"), LocalVolume("l")),
    )
    problems = hook.preflight(
        spec, compute_pool="HOOK_POOL", query_warehouse="NO_WH", external_access_integrations=["NO_EAI"]
    )
    text = "\n".join(problems)
    assert all(name in text for name in ("100 cores", "NO_WH", "NO_EAI", "NO_STAGE", "IMAGES"))
    assert len(problems) == 5


def test_preflight_of_a_job_that_has_all_it_needs_is_empty(hook: SpcsHook) -> None:
    """No false alarm."""
    hook.query("CREATE IMAGE REPOSITORY IF NOT EXISTS EMULATOR.PUBLIC.IMAGES")
    spec = ServiceSpec((Container("main", IMAGE),), volumes=(StageVolume("v", "@FILES/x"),))
    assert hook.preflight(spec, compute_pool="HOOK_POOL", query_warehouse="COMPUTE_WH", replicas=4) == []


def test_pool_is_found_by_its_exact_name(hook: SpcsHook) -> None:
    """LIKE's `_` stands for any character; the answer is compared again."""
    pool = hook.pool_state("hook_pool")
    assert pool is not None
    assert (pool.name, pool.instance_family, pool.max_nodes) == ("HOOK_POOL", "CPU_X64_S", 4)
    assert hook.pool_state("HOOKXPOOL") is None


def test_statement_that_is_refused_keeps_its_number(hook: SpcsHook) -> None:
    """Errors are classified by errno."""
    with pytest.raises(StatementError) as caught:
        hook.query("SELECT * FROM NO_SUCH_TABLE")
    assert caught.value.errno == 2003


def test_restarted_account_costs_the_hook_a_login_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The held connection's session is gone with the server; the next statement works all the same."""
    with start(home=tmp_path / "home") as running:
        monkeypatch.setenv("AIRFLOW_CONN_EMULATED", as_airflow_connection(running, "EMULATOR.PUBLIC"))
        port = running.connection_kwargs["port"]
        hook = SpcsHook("emulated", transient_timeout=DEADLINE)
        hook.query("CREATE TABLE KEPT AS SELECT 1 AS A")
    with start(home=tmp_path / "home", port=port), hook:
        assert hook.query("SELECT A FROM KEPT") == [{"a": 1}]


def test_wrong_password_is_told_at_once(account: RunningAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting mends it: it must not be tried again for ten minutes."""
    given = {**account.connection_kwargs, "password": "wrong"}
    monkeypatch.setenv("AIRFLOW_CONN_EMULATED", as_airflow_connection(given, "EMULATOR.PUBLIC"))
    with pytest.raises(StatementError, match="login") as caught:
        SpcsHook("emulated", sleep=lambda _: pytest.fail("it was tried again")).query("SELECT 1")
    assert "wrong" not in str(caught.value)


def test_airflows_own_connection_works_with_the_hook(
    account: RunningAccount, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without `protocol` the hook speaks HTTPS like Airflow's own."""
    monkeypatch.setenv("AIRFLOW_CONN_TLS", account.airflow_uri)
    with SpcsHook("tls", database=schema.partition(".")[0], schema=schema.partition(".")[2]) as hook:
        assert str(hook.qualify("j")) == f"{schema}.J"
