"""EXECUTE JOB SERVICE with real processes: forms, results, logs, replicas, what it names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_spcs.emulator.errors import SnowflakeError

if TYPE_CHECKING:
    from conftest import Local
else:
    Local = Any
Spec = Callable[..., str]


def test_sync_job_answers_when_it_is_done(local: Local, make_spec: Spec) -> None:
    """One column ``status``; DESCRIBE and the log say the same."""
    rows = local.sql("EXECUTE JOB SERVICE IN COMPUTE POOL POOL NAME = SYNC1 FROM SPECIFICATION ?", make_spec())
    assert rows == [{"status": "Job SYNC1 completed successfully with status: DONE."}]
    described = local.sql("DESCRIBE SERVICE SYNC1")[0]
    assert (described["status"], described["is_job"], described["is_async_job"]) == ("DONE", "true", "false")
    assert re.fullmatch(r"[0-9a-f]{64}", described["spec_digest"])
    assert re.fullmatch(r"sync1\.[0-9a-z]{4,8}\.svc\.spcs\.internal", described["dns_name"])
    assert local.logs("SYNC1") == "hello"


def test_sync_job_that_fails_raises_and_is_kept(local: Local, make_spec: Spec) -> None:
    """The statement fails; the container's exit code and message stay readable."""
    with pytest.raises(SnowflakeError, match="FAILED"):
        local.sql("EXECUTE JOB SERVICE IN COMPUTE POOL POOL NAME = BAD FROM SPECIFICATION ?", make_spec("exit(3)"))
    container = local.containers("BAD")[0]
    assert (container["status"], container["last_exit_code"], container["restart_count"]) == ("FAILED", 3, 0)
    assert container["message"] == "User application error, check container logs"
    assert container["service_status"] == "FAILED"


def test_async_job_answers_at_once(local: Local, make_spec: Spec) -> None:
    """The answer comes before the end, and says that the job was started."""
    rows = local.sql(
        "EXECUTE JOB SERVICE IN COMPUTE POOL POOL NAME = ASYNC1 ASYNC = TRUE FROM SPECIFICATION ?", make_spec()
    )
    assert rows == [{"status": "Started Snowpark Container Services Job 'ASYNC1'."}]
    assert local.ended("ASYNC1") == "DONE"


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("F1", "EXECUTE JOB SERVICE IN COMPUTE POOL POOL FROM SPECIFICATION $${spec}$$ NAME=F1"),
        ("F2", "execute job service in compute pool pool name = public.f2 async=false from specification $${spec}$$;"),
        (
            "F3",
            'EXECUTE JOB SERVICE IN COMPUTE POOL "POOL" NAME = "EMULATOR"."PUBLIC"."F3" FROM SPECIFICATION $${spec}$$',
        ),
        (
            "F4",
            "EXECUTE JOB SERVICE\nIN COMPUTE POOL IDENTIFIER('pool')\nFROM SPECIFICATION $${spec}$$\n"
            "NAME = IDENTIFIER('f4') REPLICAS = 1 COMMENT = 'it\\'s' QUERY_WAREHOUSE = IDENTIFIER('COMPUTE_WH') "
            "WITH TAG (emulator.public.cost = 'v')",
        ),
    ],
)
def test_clauses_come_in_any_order_and_spelling(local: Local, make_spec: Spec, name: str, statement: str) -> None:
    """Spec first or last, bare and quoted names, IDENTIFIER, any case."""
    local.sql("CREATE TAG IF NOT EXISTS EMULATOR.PUBLIC.COST ALLOWED_VALUES 'v'")
    local.sql(statement.replace("{spec}", make_spec()))
    assert local.status(name) == "DONE"


def test_job_without_a_name_gets_one(local: Local, make_spec: Spec) -> None:
    """``JOB_<query id>`` with underscores."""
    local.sql("EXECUTE JOB SERVICE IN COMPUTE POOL POOL FROM SPECIFICATION ?", make_spec(), query_id="01ab-cd")
    assert local.status("JOB_01AB_CD") == "DONE"


def test_specification_comes_from_a_stage_file(local: Local, make_spec: Spec) -> None:
    """``SPEC =`` and ``SPECIFICATION_FILE =`` below ``@stage/dir``; a template is rendered with USING."""
    local.sql("CREATE STAGE SPECS")
    directory = local.account.stages.path(local.session, "@SPECS")
    (directory / "dir").mkdir()
    (directory / "dir" / "job.yaml").write_text(make_spec())
    (directory / "t.yaml").write_text(make_spec("print('{{ word }}', '{{ other | default('none') }}')"))
    local.sql("EXECUTE JOB SERVICE IN COMPUTE POOL POOL NAME=S1 FROM @SPECS SPEC = 'dir/job.yaml'")
    local.sql("EXECUTE JOB SERVICE IN COMPUTE POOL POOL FROM @specs/dir SPECIFICATION_FILE='job.yaml' NAME=S2")
    local.sql(
        'EXECUTE JOB SERVICE IN COMPUTE POOL POOL NAME=S3 FROM \'@"EMULATOR"."PUBLIC"."SPECS"\' '
        "SPECIFICATION_TEMPLATE_FILE='t.yaml' USING (\"word\" => 'hi')"
    )
    assert local.logs("S3") == "hi none"
    with pytest.raises(SnowflakeError) as caught:
        local.sql("EXECUTE JOB SERVICE IN COMPUTE POOL POOL NAME=S4 FROM @SPECS SPEC = 'missing.yaml'")
    assert caught.value.errno == 2003


def test_second_job_of_a_name_is_refused(local: Local, make_spec: Spec) -> None:
    """2002, also after the first has ended: the name is a lock until the job is dropped."""
    local.start("TWICE", make_spec())
    local.ended("TWICE")
    with pytest.raises(SnowflakeError) as caught:
        local.start("TWICE", make_spec())
    assert caught.value.errno == 2002
    local.sql("DROP SERVICE TWICE")
    local.start("TWICE", make_spec())
    assert local.ended("TWICE") == "DONE"


@pytest.mark.parametrize(
    ("clauses", "container", "errno"),
    [
        ("IN COMPUTE POOL NOWHERE", {}, 2003),
        ("IN COMPUTE POOL POOL QUERY_WAREHOUSE = NOWHERE", {}, 2003),
        ("IN COMPUTE POOL POOL EXTERNAL_ACCESS_INTEGRATIONS = (NOWHERE)", {}, 2003),
        (
            "IN COMPUTE POOL POOL",
            {"secrets": [{"snowflakeSecret": "NOWHERE", "envVarName": "A", "secretKeyRef": "secret_string"}]},
            2003,
        ),
        ("IN COMPUTE POOL POOL", {"resources": {"requests": {"cpu": 99}}}, 395018),
        ("IN COMPUTE POOL POOL", {"foo": 1}, 395018),
        ("IN COMPUTE POOL POOL REPLICAS = 0", {}, 1008),
        ("IN COMPUTE POOL POOL ASYNC = MAYBE", {}, 1008),
        ("IN COMPUTE POOL POOL COMMENT = 'a' COMMENT = 'b'", {}, 1003),
        ("IN COMPUTE POOL POOL NOTHING = 1", {}, 1003),
    ],
)
def test_wrong_statement_creates_nothing(
    local: Local, make_spec: Spec, clauses: str, container: dict[str, Any], errno: int
) -> None:
    """Everything named is checked first; after an error there is no job and no history of one."""
    before = len(local.sql("SELECT * FROM TABLE(SNOWFLAKE.SPCS.GET_JOB_HISTORY(RESULT_LIMIT => 1000))"))
    with pytest.raises(SnowflakeError) as caught:
        local.sql(f"EXECUTE JOB SERVICE {clauses} NAME = NEVER FROM SPECIFICATION ?", make_spec(**container))
    assert caught.value.errno == errno
    assert local.sql("SHOW SERVICES LIKE 'NEVER'") == []
    after = len(local.sql("SELECT * FROM TABLE(SNOWFLAKE.SPCS.GET_JOB_HISTORY(RESULT_LIMIT => 1000))"))
    assert after == before


@pytest.mark.parametrize("name", ['"mixedCase"', "A" * 64, '"WITH SPACE"'])
def test_name_that_cannot_be_a_jobs_is_refused(local: Local, make_spec: Spec, name: str) -> None:
    """Case-sensitive names, names over 63 characters and names that make no DNS label."""
    with pytest.raises(SnowflakeError) as caught:
        local.start(name, make_spec())
    assert caught.value.errno == 1008


def test_disabled_integration_is_refused(local: Local, make_spec: Spec) -> None:
    """An external access integration must be enabled."""
    local.sql("CREATE NETWORK RULE R1 MODE = EGRESS TYPE = HOST_PORT VALUE_LIST = ('example.com:443')")
    local.sql("CREATE EXTERNAL ACCESS INTEGRATION OFF1 ALLOWED_NETWORK_RULES = (R1) ENABLED = FALSE")
    with pytest.raises(SnowflakeError, match="not enabled"):
        local.start("NOEAI", make_spec(), "EXTERNAL_ACCESS_INTEGRATIONS = (OFF1)")
    local.sql("ALTER EXTERNAL ACCESS INTEGRATION OFF1 SET ENABLED = TRUE")
    local.start("NOEAI", make_spec(), "EXTERNAL_ACCESS_INTEGRATIONS = (OFF1)")
    assert local.ended("NOEAI") == "DONE"


def test_replicas_run_as_instances_with_index_and_count(local: Local, make_spec: Spec) -> None:
    """Each instance has its number, the count, and an address of its own; without REPLICAS there is no number."""
    code = "import os; print(os.environ.get('SNOWFLAKE_JOB_INDEX'), os.environ.get('SNOWFLAKE_JOBS_COUNT'))"
    local.start("MANY", make_spec(code), "REPLICAS = 3")
    assert local.ended("MANY") == "DONE"
    assert [local.logs("MANY", index, "main") for index in range(3)] == ["0 3", "1 3", "2 3"]
    instances = local.sql("SHOW SERVICE INSTANCES IN SERVICE MANY")
    assert [row["instance_id"] for row in instances] == ["0", "1", "2"]
    assert {row["status"] for row in instances} == {"SUCCEEDED"}
    assert len({row["ip_address"] for row in instances}) == 3
    local.start("ONE", make_spec(code))
    local.ended("ONE")
    assert local.logs("ONE") == "None None"


def test_one_failed_instance_fails_the_job_and_ends_the_others(local: Local, make_spec: Spec) -> None:
    """A job with a failed instance is FAILED, whatever the rest does."""
    code = "import os, time; exit(5) if os.environ['SNOWFLAKE_JOB_INDEX'] == '1' else time.sleep(3600)"
    local.start("HALF", make_spec(code), "REPLICAS = 2")
    assert local.ended("HALF") == "FAILED"
    local.until(lambda: {row["status"] for row in local.sql("SHOW SERVICE INSTANCES IN SERVICE HALF")} == {"FAILED"})


def test_log_arguments_choose_lines_and_times(local: Local, make_spec: Spec) -> None:
    """Number of lines, times, and a beginning in time: what a client that follows a log asks for."""
    local.start("LINES", make_spec("import time\nfor i in range(5): print(i); time.sleep(0.01)"))
    local.ended("LINES")
    assert local.logs("LINES") == "0\n1\n2\n3\n4"
    assert local.logs("LINES", "0", "main", 2) == "3\n4"
    stamped = local.logs("LINES", 0, "main", 500, "False", "", "True").split("\n")
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z \d", line) for line in stamped)
    since = stamped[3].split(" ")[0]
    assert local.logs("LINES", 0, "main", 500, "False", since, "False") == "3\n4"
    with pytest.raises(SnowflakeError, match="Unable to get container status for instance id: 7"):
        local.logs("LINES", 7, "main")
    with pytest.raises(SnowflakeError, match="Available containers: main"):
        local.logs("LINES", 0, "other")


def test_log_is_cut_to_its_last_100_kilobytes(local: Local, make_spec: Spec) -> None:
    """At most 102400 bytes, whole lines, the last ones."""
    local.start("LONG", make_spec("for i in range(30000): print(f'{i:09d}')"))
    local.ended("LONG")
    lines = local.logs("LONG").split("\n")
    assert lines[-1] == "000029999"
    assert 9000 < len(lines) <= 102400 // 10 + 1


def test_stage_volume_is_the_stages_directory(local: Local, make_spec: Spec) -> None:
    """What a container writes to a mounted stage is on the stage."""
    local.sql("CREATE STAGE OUT1")
    text = make_spec("open('/mnt/out/deep.txt', 'w').write('x')", volumeMounts=[{"name": "v", "mountPath": "/mnt/out"}])
    text = text[:-2] + ', "volumes": [{"name": "v", "source": "@OUT1/dir"}]}}'
    local.start("WRITES", text)
    assert local.ended("WRITES") == "DONE", local.logs("WRITES")
    assert [row["name"] for row in local.sql("LIST @OUT1")] == ["out1/dir/deep.txt"]


def test_secret_reaches_the_container_and_nothing_else(local: Local, make_spec: Spec) -> None:
    """As variable and as file inside; in no document, description or database file outside."""
    local.sql("CREATE SECRET TOKEN1 TYPE = GENERIC_STRING SECRET_STRING = 'hush-hush-1'")
    local.sql("CREATE SECRET LOGIN1 TYPE = PASSWORD USERNAME = 'me' PASSWORD = 'hush-hush-22'")
    code = "import os; print(len(os.environ['T']), open('/s/username').read(), len(open('/s/password').read()))"
    secrets = [
        {"snowflakeSecret": "token1", "envVarName": "T", "secretKeyRef": "secret_string"},
        {"snowflakeSecret": {"objectName": "EMULATOR.PUBLIC.LOGIN1"}, "directoryPath": "/s"},
    ]
    local.start("SECRETIVE", make_spec(code, secrets=secrets))
    assert local.ended("SECRETIVE") == "DONE", local.logs("SECRETIVE")
    assert local.logs("SECRETIVE") == "11 me 12"
    told = [local.sql("SHOW SECRETS"), local.sql("DESCRIBE SECRET LOGIN1"), local.sql("DESCRIBE SERVICE SECRETIVE")]
    assert "hush" not in str(told)
    home = local.account.home.root
    assert "hush" not in (home / "objects.sqlite").read_bytes().decode("latin-1")
    assert {path.stat().st_mode & 0o777 for path in (home / "secrets").iterdir()} == {0o600}


def test_image_without_environment_stays_pending_as_a_failed_pull(local: Local, make_spec: Spec) -> None:
    """PENDING with Snowflake's message; it can be cancelled."""
    local.start("NOIMAGE", make_spec(image="/db/s/r/unknown:1"))
    local.until(lambda: local.containers("NOIMAGE")[0]["message"] == "Failed to pull image")
    assert local.status("NOIMAGE") == "PENDING"
    with pytest.raises(SnowflakeError, match="Container Status: PENDING"):
        local.logs("NOIMAGE")
    local.sql("SELECT NOIMAGE!SPCS_CANCEL_JOB()")
    assert local.ended("NOIMAGE") == "CANCELLED"


def test_readiness_probe_holds_the_container_pending(local: Local, make_spec: Spec, tmp_path: Any) -> None:
    """PENDING with the probe's message until the port answers 200, then READY."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = (
        "import http.server, pathlib, socketserver, time\n"
        f"while not pathlib.Path('/mnt/go/go').exists(): time.sleep(0.02)\n"
        f"socketserver.TCPServer(('127.0.0.1', {port}), http.server.SimpleHTTPRequestHandler).serve_forever()"
    )
    local.sql("CREATE STAGE GO1")
    text = make_spec(
        code,
        readinessProbe={"port": port, "path": "/"},
        volumeMounts=[{"name": "v", "mountPath": "/mnt/go"}],
    )
    local.start("PROBED", text[:-2] + ', "volumes": [{"name": "v", "source": "@GO1"}]}}')
    message = f"Readiness probe is failing at path: /, port: {port}"
    local.until(lambda: local.containers("PROBED")[0]["message"] == message)
    assert local.status("PROBED") == "PENDING"
    (local.account.stages.path(local.session, "@GO1") / "go").touch()
    local.until(lambda: local.status("PROBED") != "PENDING")
    assert local.status("PROBED") == "RUNNING", local.logs("PROBED")
    local.sql("DROP SERVICE PROBED")


def test_memory_volume_holds_no_more_than_its_size(local: Local, make_spec: Spec) -> None:
    """Writing past it fails as a full disk does, where mount namespaces are allowed."""
    code = (
        "import errno\n"
        "try: open('/mem/f', 'wb').write(bytes(3 << 20))\n"
        "except OSError as error: print(error.errno == errno.ENOSPC)"
    )
    text = json.loads(make_spec(code, volumeMounts=[{"name": "m", "mountPath": "/mem"}]))
    text["spec"]["volumes"] = [{"name": "m", "source": "memory", "size": "1Mi"}]
    local.start("MEM_1", json.dumps(text))
    assert local.ended("MEM_1") == "DONE", local.logs("MEM_1")
    if local.account.runner.plan != "rewrite":
        assert local.logs("MEM_1") == "True"


def test_tag_must_exist_and_allow_its_value(local: Local, make_spec: Spec) -> None:
    """2003 for a tag that is missing, 1008 for a value that is not allowed; nothing is created."""
    local.sql("CREATE TAG IF NOT EXISTS LEVEL ALLOWED_VALUES 'high', 'low'")
    for clause, errno in (("TAG (NO_TAG = 'x')", 2003), ("TAG (LEVEL = 'middle')", 1008)):
        with pytest.raises(SnowflakeError) as caught:
            local.start("TAGGED", make_spec(), clause)
        assert caught.value.errno == errno
    local.start("TAGGED", make_spec(), "WITH TAG (LEVEL = 'low')")
    assert local.ended("TAGGED") == "DONE"


def test_container_that_cannot_be_started_says_why_in_the_history(local: Local, make_spec: Spec) -> None:
    """GET_JOB_HISTORY's MESSAGE has the reason."""
    bare = json.loads(make_spec())
    del bare["spec"]["containers"][0]["command"]
    bare["spec"]["containers"][0]["image"] = "/snowflake/images/snowflake_images/exampleimage:latest"
    local.start("BARE", json.dumps(bare))
    assert local.ended("BARE") == "FAILED"
    message = local.value("SELECT MESSAGE FROM TABLE(SNOWFLAKE.SPCS.GET_JOB_HISTORY()) WHERE NAME = 'BARE'")
    assert "nothing to run" in message
