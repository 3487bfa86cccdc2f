"""Which requests and jobs a fault meets: kinds, expressions, counts, chances, plans."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_spcs.emulator.faults import Fault, FaultError, Faults
from airflow_provider_spcs.emulator.faults.when import JobMatcher, RequestMatcher, Schedule, Seen
from airflow_provider_spcs.emulator.names import Name


class Place:
    """As much of an account as faults need before anything happens."""

    def __init__(self, root: Path) -> None:
        self.home = type("Home", (), {"root": root})()


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    """Faults of an account that does not run."""
    return Faults(Place(tmp_path))  # type: ignore[arg-type]


def _post(sql: str, request_id: str = "") -> Seen:
    return Seen("POST", "/queries/v1/query-request", sql, request_id)


def _due(faults: Faults, seen: Seen) -> list[str]:
    """Names of the faults that a request meets when each lets it on."""
    found, waiting = [], faults.requests
    while (index := faults.first_due(seen, waiting)) is not None:
        found.append(waiting[index].fault.name)
        waiting = waiting[index + 1 :]
    return found


def _met(schedule: Schedule, moments: int, seed: str = "s") -> list[int]:
    fault = Fault("f", schedule, seed, lambda _fault: None)
    return [number for number in range(1, moments + 1) if fault.due()]


@pytest.mark.parametrize(
    ("when", "sql", "fits"),
    [
        ({"kind": "execute job service"}, "/* c */ EXECUTE\n  JOB SERVICE IN COMPUTE POOL p", True),
        ({"kind": "EXECUTE JOB SERVICE"}, "select 'EXECUTE JOB SERVICE'", False),
        ({"sql": r"name\s*=\s*train_"}, "execute job service NAME = TRAIN_1", True),
        ({"sql": "train"}, "select 1", False),
        ({"kind": "SELECT", "sql": "b$"}, "select a", False),
        ({}, "anything at all", True),
        ({}, "'unfinished", True),
    ],
)
def test_statement_fits_by_its_words_and_text(when: dict[str, Any], sql: str, fits: bool) -> None:
    """First words are compared as tokens, so comments and case do not matter; expressions search anywhere."""
    assert RequestMatcher(**when).fits(_post(sql)) is fits


def test_request_without_statement_fits_by_path_only() -> None:
    """Heartbeats, logins and polls are met only by faults that name their path."""
    poll = Seen("GET", "/queries/01/result", "select 1")
    login = Seen("POST", "/session/v1/login-request")
    assert not RequestMatcher().fits(poll)
    assert not RequestMatcher(kind="select").fits(login)
    assert RequestMatcher(path="/queries/.*/result", kind="select").fits(poll)
    assert RequestMatcher(path="/session/.*").fits(login)
    assert not RequestMatcher(path="/session").fits(login)


def test_job_fits_by_name_and_status() -> None:
    """Plain and full names fit; with a status only the moment it is reached."""
    job = Name("DB", "S", "TRAIN_1")
    assert JobMatcher("train_.*").fits(job)
    assert JobMatcher(r"db\.s\.train_1").fits(job)
    assert not JobMatcher("train").fits(job)
    assert JobMatcher(at="running").fits(job, "RUNNING")
    assert not JobMatcher(at="RUNNING").fits(job, "DONE")


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule(), [1]),
        (Schedule(nth=3), [3]),
        (Schedule(times=2), [1, 2]),
        (Schedule(nth=2, every=3, times=None), [2, 5, 8]),
        (Schedule(every=2, times=2), [1, 3]),
    ],
)
def test_schedule_meets_what_it_says(schedule: Schedule, expected: list[int]) -> None:
    """nth, every and times count the moments that fit."""
    assert _met(schedule, 9) == expected


@given(seed=st.integers(), probability=st.floats(min_value=0.01, max_value=1))
def test_chance_repeats_with_its_seed(seed: int, probability: float) -> None:
    """The same seed meets the same moments."""
    schedule = Schedule(times=None, probability=probability)
    assert _met(schedule, 50, str(seed)) == _met(schedule, 50, str(seed))


def test_chance_is_about_its_probability() -> None:
    """Of 2,000 moments under 0.25 about 500 are met."""
    assert 400 < len(_met(Schedule(times=None, probability=0.25), 2000)) < 600


def test_chance_does_not_depend_on_other_faults_moments(faults: Faults) -> None:
    """Each fault draws for itself: what the other meets changes nothing."""

    def drawn(others: int) -> list[int]:
        faults.clear()
        faults.seed(5)
        faults.slow(0, kind="SHOW", times=None, probability=0.5)
        faults.reply_lost(kind="SELECT", times=None, probability=0.5)
        found = []
        for number in range(30):
            for _ in range(others):
                _due(faults, _post("show services"))
            if _due(faults, _post("select 1")):
                found.append(number)
        return found

    assert drawn(0) == drawn(3)


def test_repetition_of_a_met_request_is_met_with_retries_only(faults: Faults) -> None:
    """A client that repeats its request gets through, unless the fault meets repetitions as well."""
    faults.reply_lost(kind="SELECT")
    assert _due(faults, _post("select 1", "a"))
    assert not _due(faults, _post("select 1", "a"))
    faults.clear()
    faults.reply_lost(kind="SELECT", retries=True)
    assert [bool(_due(faults, _post("select 1", each))) for each in "aabab"] == [True, True, False, True, False]


def test_spent_and_removed_faults_wait_no_more(faults: Faults) -> None:
    """With none left, requests pass untouched."""
    faults.reply_lost()
    with faults.hang(times=None):
        assert len(faults.requests) == 2
        _due(faults, _post("select 1"))
        assert len(faults.requests) == 1
    assert faults.requests == []


def test_faults_compose_in_the_order_they_were_armed(faults: Faults) -> None:
    """One request may meet several; each is counted and noted."""
    faults.slow(0)
    faults.http_error(503)
    assert _due(faults, _post("select 1")) == ["slow", "http_503"]
    assert [entry.fault for entry in faults.log] == ["slow", "http_503"]


def test_log_is_kept_in_the_home_and_tells_no_values(faults: Faults, tmp_path: Path) -> None:
    """A line of JSON each, for a process that was killed; literals of the statement stay out of it."""
    faults.reply_lost(times=None)
    _due(faults, _post("alter session set x = 'geheim'", "r-1"))
    _due(faults, _post("'geheim' 1"))
    lines = [json.loads(line) for line in (tmp_path / "faults.jsonl").read_text().splitlines()]
    assert [(line["number"], line["fault"], line["detail"]) for line in lines] == [
        (1, "reply_lost", "r-1"),
        (2, "reply_lost", ""),
    ]
    assert lines[0]["target"] == "POST /queries/v1/query-request ALTER SESSION SET"
    assert "geheim" not in (tmp_path / "faults.jsonl").read_text().lower()


def test_plan_in_the_home_is_armed_at_opening(tmp_path: Path) -> None:
    """``faults.json`` arms faults in an emulator that another process starts."""
    plan = [
        {"fault": "reply_lost", "kind": "EXECUTE JOB SERVICE", "probability": 0.5, "times": None},
        {"fault": "node_lost", "job": "TRAIN_.*", "at": "RUNNING"},
        {"fault": "job_vanished", "job": "TRAIN_.*", "on": {"kind": "DESCRIBE SERVICE", "nth": 2}},
    ]
    (tmp_path / "faults.json").write_text(json.dumps(plan))
    faults = Faults(Place(tmp_path))  # type: ignore[arg-type]
    faults.open()
    assert [armed.fault.name for armed in faults.requests] == ["reply_lost", "job_vanished"]


@pytest.mark.parametrize(
    "plan", ["{", "{}", "[1]", '[{"fault": "nope"}]', '[{"fault": "clear"}]', '[{"fault": "slow", "minutes": 1}]']
)
def test_wrong_plan_is_refused(tmp_path: Path, plan: str) -> None:
    """A file that cannot be understood arms nothing and says so."""
    (tmp_path / "faults.json").write_text(plan)
    with pytest.raises(FaultError):
        Faults(Place(tmp_path)).open()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("reply_lost", {"nth": 0}),
        ("reply_lost", {"times": 0}),
        ("reply_lost", {"probability": 0}),
        ("reply_lost", {"probability": 1.1}),
        ("reply_lost", {"sql": "("}),
        ("http_error", {"status": 200}),
        ("http_error", {"status": 599_000}),
        ("slow", {"seconds": -1}),
        ("node_lost", {"at": "SLEEPING"}),
        ("node_lost", {"status": "DONE", "at": "RUNNING"}),
        ("node_lost", {"at": "RUNNING", "on": {"kind": "SELECT"}}),
        ("node_lost", {"job": "J", "nth": 2}),
        ("container_killed", {"signal": 0, "at": "RUNNING"}),
        ("logs_cut", {"keep": -1, "at": "DONE"}),
        ("clock_jump", {"seconds": 1, "job": "J"}),
    ],
)
def test_impossible_fault_is_refused(faults: Faults, name: str, arguments: dict[str, Any]) -> None:
    """What cannot happen is refused when it is armed, and leaves nothing armed."""
    with pytest.raises(FaultError):
        getattr(faults, name)(**arguments)
    assert faults.requests == []
