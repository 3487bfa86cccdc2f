"""What a fault waits for: which requests, or which jobs at which moment, and which of those."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypedDict

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.lifecycle import JobStatus
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.statement import Statement


class FaultError(ValueError):
    """A fault is asked for in a way that cannot be; says where, what, the rule and the mend."""


class _Schedule(TypedDict, total=False):
    nth: int
    every: int
    times: int | None
    probability: float


class RequestWhen(_Schedule, total=False):
    """Which requests a fault meets; what is left out fits all that carry a statement.

    Keys:
        kind: First words of the statement, for example ``"EXECUTE JOB SERVICE"``.
        sql: Regular expression found anywhere in the statement, any case.
        path: Regular expression that the URL's path fits as a whole; then requests without a statement count too.
        retries: Whether a client's repetition of a request that was met is met as well, beyond ``times``.
        nth: The first fitting request that is met, from 1.
        every: After that, each so many-th.
        times: How often at most; 1 when left out, None for no end.
        probability: That a request which fits is met, by the seed; 1 when left out.
    """

    kind: str
    sql: str
    path: str
    retries: bool


class JobWhen(_Schedule, total=False):
    """Which jobs a fault meets, and when.

    Keys:
        job: Regular expression that the job's name fits as a whole, plain or as ``DB.SCHEMA.NAME``, any case.
        at: Status that the job has just reached, for example ``"RUNNING"``.
        on: The request before whose answer it happens, as keys of :class:`RequestWhen`. Without ``at`` and ``on`` it
            happens at once, to all jobs there are that fit.
        nth: The first fitting moment, from 1.
        every: After that, each so many-th.
        times: How often at most; 1 when left out, None for no end.
        probability: That it happens, by the seed; 1 when left out.
    """

    job: str
    at: str
    on: RequestWhen


@dataclass(frozen=True)
class Schedule:
    """Which of the fitting moments are met; keys as in :class:`RequestWhen`.

    Raises:
        FaultError: A value is outside its range.
    """

    nth: int = 1
    every: int = 1
    times: int | None = 1
    probability: float = 1.0

    def __post_init__(self) -> None:
        for name in ("nth", "every", "times"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value < 1):
                raise FaultError(f"fault: {name} is {value!r}. It counts from 1. Give 1 or more.")
        if not 0 < self.probability <= 1:
            raise FaultError(
                f"fault: probability is {self.probability!r}. It is above 0 and at most 1. Leave it out for always."
            )

    def due(self, count: int) -> bool:
        """Whether the ``count``-th fitting moment, from 1, is one of those."""
        return count >= self.nth and (count - self.nth) % self.every == 0


@dataclass(frozen=True)
class Seen:
    """A request as matchers see it; ``sql`` is empty when it carries no statement."""

    method: str
    path: str
    sql: str = ""
    request_id: str = ""
    token: str = ""

    @property
    def target(self) -> str:
        """The request in a few words, for the log; of the statement only keywords and names: values may be secret."""
        words = [word for word in _words(self.sql, 3) if word.isidentifier()]
        return " ".join([self.method, self.path, *words])


class RequestMatcher:
    """Tells the requests that fit from the others.

    Raises:
        FaultError: An expression is malformed.
    """

    def __init__(
        self, kind: str | None = None, sql: str | None = None, path: str | None = None, *, retries: bool = False
    ) -> None:
        self._kind = kind.upper().split() if kind else []
        self._sql = pattern("sql", sql)
        self._path = pattern("path", path)
        self.retries = retries

    def fits(self, seen: Seen) -> bool:
        """Whether this is one of the requests."""
        if self._path is not None and not self._path.fullmatch(seen.path):
            return False
        if self._path is None and not (seen.sql and seen.method == "POST"):
            return False
        if self._kind and _words(seen.sql, len(self._kind)) != self._kind:
            return False
        return self._sql is None or self._sql.search(seen.sql) is not None


class JobMatcher:
    """Tells the jobs that fit from the others.

    Raises:
        FaultError: An expression is malformed, or a status does not exist.
    """

    def __init__(self, job: str | None = None, at: str | None = None) -> None:
        self._job = pattern("job", job)
        self.status = _status(at) if at is not None else None

    def fits(self, name: Name, status: str | None = None) -> bool:
        """Whether this is one of the jobs; with ``status``, whether it has just reached the right one."""
        if status is not None and status != self.status:
            return False
        return self._job is None or bool(self._job.fullmatch(name.name) or self._job.fullmatch(".".join(name)))


def pattern(what: str, text: str | None) -> re.Pattern[str] | None:
    """A regular expression, any case.

    Raises:
        FaultError: It is malformed.
    """
    try:
        return None if text is None else re.compile(text, re.IGNORECASE | re.DOTALL)
    except re.error as error:
        raise FaultError(f"fault: {what}={text!r} is no regular expression: {error}. Mend it.") from error


def _status(text: str) -> JobStatus:
    try:
        return JobStatus(text.upper())
    except ValueError:
        raise FaultError(f"fault: at={text!r} is no status of a job. Give one of {', '.join(JobStatus)}.") from None


def _words(sql: str, count: int) -> list[str]:
    """The first words as they are compared; empty in place of literals and quoted names."""
    if not sql:
        return []
    try:
        statement = Statement.parse(sql)
    except SnowflakeError:
        return []
    return [statement.word(index) for index in range(count)]
