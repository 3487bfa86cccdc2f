"""The log of a deferred task: hidden values, and where a restarted triggerer goes on."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from airflow.sdk.execution_time.xcom import XCom

from airflow_provider_spcs import SpcsJobOperator, SpcsJobTrigger
from airflow_provider_spcs.log_place import KEY
from tests.airflow.fakes import TaskInstance, context
from tests.airflow.test_trigger import defer, first_event
from tests.gate import Gate, held

COUNT = "for n in range({}, {}): print(f'N {{n:02}}')"
NUMBERS = ["python", "-uc", held(COUNT.format(8, 16), before=COUNT.format(0, 8))]
FEW = ["python", "-uc", held(COUNT.format(0, 3))]
LEAK = ["python", "-uc", held("pass", before="import os; print('password is', os.environ['DB_PASSWORD'])")]


@pytest.fixture
def xcoms(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Airflow's XComs by key, as its API would keep them."""
    kept: dict[str, Any] = {}
    # No worker hears of these deferrals, so no event is too early.
    monkeypatch.setenv("AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL", "0")
    monkeypatch.setattr("airflow_provider_spcs.triggers._HEARD_IN", 0.0)
    monkeypatch.setattr(XCom, "get_one", staticmethod(lambda *, key, **_: kept.get(key)))
    monkeypatch.setattr(XCom, "set", staticmethod(lambda *, key, value, **_: kept.update({key: value})))
    monkeypatch.setattr(XCom, "delete", staticmethod(lambda *, key, **_: kept.pop(key, None)))
    return kept


def shown(capsys: pytest.CaptureFixture[str], word: str) -> list[str]:
    """Lines of the log from ``word`` on."""
    return [
        line[line.index(word) :].split("[")[0].strip() for line in capsys.readouterr().out.splitlines() if word in line
    ]


def test_restarted_triggerer_goes_on_where_the_log_was(
    job: dict[str, Any], gate: Gate, xcoms: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """A trigger's arguments do not change while it waits, so its place is kept outside; the end removes it."""
    ti = TaskInstance(run_id="restarted")
    operator, first = defer(job, NUMBERS, ti, volumes=gate.volumes)
    second = SpcsJobTrigger(**first.serialize()[1])
    first.task_instance = second.task_instance = ti  # type: ignore[assignment]

    async def restart() -> dict[str, Any]:
        before = asyncio.create_task(first_event(first))
        while KEY not in xcoms:
            await asyncio.sleep(0.05)
        before.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await before
        gate.open()
        return await first_event(second)

    event = asyncio.run(restart())
    operator.execute_complete(context(ti), event)
    assert shown(capsys, "N ") == [f"N {number:02}" for number in range(16)]
    assert xcoms == {}


def test_place_of_another_job_is_not_used(job: dict[str, Any], gate: Gate, xcoms: dict[str, Any], capsys: Any) -> None:
    """After a clear the new attempt's log begins at its beginning."""
    ti = TaskInstance(run_id="other-place")
    xcoms[KEY] = {"job": "E.P.OTHER", "cursor": {"streams": [[0, "main", ["2999-01-01T00:00:00Z", 1, 9, [], 0, ""]]]}}
    operator, trigger = defer(job, FEW, ti, volumes=gate.volumes)
    gate.open()
    trigger.task_instance = ti  # type: ignore[assignment]
    operator.execute_complete(context(ti), asyncio.run(first_event(trigger)))
    assert len(shown(capsys, "N ")) == 3


def test_secret_looking_variable_is_hidden_while_deferred(job: dict[str, Any], gate: Gate, capsys: Any) -> None:
    """As Airflow hides it in a worker; the trigger takes it from the job, Airflow's database has it nowhere."""
    secret = {"DB_PASSWORD": "hunter-two"}
    operator, trigger = defer(job, LEAK, TaskInstance(run_id="leak"), env_vars=secret, volumes=gate.volumes)
    assert "hunter-two" not in str(trigger.serialize())
    out = ""

    async def wait() -> None:
        # Lines that a trigger has not read when the job ends are the worker's to show.
        nonlocal out
        waiting = asyncio.create_task(first_event(trigger))
        while "password is" not in out and not waiting.done():
            await asyncio.sleep(0.05)
            out += capsys.readouterr().out
        gate.open()
        await waiting

    asyncio.run(wait())
    out += capsys.readouterr().out
    assert "password is ***" in out
    assert "hunter-two" not in out
    assert isinstance(operator, SpcsJobOperator)
