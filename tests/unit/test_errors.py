"""Messages have one form, and each part of it is a field."""

from __future__ import annotations

import pytest

from airflow_provider_spcs import errors
from airflow_provider_spcs.errors import JobFailedError, PreflightError, SpcsError, SpecError, StatementError


def all_errors() -> list[type[SpcsError]]:
    """Every class of the tree."""
    return [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, SpcsError)]


def test_message_has_where_what_rule_mend_and_source_in_this_order() -> None:
    """`{where}: {what}. {rule}. {mend}. [{source}]`."""
    error = SpecError("spec.x", "it is 5", "It is 1", "Write 1", "reference")
    assert str(error) == "spec.x: it is 5. It is 1. Write 1. [reference]"


def test_message_leaves_out_parts_that_are_empty() -> None:
    """No doubled stops and no empty brackets."""
    assert str(SpcsError("here", "it broke!")) == "here: it broke!"


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_error_is_a_runtime_error_with_a_docstring_and_stands_in_the_tree(kind: type[SpcsError]) -> None:
    """Callers catch RuntimeError; the tree at the top of the module is complete."""
    assert issubclass(kind, RuntimeError)
    assert kind.__doc__
    assert kind.__name__ in str(errors.__doc__)


def test_invalid_input_is_a_value_error() -> None:
    """Python's own word for bad input catches ours too."""
    assert issubclass(SpecError, ValueError)


def test_statement_error_keeps_the_servers_numbers() -> None:
    """Errors are classified by errno, so it must not get lost."""
    error = StatementError("DROP", "no", errno=3001, sqlstate="42501", query_id="q")
    assert (error.errno, error.sqlstate, error.query_id) == (3001, "42501", "q")


def test_job_error_takes_its_place_as_the_jobs_name() -> None:
    """`where` of a job's error is the job."""
    assert JobFailedError("A.B.C", "FAILED", exit_code=137).job_name == "A.B.C"


def test_preflight_error_numbers_every_problem() -> None:
    """All problems are told at once."""
    error = PreflightError("A.B.C", ["no pool", "no stage"])
    assert "2 problems" in str(error)
    assert "  2. no stage" in str(error)


def test_spec_error_notes_what_else_is_wrong() -> None:
    """The first problem is the message, the others are its notes."""
    error = SpecError("spec.a", "x", others=[SpecError("spec.b", "y")])
    assert error.__notes__ == ["Also spec.b: y."]


def test_only_errors_of_the_platform_are_worth_the_same_try_again() -> None:
    """A retry policy reads this flag."""
    retryable = {kind.__name__ for kind in all_errors() if kind.retryable}
    assert retryable == {"TransientError", "JobInternalError", "JobVanished"}
