"""One classifier for every status."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_spcs import status
from airflow_provider_spcs.status import TABLE, ContainerState, classify, exit_meaning, out_of_memory


def test_terminal_statuses_are_exactly_the_five() -> None:
    """DONE, FAILED, CANCELLED, INTERNAL_ERROR, DELETED; nothing else ends a job."""
    ends = {value for value, entry in TABLE.items() if entry.terminal}
    assert ends == {"DONE", "FAILED", "CANCELLED", "INTERNAL_ERROR", "DELETED"}


def test_only_done_is_a_success() -> None:
    """No other end is good."""
    assert [value for value, entry in TABLE.items() if entry.succeeded] == ["DONE"]


@pytest.mark.parametrize("value", TABLE)
def test_status_is_found_in_any_case_and_has_meaning_and_source(value: str) -> None:
    """The table is complete for each entry."""
    entry = classify(f" {value.lower()} ")
    assert entry is TABLE[value]
    assert entry.meaning
    assert entry.source
    assert entry.known


@given(st.text())
def test_unknown_status_is_never_terminal(text: str) -> None:
    """Only a proven end is an end; the text is kept for the message."""
    entry = classify(text)
    if entry.value not in TABLE:
        assert not entry.terminal
        assert not entry.succeeded
        assert not entry.known


def test_missing_status_is_unknown() -> None:
    """None and empty text are no status."""
    assert classify(None).value == classify("").value == status.UNKNOWN.value


def test_every_end_but_done_says_what_to_do() -> None:
    """An error without a mend helps nobody."""
    assert all(entry.mend for entry in TABLE.values() if entry.terminal and not entry.succeeded)


def test_instance_word_succeeded_is_a_container_that_is_done() -> None:
    """Instances say SUCCEEDED where containers say DONE."""
    assert ContainerState.of("succeeded") is ContainerState.DONE


@pytest.mark.parametrize("text", [None, "", "NEW_ONE"])
def test_unknown_container_state_is_not_ended(text: str | None) -> None:
    """As for jobs."""
    state = ContainerState.of(text)
    assert state is ContainerState.UNKNOWN
    assert not state.ended


@pytest.mark.parametrize(
    ("code", "cause"),
    [(0, "ok"), (1, "application"), (2, "usage"), (126, "not_executable"), (127, "not_found"), (134, "crash"),
     (137, "memory"), (139, "crash"), (143, "stopped"), (130, "signal"), (77, "application"), (255, "application")],
)  # fmt: skip
def test_exit_code_has_its_cause(code: int, cause: str) -> None:
    """The codes people meet are explained; 128 plus a signal is a signal; the rest is the command's own."""
    meaning = exit_meaning(code)
    assert (meaning.code, meaning.cause) == (code, cause)
    assert meaning.meaning


def test_signal_is_named_by_its_number() -> None:
    """130 is signal 2."""
    assert "signal 2" in exit_meaning(130).meaning


def test_out_of_memory_needs_the_platforms_word() -> None:
    """137 alone may be any kill."""
    assert out_of_memory(137, "Container was OOMKilled due to resource usage")
    assert not out_of_memory(137, "User application error, check container logs")
    assert not out_of_memory(1, "Container was OOMKilled due to resource usage")
    assert not out_of_memory(137, None)
