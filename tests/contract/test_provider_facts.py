"""The provider is judged by the facts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from airflow_provider_spcs import refusal, rows
from airflow_provider_spcs.errors import InvalidName, SpecError
from airflow_provider_spcs.naming import MAX_NAME, JobName
from airflow_provider_spcs.spec import ServiceSpec
from airflow_provider_spcs.status import TABLE, ContainerState

Facts = dict[str, Any]


def leaves(table: Facts) -> list[Facts]:
    """Every fact: a table without tables in it."""
    inner = [value for value in table.values() if isinstance(value, dict)]
    return [leaf for value in inner for leaf in leaves(value)] if inner else [table]


def test_every_fact_has_source_date_and_whether_it_was_confirmed(facts: Facts) -> None:
    """A belief without a source is a guess."""
    for fact in leaves(facts):
        assert fact["source"].strip()
        assert isinstance(fact["date"], date)
        assert isinstance(fact["confirmed"], bool)


def test_status_table_is_the_fact(facts: Facts) -> None:
    """No status missing, none too many, and the same ends."""
    fact = facts["job_statuses"]
    assert {value for value, entry in TABLE.items() if entry.terminal} == set(fact["terminal"])
    assert {value for value, entry in TABLE.items() if not entry.terminal} == set(fact["running_on"])
    assert {state.value for state in ContainerState} == set(facts["container_statuses"]["values"])


def test_container_that_waits_for_its_image_in_vain_is_known_by_the_facts_message(facts: Facts) -> None:
    """Whatever follows it; no other message of a pending container means that."""
    fact = facts["pending_messages"]
    pending = [fact["image_not_pulled"], f"{fact['image_not_pulled']}: manifest unknown", *fact["others"]]
    told = [rows.ContainerReport(0, "main", ContainerState.PENDING, message).unpullable for message in pending]
    assert told == [True, True, False, False]
    assert not rows.ContainerReport(0, "main", ContainerState.FAILED, fact["image_not_pulled"]).unpullable


def test_job_names_are_taken_and_refused_as_the_fact_says(facts: Facts) -> None:
    """Length and letters."""
    fact = facts["job_name"]
    assert fact["longest"] == MAX_NAME
    for name in fact["good"]:
        assert JobName.parse(f"D.S.{name}").name == name
    for name in [*fact["bad"], "A" * (fact["longest"] + 1)]:
        with pytest.raises(InvalidName):
            JobName.parse(f"D.S.{name}")


def test_errors_are_classified_by_the_numbers_of_the_facts(facts: Facts) -> None:
    """Both numbers for missing."""
    assert facts["errno"]["already_exists"]["value"] == refusal.ALREADY_EXISTS
    assert tuple(facts["errno"]["missing"]["values"]) == refusal.MISSING


def test_specifications_are_taken_and_refused_as_the_facts_say(facts: Facts) -> None:
    """The rules of the reference."""
    for text in facts["spec_accepted"]["documents"]:
        ServiceSpec.from_yaml(text)
    for text in facts["spec_refused"]["documents"]:
        with pytest.raises(SpecError):
            ServiceSpec.from_yaml(text)


def test_every_column_that_is_read_is_one_of_the_facts(facts: Facts) -> None:
    """A column that Snowflake does not have would read as nothing, silently."""

    class Asked(dict[str, Any]):
        def __init__(self) -> None:
            super().__init__(name="N", database_name="D", schema_name="S", timestamp="2026-01-01T00:00:00Z")
            self.columns: set[str] = set()

        def get(self, key: str, default: Any = None) -> Any:
            self.columns.add(key)
            return super().get(key, default)

    columns = facts["columns"]
    readers = {
        "describe_service": rows.job_state,
        "show_service_containers": rows.container_report,
        "show_service_instances": rows.instance_report,
        "job_history": rows.history_state,
        "spcs_get_logs": rows.log_record,
    }
    for name, read in readers.items():
        row = Asked()
        read(row)
        assert row.columns <= set(columns[name].get("exactly") or columns[name]["has"]), name
