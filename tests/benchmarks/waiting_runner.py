"""The triggers of one triggerer, in one event loop: prints a line of JSON for each event.

Run by ``waiting.py`` as ``python waiting_runner.py KIND INTERVAL`` with job names on stdin.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

OURS_LIVE = "ours-live-log"
RIVAL_THREADS = "first-party-32-threads"
"""With as many threads as asyncio makes on the largest machine."""


def trigger(kind: str, job: str, interval: float) -> Any:
    """The trigger of one waiting job; the first-party one shows no log while it waits."""
    if kind.startswith("ours"):
        from airflow_provider_spcs.triggers import SpcsJobTrigger

        return SpcsJobTrigger(job_name=job, poll_interval=interval, get_logs=kind == OURS_LIVE)
    from airflow.providers.snowflake.triggers.snowpark_containers import SnowparkContainerJobTrigger

    return SnowparkContainerJobTrigger(
        job_name=job, snowflake_conn_id="snowflake_default", poll_interval=interval, end_time=time.time() + 3600
    )


async def wait(kind: str, job: str, interval: float) -> None:
    """Run one trigger to its event."""
    async for event in trigger(kind, job, interval).run():
        line = {"job": job, "at": time.time(), "event": event.payload}
        # In one piece and on a line of its own: other threads write records of their own.
        sys.stdout.write(f"\n{json.dumps(line, default=str)}\n")
        sys.stdout.flush()


async def main(kind: str, interval: float, jobs: list[str]) -> None:
    """Run all."""
    if kind == RIVAL_THREADS:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(32))
    await asyncio.gather(*(wait(kind, job, interval) for job in jobs))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), sys.stdin.read().split()))
