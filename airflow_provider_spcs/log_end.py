"""The end of a job's log: shown, and kept for the error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.errors import SpcsError
from airflow_provider_spcs.waiting import show

if TYPE_CHECKING:
    from airflow_provider_spcs.logs import LogFollower
    from airflow_provider_spcs.waiting import Log


def end_of_log(follower: LogFollower, log: Log, *, tail: int, shown: int | None = None) -> list[str]:
    """Read a log to its end.

    Args:
        follower: Reads it from where it was read to.
        log: The task's log.
        tail: How many last lines are returned, with those that were read before.
        shown: How many of the lines that are new are shown, the last ones; all when None.
    """
    try:
        lines = follower.finish()
    except SpcsError as error:
        log.warning("The end of the log could not be read: %s", error)
    else:
        if shown != 0:
            for notice in follower.notices:
                log.info("%s", notice)
        show(log, lines if shown is None else lines[max(0, len(lines) - shown) :])
    return list(follower.tail)[-tail:] if tail > 0 else []
