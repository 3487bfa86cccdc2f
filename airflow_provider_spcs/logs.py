"""Follow a job's log: every container and instance, no line lost, none doubled across re-reads and restarts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from airflow_provider_spcs.naming import JobName
from airflow_provider_spcs.rows import ContainerReport, LogRecord


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line to show.

    Attributes:
        instance_id: From 0.
        container: Container's name.
        text: Without its newline, at most 16 KB.
        level: As in :mod:`logging`, read from the line's own beginning; INFO when it has none.
        timestamp: When the container wrote it, when the source tells.
        prefix: ``[main/0] `` when the job has more than one stream, else empty.
    """

    instance_id: int
    container: str
    text: str
    level: int
    timestamp: datetime | None = None
    prefix: str = ""

    def __str__(self) -> str:
        return self.prefix + self.text


class LogSource(Protocol):
    """Where lines come from; :class:`airflow_provider_spcs.hooks.SpcsHook` bound to one job is one."""

    def containers(self) -> list[ContainerReport]:
        """The job's containers now."""
        ...

    def recent(self, instance_id: int, container: str, *, since: str | None, timestamps: bool) -> str:
        """SYSTEM$GET_SERVICE_LOGS; raises StatementError when it cannot."""
        ...

    def persistent(self, start: datetime | None) -> list[LogRecord]:
        """SPCS_GET_LOGS; raises StatementError when it cannot."""
        ...


class LogFollower:
    """Reads what is new.

    Args:
        source: Where lines come from.
        cursor: What :attr:`cursor` gave before, to go on from there; None begins at the beginning.
        containers: Only these containers; all when None.
    """

    def __init__(
        self, source: LogSource, cursor: dict[str, Any] | None = None, *, containers: Collection[str] | None = None
    ) -> None:
        raise NotImplementedError

    def poll(self) -> list[LogLine]:
        """Lines that are new since the last call, in order of time where the source tells it. Never raises for a job that is gone."""
        raise NotImplementedError

    def finish(self) -> list[LogLine]:
        """The last lines after the job's end, before anything is dropped; falls back to the persistent log."""
        raise NotImplementedError

    @property
    def cursor(self) -> dict[str, Any]:
        """Where this is, as JSON values: give it to another follower to go on, in another process too."""
        raise NotImplementedError

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines read (up to 100), with prefix, for an error's message."""
        raise NotImplementedError

    @property
    def notices(self) -> list[str]:
        """What to tell the person once, since the last call: which source is used, where lines may be missing."""
        raise NotImplementedError


def follow(
    hook: Any, name: str | JobName, cursor: dict[str, Any] | None = None, *, containers: Collection[str] | None = None
) -> LogFollower:
    """A follower of one job through a hook."""
    raise NotImplementedError
