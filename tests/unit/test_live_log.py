"""A talkative container in the triggerer's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from airflow_provider_spcs.live_log import LiveLog
from airflow_provider_spcs.logs import LogLine


class Follower:
    """A log that has all its lines in one reading."""

    def __init__(self, count: int) -> None:
        self._lines = [LogLine(0, "main", f"line {number}", 20) for number in range(count)]
        self.notices: list[str] = []

    @property
    def cursor(self) -> dict[str, Any]:
        """Where it is."""
        return {"left": len(self._lines)}

    def poll(self) -> list[LogLine]:
        """Everything, then nothing."""
        lines, self._lines = self._lines, []
        return lines


class Poller:
    """Reads at once."""

    async def read(self, reading: Callable[[], Any]) -> Any:
        """No turns to take."""
        await asyncio.sleep(0)
        return reading()


class Place:
    """Keeps cursors."""

    def __init__(self) -> None:
        self.kept: list[Any] = []

    async def keep(self, cursor: Any) -> None:
        """Note it."""
        self.kept.append(cursor)


class Log:
    """Counts records."""

    def __init__(self) -> None:
        self.records: list[str] = []

    def log(self, level: int, event: str, *args: Any) -> None:
        """A record."""
        self.records.append(event % args)

    info = debug = warning = lambda self, *args: None


def test_live_log_gives_other_triggers_their_turn_amid_a_hundred_thousand_lines() -> None:
    """Counted in turns of the loop, not in time: nobody waits for more than a few hundred lines."""

    async def watch() -> tuple[int, Log, Place]:
        log, place, turns = Log(), Place(), 0
        live = LiveLog(
            Poller(),  # type: ignore[arg-type]
            Follower(100_000),  # type: ignore[arg-type]
            log,
            {},
            place=place,  # type: ignore[arg-type]
            hidden=list,
            longest_pause=1,
        )
        while not place.kept:
            turns += 1
            await asyncio.sleep(0)
        await live.stop()
        return turns, log, place

    turns, log, place = asyncio.run(watch())
    assert log.records == [f"line {number}" for number in range(100_000)]
    assert turns >= 100_000 / 400
    assert place.kept == [{"left": 0}]
