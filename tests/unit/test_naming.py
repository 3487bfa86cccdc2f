"""A job's name is made before it is submitted, and is the same wherever it is made again."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_spcs.errors import InvalidName
from airflow_provider_spcs.naming import JobIdentity, JobName, Stamp, job_name

IDENTITY = JobIdentity("weekly_retrain", "train", "scheduled__2026-11-22", epoch=1)
TEXT = st.text(st.characters(codec="utf-8"), max_size=80)
WORD = st.text(st.characters(codec="utf-8"), min_size=1, max_size=80)
IDENTITIES = st.builds(JobIdentity, TEXT, TEXT, TEXT, st.integers(-1, 100_000), st.integers(0, 10**9), TEXT)


def test_name_is_readable_and_pinned() -> None:
    """The name is an interface: a new version must find the jobs of the old one."""
    assert job_name(IDENTITY) == "AF_WEEKLY_RETRAIN_TRAIN_BD2888977D14_1"


@given(IDENTITIES, TEXT)
def test_name_is_always_one_that_snowflake_takes(identity: JobIdentity, prefix: str) -> None:
    """`[A-Z][A-Z0-9_]*`, at most 63, whatever the DAG is called."""
    name = job_name(identity, prefix)
    assert re.fullmatch(r"[A-Z][A-Z0-9_]{0,62}", name)
    assert name.endswith(f"{identity.digest}_{identity.epoch}")


@pytest.mark.parametrize(
    "change",
    [{"dag_id": "x"}, {"task_id": "x"}, {"run_id": "x"}, {"map_index": 0}, {"epoch": 2}, {"deployment": "x"}],
)
def test_name_changes_with_every_part_of_the_identity(change: dict[str, object]) -> None:
    """Two different tasks never share a name; a Clear (epoch) makes another."""
    assert job_name(replace(IDENTITY, **change)) != job_name(IDENTITY)


def test_name_does_not_confuse_parts_that_join_to_the_same_text() -> None:
    """`a_b` + `c` is not `a` + `b_c`."""
    assert job_name(JobIdentity("a_b", "c", "r")) != job_name(JobIdentity("a", "b_c", "r"))


@pytest.mark.parametrize("epoch", ["", "__", "A" * 17])
def test_epoch_that_cannot_end_a_name_is_refused(epoch: str) -> None:
    """The epoch is never cut, so it has to fit."""
    with pytest.raises(InvalidName, match="1 to 16"):
        job_name(replace(IDENTITY, epoch=epoch))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("db.s.n", "DB.S.N"), ("n", "D.C.N"), ("s.n", "D.S.N"), ('"DB"."S"."N"', "DB.S.N"), (" a.b.c ", "A.B.C")],
)
def test_job_name_is_parsed_and_filled_in(text: str, expected: str) -> None:
    """Missing parts come from the connection; everything is upper case."""
    assert str(JobName.parse(text, database="d", schema="c")) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "a..c",
        "a.b.c.d",
        'a.b."c d"',
        "a.b.c; drop",
        "a.b.1c",
        "a.b.c-d",
        "a.b.c$",
        f"a.b.{'x' * 64}",
        'a.b."c"',
        "a.b.c\nd",
        "a.b.ç",
    ],
)
def test_job_name_that_snowflake_would_not_take_is_refused(text: str) -> None:
    """Quoted and case-sensitive names are not supported for jobs."""
    with pytest.raises(InvalidName):
        JobName.parse(text)


def test_unqualified_name_without_defaults_is_refused() -> None:
    """There is nothing to fill in."""
    with pytest.raises(InvalidName, match=r"DB\.SCHEMA\.NAME"):
        JobName.parse("n")


@given(st.builds(Stamp, WORD, WORD, WORD, st.integers(1, 99), st.integers(-1, 999), TEXT, TEXT, TEXT, TEXT))
def test_stamp_comes_back_from_its_comment(stamp: Stamp) -> None:
    """A round trip through COMMENT loses nothing."""
    assert Stamp.from_comment(stamp.to_comment()) == stamp


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "a note",
        "[]",
        "{}",
        '{"spcs": 2, "dag_id": "d", "task_id": "t", "run_id": "r"}',
        '{"spcs": 1, "dag_id": "d"}',
        '{"spcs": 1, "dag_id": 1, "task_id": "t", "run_id": "r"}',
        '{"spcs": 1, "dag_id": "d", "task_id": "t", "run_id": "r", "try_number": "x"}',
    ],
)
def test_comment_that_is_not_ours_gives_no_stamp(text: str | None) -> None:
    """A foreign comment is never taken for a stamp."""
    assert Stamp.from_comment(text) is None


def test_stamp_of_a_newer_version_is_still_read() -> None:
    """Keys we do not know are left alone, so that versions can be mixed."""
    comment = '{"spcs":1,"dag_id":"d","task_id":"t","run_id":"r","colour":"blue"}'
    assert Stamp.from_comment(comment) == Stamp("d", "t", "r")


def test_same_task_ignores_try_version_and_payload() -> None:
    """A retry of the task adopts what an earlier try submitted."""
    stamp = Stamp("d", "t", "r", 1, provider="1", payload="a")
    assert stamp.same_task(replace(stamp, try_number=2, provider="2", payload="b"))


@pytest.mark.parametrize(
    "change", [{"dag_id": "x"}, {"task_id": "x"}, {"run_id": "x"}, {"map_index": 3}, {"deployment": "x"}]
)
def test_same_task_tells_tasks_apart(change: dict[str, object]) -> None:
    """Another task's job is never adopted."""
    stamp = Stamp("d", "t", "r")
    assert not stamp.same_task(replace(stamp, **change))
