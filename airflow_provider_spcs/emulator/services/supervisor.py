"""The one thread that runs jobs: it starts containers, hears of their end, and lets pools and clocks move on."""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import threading
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator import lifecycle
from airflow_provider_spcs.emulator.lifecycle import ContainerStatus
from airflow_provider_spcs.emulator.services import launch, probes
from airflow_provider_spcs.emulator.services.job import ContainerState, InstanceState, Job
from airflow_provider_spcs.emulator.services.progress import Progress
from airflow_provider_spcs.emulator.services.restarts import Restarts
from airflow_provider_spcs.emulator.services.scaling import Scaling
from airflow_provider_spcs.emulator.services.starter import Starter
from airflow_provider_spcs.emulator.services.stopping import Stopping
from airflow_provider_spcs.emulator.services.upkeep import Upkeep

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.events import Telemetry
    from airflow_provider_spcs.emulator.runner import RunningContainer
    from airflow_provider_spcs.emulator.services.pool_state import PoolTiming
    from airflow_provider_spcs.emulator.services.store import JobStore

log = logging.getLogger(__name__)
Live = tuple[Job, InstanceState, ContainerState]

# Only where the system cannot tell of a process's end by a file descriptor.
POLL_SECONDS = 0.1
# The system's call takes milliseconds in 31 bits; a deadline may be a month away.
LONGEST_SLEEP_SECONDS = 3600.0
LOST = 137
LIVENESS_GRACE_SECONDS = 30.0


class Supervisor:
    """Owns the jobs that have not ended; other threads give it actions and wait for its news.

    Args:
        account: Whose jobs they are.
        store: Where they are written.
        telemetry: Where their events, logs and metrics go.
        timing: The pools' delays.
    """

    def __init__(self, account: Account, store: JobStore, telemetry: Telemetry, timing: PoolTiming) -> None:
        self.jobs: dict[str, Job] = {}
        self._credentials = account.credentials
        self._clock = account.clock
        self._telemetry = telemetry
        self._actions: deque[Callable[[], None]] = deque()
        self._watchers: dict[str, list[threading.Event]] = {}
        self._watchers_lock = threading.Lock()
        self._wake_in, self._wake_out = os.pipe()
        os.set_blocking(self._wake_in, False)
        os.set_blocking(self._wake_out, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_in, selectors.EVENT_READ)
        self._running: dict[int, tuple[RunningContainer, Live, int | None]] = {}
        self._ended: list[int] = []
        self.progress = Progress(account, store, telemetry, self._tell)
        self.starter = Starter(
            account, self.progress, timing, attach=self.attach, wanted_elsewhere=lambda: bool(self._actions)
        )
        self.stopping = Stopping(account, self.progress, self.jobs, self._live_containers, self._retire)
        self.scaling = Scaling(self.progress, store, self.stopping.end)
        self._restarts = Restarts(account.clock, self.progress, self.starter.again)
        self._upkeep = Upkeep(account, store, telemetry)
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="spcs-jobs", daemon=True)
        self._clock.on_move(self.settle)

    def start(self) -> None:
        """Begin to run jobs."""
        self._thread.start()

    def close(self) -> None:
        """Stop the thread; containers are not touched."""
        if self._thread.is_alive():
            self._closing = True
            self.wake()
            self._thread.join()
        self._clock.off_move(self.settle)
        self._selector.close()
        for _, _, handle in self._running.values():
            if handle is not None:
                os.close(handle)
        os.close(self._wake_in)
        os.close(self._wake_out)

    def wake(self) -> None:
        """Have the thread look at everything anew."""
        with contextlib.suppress(BlockingIOError, OSError):
            os.write(self._wake_out, b"w")

    def post(self, action: Callable[[], None]) -> None:
        """Run ``action`` in the supervisor's thread, soon."""
        self._actions.append(action)
        self.wake()

    def call(self, action: Callable[[], None]) -> None:
        """Run ``action`` in the supervisor's thread and wait for it; at once when it is this thread or none runs."""
        if threading.current_thread() is self._thread or not self._thread.is_alive():
            action()
            return
        done = threading.Event()

        def reported() -> None:
            try:
                action()
            finally:
                done.set()

        self.post(reported)
        done.wait()

    def settle(self) -> None:
        """Return when all that is due now has been done; at once in the supervisor's own thread."""
        # The first runs before a pass over the jobs, the second after it.
        for _ in range(2):
            self.call(lambda: None)

    @contextlib.contextmanager
    def watch(self, job_id: str) -> Iterator[threading.Event]:
        """An event that is set at every change of a job."""
        news = threading.Event()
        with self._watchers_lock:
            self._watchers.setdefault(job_id, []).append(news)
        try:
            yield news
        finally:
            with self._watchers_lock:
                self._watchers[job_id].remove(news)
                if not self._watchers[job_id]:
                    del self._watchers[job_id]

    def attach(self, running: RunningContainer, live: Live) -> None:
        """Watch a container for its end."""
        handle: int | None = None
        with contextlib.suppress(OSError, AttributeError):
            handle = os.pidfd_open(running.keeper_pid)
        key = id(live[2])
        self._running[key] = (running, live, handle)
        if handle is None:
            # It is gone already, or this system has no such handles; poll() tells which.
            self._ended.append(key)
        else:
            self._selector.register(handle, selectors.EVENT_READ, key)
        self._probe(running, live)

    def ready(self, live: Live) -> None:
        """A container's readiness probe was answered."""
        job, instance, container = live
        if container.status is ContainerStatus.PENDING:
            self.progress.container(job, instance, container, ContainerStatus.READY, lifecycle.RUNNING)
            self.progress.settle(job)

    def _probe(self, running: RunningContainer, live: Live) -> None:
        job, instance, container = live
        wanted = next(item for item in job.spec.containers if item.name == container.name)
        where = (running.pid, instance.address)

        def gone() -> bool:
            found = self._running.get(id(container))
            return found is None or found[0] is not running

        if wanted.readiness is not None and container.status is ContainerStatus.PENDING:
            probes.until_ready(*where, wanted.readiness, gone, partial(self.post, partial(self.ready, live)))
        if wanted.liveness is not None:
            # What ends it is the same for a job, whose container is not started again: it fails.
            end = partial(running.terminate, LIVENESS_GRACE_SECONDS)
            probes.until_dead(*where, wanted.liveness, gone, partial(self.post, end))

    def _retire(self, job: Job, instances: list[InstanceState], reason: str, grace_seconds: float) -> None:
        self.scaling.retire(job, instances, reason, grace_seconds)

    def _live_containers(self, job: Job) -> list[tuple[RunningContainer, Live]]:
        return [(running, live) for running, live, _ in self._running.values() if live[0] is job]

    def _tell(self, job_id: str) -> None:
        with self._watchers_lock:
            for news in self._watchers.get(job_id, []):
                news.set()

    def _run(self) -> None:
        while not self._closing:
            deadline: datetime | None = None
            try:
                while self._actions:
                    self._actions.popleft()()
                self._collect()
                for job in list(self.jobs.values()):
                    self.scaling.reconcile(job)
                due = [
                    self._restarts.advance(),
                    self.starter.advance(self.jobs),
                    self._upkeep.advance(self.containers()),
                ]
                deadline = min((moment for moment in due if moment is not None), default=None)
                self._forget_ended()
            except Exception:
                # The thread must outlive any defect: every other job depends on it.
                log.exception("A step of the job supervisor failed.")
            self._sleep(deadline)

    def _sleep(self, deadline: datetime | None) -> None:
        timeout = None if deadline is None else self._clock.seconds_until(deadline)
        if timeout is not None:
            timeout = min(timeout, LONGEST_SLEEP_SECONDS)
        if self._ended:
            timeout = POLL_SECONDS if timeout is None else min(timeout, POLL_SECONDS)
        if self._actions:
            timeout = 0
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_in, 65536)
            else:
                self._ended.append(key.data)

    def _collect(self) -> None:
        again = []
        for key in dict.fromkeys(self._ended):
            if key not in self._running:
                continue
            running, live, handle = self._running[key]
            code = running.poll()
            if code is None:
                again.append(key)
                continue
            if handle is not None:
                self._selector.unregister(handle)
                os.close(handle)
            del self._running[key]
            self._ended_with(running, live, code)
        self._ended = again

    def _ended_with(self, running: RunningContainer, live: Live, code: int) -> None:
        job, instance, container = live
        container.exit_code = code
        message = lifecycle.exit_message(code, oom_killed=running.oom_killed)
        if container.status is ContainerStatus.TERMINATING and code != 0:
            message = container.message  # why it was stopped says more than the signal that did it
        status = ContainerStatus.DONE if code == 0 else ContainerStatus.FAILED
        self._telemetry.finish(job, instance, container)
        self._credentials.revoke_held_by(launch.holder(job, instance, container.name))
        if self._restarts.wanted(live):
            self._restarts.plan(live)
            self.progress.settle(job)
            return
        if container.status is ContainerStatus.PENDING and code == 0:
            # It ended before its readiness probe was answered: it ran all the same.
            self.ready(live)
        self.progress.container(job, instance, container, status, message)
        self.progress.settle(job)
        if job.terminal:
            self.stopping.rest(job)

    def lost(self, job: Job, instance: InstanceState, container: ContainerState) -> None:
        """Nothing is left of a container that an earlier process started."""
        container.exit_code = LOST
        self._credentials.revoke_held_by(launch.holder(job, instance, container.name))
        if self._restarts.wanted((job, instance, container)):
            self._restarts.plan((job, instance, container))
        else:
            self.progress.container(job, instance, container, ContainerStatus.FAILED, lifecycle.FATAL_ERROR)
        self.progress.settle(job)
        if job.terminal:
            self.stopping.rest(job)

    def _forget_ended(self) -> None:
        for job in [job for job in self.jobs.values() if job.terminal and not job.live]:
            del self.jobs[job.id]
            if job.deleted is not None:
                self.stopping.erase(job.id, [container for _, container in job.containers()])

    def containers(self) -> list[tuple[RunningContainer, Live]]:
        """The running containers; for the supervisor's own thread."""
        return [(running, live) for running, live, _ in self._running.values()]

    def describe(self) -> dict[str, Any]:
        """Figures on what runs, for benchmarks and tests."""
        return {"jobs": len(self.jobs), "containers": len(self._running)}
