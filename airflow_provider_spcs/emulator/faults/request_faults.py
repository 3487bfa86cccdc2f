"""The faults of requests: networks, proxies, sessions, other clients."""

from __future__ import annotations

from abc import abstractmethod
from http import HTTPStatus
from typing import Unpack

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.faults import effects
from airflow_provider_spcs.emulator.faults.effects import Effect
from airflow_provider_spcs.emulator.faults.fault import Fault
from airflow_provider_spcs.emulator.faults.when import FaultError, RequestWhen

LOGIN = "/session/v1/login-request"
JOB = "EXECUTE JOB SERVICE"
WRONG_PASSWORD = "Incorrect username or password was specified."  # noqa: S105  a message, not a password


class RequestFaults:
    """Each method arms one fault and returns it; what ``when`` holds is told at :class:`RequestWhen`."""

    @abstractmethod
    def _arm_request(self, name: str, effect: Effect, when: RequestWhen) -> Fault: ...

    def reply_lost(self, **when: Unpack[RequestWhen]) -> Fault:
        """The statement runs, and the connection is closed without an answer.

        A client that repeats the request by the same id gets the first run's answer; see ``retries``.
        """
        return self._arm_request("reply_lost", effects.lose_reply, when)

    def reply_cut(self, **when: Unpack[RequestWhen]) -> Fault:
        """The statement runs, and the connection is closed in the middle of the answer."""
        return self._arm_request("reply_cut", effects.cut_reply, when)

    def connection_reset(self, **when: Unpack[RequestWhen]) -> Fault:
        """A TCP reset before anything runs."""
        return self._arm_request("connection_reset", effects.reset, when)

    def http_error(
        self, status: int = 503, *, retry_after: float | None = None, ran: bool = False, **when: Unpack[RequestWhen]
    ) -> Fault:
        """An HTTP error of whatever stands before the account.

        Args:
            status: From 400 to 599.
            retry_after: Seconds for a Retry-After header.
            ran: Whether the statement runs all the same.
            when: Which requests.

        Raises:
            FaultError: The status is no error's.
        """
        if status not in set(HTTPStatus) or status < HTTPStatus.BAD_REQUEST:
            raise FaultError(f"faults.http_error: status {status!r} is no HTTP error. Give one of 400 to 599.")
        return self._arm_request(f"http_{status}", effects.http_error(status, retry_after, ran=ran), when)

    def session_expired(self, **when: Unpack[RequestWhen]) -> Fault:
        """The session's token expires (390112); the client can renew it. Requests without a session are not met."""
        return self._arm_request("session_expired", effects.expire_session, when)

    def master_expired(self, **when: Unpack[RequestWhen]) -> Fault:
        """The session ends: 390112, and 390114 for the attempt to renew it. Only a new login helps."""
        return self._arm_request("master_expired", effects.expire_master, when)

    def slow(self, seconds: float, *, ran: bool = False, **when: Unpack[RequestWhen]) -> Fault:
        """The request waits so many real seconds before the statement runs or, with ``ran``, after it.

        Raises:
            FaultError: The seconds are negative.
        """
        if seconds < 0:
            raise FaultError(f"faults.slow: {seconds!r} seconds. Time only passes forward. Give 0 or more.")
        return self._arm_request("slow", effects.slow(seconds, ran=ran), when)

    def hang(self, *, ran: bool = False, **when: Unpack[RequestWhen]) -> Fault:
        """No answer ever, and the connection stays open until the client gives up or the fault is removed.

        Args:
            ran: Whether the statement runs all the same.
            when: Which requests.
        """
        return self._arm_request("hang", effects.hang(ran=ran), when)

    def login_refused(self, errno: int = 390_100, message: str = WRONG_PASSWORD, **when: Unpack[RequestWhen]) -> Fault:
        """A login fails, by default as with a wrong password."""
        error = SnowflakeError(message, errno, "08001")
        return self._arm_request("login_refused", effects.refuse(error), {"path": LOGIN, **when})

    def statement_error(self, errno: int, message: str, sqlstate: str = "42000", **when: Unpack[RequestWhen]) -> Fault:
        """The account answers with an error of your choice; nothing runs."""
        return self._arm_request("statement_error", effects.refuse(SnowflakeError(message, errno, sqlstate)), when)

    def duplicate_name(self, *, foreign: bool = False, **when: Unpack[RequestWhen]) -> Fault:
        """EXECUTE JOB SERVICE finds its name taken (2002).

        Args:
            foreign: Whether the job of that name is another client's, as its comment says. If not it is the
                statement's own: it was run twice on its way, as proxies and drivers do.
            when: Which statements; EXECUTE JOB SERVICE when neither kind, sql nor path is given.
        """
        chosen: RequestWhen = when if when.keys() & {"kind", "sql", "path"} else {"kind": JOB, **when}
        return self._arm_request("duplicate_name", effects.run_twice(foreign=foreign), chosen)
