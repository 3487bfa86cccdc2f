"""Errors that pass by themselves: which they are, and trying again until they do.

Judged by errno, sqlstate and class, never by text.
"""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable
from typing import TypeVar

from airflow_provider_spcs.errors import SpcsError, TransientError

_T = TypeVar("_T")

#: Classes of ``snowflake.connector.errors`` (4.x and 5.x) that mean the network, a gateway or an overload.
_PASSING_CLASSES = frozenset(
    {
        "OperationalError",
        "InternalServerError",
        "ServiceUnavailableError",
        "GatewayTimeoutError",
        "BadGatewayError",
        "RequestTimeoutError",
        "TooManyRequests",
        "OtherHTTPRetryableError",
        "RequestExceedMaxRetryError",
        "TokenExpiredError",
        "RetryRequest",
    }
)
#: Subclasses of the above, and others, that no waiting mends.
_LASTING_CLASSES = frozenset({"NonRetryableTlsError", "RevocationCheckError", "ForbiddenError", "BadRequest"})
#: Classes of ``requests`` and ``urllib3``, by name, so that neither has to be imported.
_NETWORK_CLASSES = frozenset(
    {"ConnectionError", "Timeout", "ChunkedEncodingError", "ContentDecodingError", "ProtocolError", "HTTPError"}
)
#: errno -> why it passes.
_PASSING_ERRNOS = {
    603: "the server gave up on an internal error",
    250002: "the connection is closed",
    250003: "a request failed on its way",
    250005: "the server could not be reached",
    290408: "HTTP 408",
    290429: "HTTP 429",
}
_HTTP = 290_000
#: What a statement is answered when its session is over; a new login mends it.
_SESSION_OVER = frozenset({*range(390_100, 390_120), 390_195, 390_303, 390_318})
_PASSING_SQLSTATES = ("08", "XX")  # connection exception, internal error


def _class_names(error: BaseException, module: str) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__ if kind.__module__.partition(".")[0] == module}


def errno_of(error: BaseException) -> int:
    """Snowflake's number, 0 when there is none."""
    try:
        return int(getattr(error, "errno", 0) or 0)
    except (TypeError, ValueError):
        return 0


def is_snowflake(error: BaseException) -> bool:
    """Whether the connector raised it."""
    return "Error" in _class_names(error, "snowflake")


def passes(error: BaseException, *, connecting: bool = False) -> bool:
    """Whether the same action may work a little later.

    Args:
        error: What was raised.
        connecting: Whether it was raised while logging in: then a refused token or password does not pass.
    """
    if isinstance(error, SpcsError):
        return error.retryable
    if not is_snowflake(error):
        return _network_passes(error)
    classes = _class_names(error, "snowflake")
    if classes & _LASTING_CLASSES:
        return False
    errno = errno_of(error)
    if errno in _SESSION_OVER:
        return not connecting
    if classes & _PASSING_CLASSES or errno in _PASSING_ERRNOS or _HTTP + 500 <= errno < _HTTP + 600:
        return True
    return not connecting and str(getattr(error, "sqlstate", None) or "")[:2] in _PASSING_SQLSTATES


def _network_passes(error: BaseException) -> bool:
    if isinstance(error, ssl.SSLCertVerificationError):
        return False
    if isinstance(error, ConnectionError | TimeoutError | ssl.SSLError):
        return True
    libraries = _class_names(error, "requests") | _class_names(error, "urllib3") | _class_names(error, "snowflake")
    return bool(libraries & _NETWORK_CLASSES) and "SSLError" not in libraries


def breaks_session(error: BaseException) -> bool:
    """Whether the connection cannot be used again: everything that passes but is not the server's own answer."""
    return passes(error) and errno_of(error) != 603


class Patience:
    """Tries again, with growing and scattered pauses, until it works or the time is over.

    Args:
        timeout: Seconds from the first failure on.
        sleep: Waits so many seconds.
        clock: Seconds that only grow.
        first_pause: Seconds before the second try.
        longest_pause: Seconds between two tries at most.
    """

    def __init__(
        self,
        timeout: float,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        first_pause: float = 0.5,
        longest_pause: float = 30.0,
    ) -> None:
        self.timeout = timeout
        self._sleep = sleep
        self._clock = clock
        self._first_pause = first_pause
        self._longest_pause = longest_pause

    def call(self, action: Callable[[], _T], where: str, notice: Callable[[str], None]) -> _T:
        """What ``action`` returns, in the end.

        Args:
            action: Raises what :func:`passes` judges.
            where: Names it in the error.
            notice: Gets one line for each failure.

        Raises:
            TransientError: It still fails after the whole time.
        """
        first_failure: float | None = None
        pause = self._first_pause
        tries = 0
        while True:
            tries += 1
            try:
                return action()
            except Exception as error:
                if not passes(error):
                    raise
                now = self._clock()
                first_failure = now if first_failure is None else first_failure
                left = self.timeout - (now - first_failure)
                if left <= 0:
                    raise given_up(where, error, tries, self.timeout) from error
                # Scattered, so that many tasks that lost one server do not come back at once.
                wait = min(left, pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
                notice(f"{where}: {describe(error)}; trying again in {wait:.1f} s, for at most {left:.0f} s more")
            self._sleep(wait)
            pause = min(self._longest_pause, pause * 2)


def given_up(where: str, error: BaseException, tries: int, seconds: float) -> TransientError:
    """The error of who has tried long enough.

    Args:
        where: What was tried.
        error: What the last try failed with.
        tries: How many tries failed.
        seconds: How long it was tried.
    """
    return TransientError(
        where,
        f"it failed {tries} times in {seconds:g} seconds, last with {describe(error)}",
        "Errors of the network and of overload are tried again for a while",
        "Look at the network and at status.snowflake.com, or raise the task's transient_timeout_seconds",
    )


def describe(error: BaseException) -> str:
    """An error in one line: class, errno, first line of its message, cut at 300 characters."""
    errno = errno_of(error)
    text = str(getattr(error, "raw_msg", None) or error).strip()
    lines = text.splitlines() or [""]
    number = f" {errno}" if errno else ""
    return f"{type(error).__name__}{number}: {lines[0][:300]}"
