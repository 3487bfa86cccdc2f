"""Which errors pass by themselves, and how they are borne."""

from __future__ import annotations

import ssl

import pytest
from snowflake.connector import errors as connector

from airflow_provider_spcs.errors import NotFound, NotPermitted, StatementError, SubmitError, TransientError
from airflow_provider_spcs.refusal import refusal
from airflow_provider_spcs.transient import Patience, passes


def refused(errno: int, sqlstate: str = "42000") -> connector.ProgrammingError:
    """A statement that the server refused."""
    return connector.ProgrammingError("no", errno=errno, sqlstate=sqlstate)


@pytest.mark.parametrize(
    "error",
    [
        connector.OperationalError("x", errno=250003),
        connector.OperationalError("x", errno=250001),
        connector.DatabaseError("closed", errno=250002),
        connector.InternalServerError(),
        connector.ServiceUnavailableError(),
        connector.GatewayTimeoutError(),
        connector.TooManyRequests(),
        connector.InterfaceError("x", errno=290503),
        refused(390111),
        refused(390112),
        refused(390114),
        refused(603, "XX000"),
        refused(370001, "XX000"),
        ConnectionResetError(),
        TimeoutError(),
        ssl.SSLEOFError(),
    ],
    ids=lambda error: f"{type(error).__name__}-{getattr(error, 'errno', '')}",
)
def test_error_of_network_session_or_server_passes(error: Exception) -> None:
    """The same statement may work a little later."""
    assert passes(error)


@pytest.mark.parametrize(
    "error",
    [
        refused(2003, "02000"),
        refused(2043, "02000"),
        refused(3001, "42501"),
        refused(1003),
        refused(606, "57P03"),
        refused(604, "57014"),
        refused(2002, "42710"),
        connector.ForbiddenError(),
        connector.InterfaceError("x", errno=290403),
        connector.RevocationCheckError(),
        ssl.SSLCertVerificationError(),
        ValueError("x"),
        KeyError("x"),
    ],
    ids=lambda error: f"{type(error).__name__}-{getattr(error, 'errno', '')}",
)
def test_error_that_no_waiting_mends_does_not_pass(error: Exception) -> None:
    """A user's mistake fails at once."""
    assert not passes(error)


def test_refused_login_does_not_pass() -> None:
    """A wrong password (250001, not operational) or a stale token would be refused for ever."""
    assert not passes(connector.DatabaseError("Incorrect username", errno=250001, sqlstate="08001"), connecting=True)
    assert not passes(refused(390318), connecting=True)
    assert passes(refused(390318))


class Clock:
    """Time that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Pass the time."""
        self.naps.append(seconds)
        self.now += seconds

    def patience(self, timeout: float) -> Patience:
        """Patience in this time."""
        return Patience(timeout, sleep=self.sleep, clock=lambda: self.now)


def failing(times: int) -> list[int]:
    """How often an action may still fail."""
    return [times]


def test_action_is_tried_until_it_works_with_growing_scattered_pauses() -> None:
    """Pauses double up to 30 s, each scattered down to its half."""
    clock, left = Clock(), failing(8)

    def action() -> str:
        if left[0]:
            left[0] -= 1
            raise ConnectionResetError
        return "done"

    told: list[str] = []
    assert clock.patience(600).call(action, "here", told.append) == "done"
    bounds = [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert all(bound / 2 <= nap <= bound for nap, bound in zip(clock.naps, bounds, strict=True))
    assert len(told) == 8
    assert told[0].startswith("here: ConnectionResetError")


def test_action_that_fails_for_the_whole_time_is_given_up() -> None:
    """After the timeout, and not long after."""
    clock = Clock()

    def action() -> None:
        raise connector.OperationalError("down", errno=250003)

    with pytest.raises(TransientError, match="transient_timeout") as caught:
        clock.patience(60).call(action, "here", lambda _: None)
    assert clock.now == pytest.approx(60)
    assert isinstance(caught.value.__cause__, connector.OperationalError)
    assert caught.value.retryable


def test_error_that_does_not_pass_is_raised_at_once() -> None:
    """Without a pause."""
    clock = Clock()
    with pytest.raises(ZeroDivisionError):
        clock.patience(60).call(lambda: 1 / 0, "here", lambda _: None)
    assert clock.naps == []


@pytest.mark.parametrize(
    ("errno", "kind"), [(2003, NotFound), (2043, NotFound), (3001, NotPermitted), (1003, StatementError)]
)
def test_refusal_is_classified_by_errno(errno: int, kind: type[StatementError]) -> None:
    """2003 and 2043 both mean missing."""
    error = refusal(refused(errno), "DESCRIBE SERVICE A.B.C")
    assert type(error) is kind
    assert error.errno == errno


def test_refused_submission_is_a_submit_error_with_its_errno() -> None:
    """Whatever the number."""
    error = refusal(refused(3001), "EXECUTE JOB SERVICE A.B.C", submitting=True)
    assert isinstance(error, SubmitError)
    assert error.errno == 3001


def test_error_that_is_not_snowflakes_is_raised_as_it_is() -> None:
    """A bug must not look like a refusal."""
    with pytest.raises(KeyError):
        refusal(KeyError("x"), "here")
