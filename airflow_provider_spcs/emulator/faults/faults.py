"""The faults of one account: armed by method or by file, met by requests and jobs, written down."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.faults import plan
from airflow_provider_spcs.emulator.faults.armed import ArmedJob, ArmedRequest, take_schedule
from airflow_provider_spcs.emulator.faults.effects import Effect
from airflow_provider_spcs.emulator.faults.fault import Fault
from airflow_provider_spcs.emulator.faults.job_effects import AccountEffect, JobEffect, for_account
from airflow_provider_spcs.emulator.faults.job_faults import JobFaults
from airflow_provider_spcs.emulator.faults.journal import Journal
from airflow_provider_spcs.emulator.faults.request_faults import RequestFaults
from airflow_provider_spcs.emulator.faults.when import (
    FaultError,
    JobMatcher,
    JobWhen,
    RequestMatcher,
    RequestWhen,
    Schedule,
    Seen,
)

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.services.job import Job

JOURNAL = "faults.jsonl"
"""In the home: what was injected, a line of JSON each."""


class Faults(RequestFaults, JobFaults):
    """Arms faults and brings them about. Any number may be armed at once; each has its own chance by the seed.

    Args:
        account: Whose requests and jobs they meet.

    Attributes:
        log: What was injected.
        requests: Faults that wait for requests; requests pass untouched while there are none.
        log_starts: By log file, the byte before which GET_SERVICE_LOGS has nothing.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._lock = threading.RLock()
        self._all: list[Fault] = []
        self._armed = 0
        self._seed = 0
        self._jobs: list[ArmedJob] = []
        self.requests: list[ArmedRequest] = []
        self.log = Journal(account.home.root / JOURNAL)
        self.log_starts: dict[str, int] = {}

    def seed(self, seed: int) -> None:
        """Have the faults armed from now on draw their chances from ``seed``; the same seed, the same draws."""
        with self._lock:
            self._seed, self._armed = seed, 0

    def clear(self) -> None:
        """Remove every fault and let go what hangs; the log stays."""
        for fault in list(self._all):
            fault.remove()
        self.log_starts.clear()

    def load(self, faults: list[dict[str, Any]]) -> list[Fault]:
        """Arm the faults of a plan: objects with the method's name as ``fault`` and its arguments.

        Raises:
            FaultError: There is no such fault, or it does not take these arguments.
        """
        return [plan.arm(self, item) for item in faults]

    def open(self) -> None:
        """Arm the faults of ``faults.json`` in the home, when there is one.

        Raises:
            FaultError: It is no plan.
        """
        self.load(plan.read(self._account.home.root / plan.PLAN))

    def first_due(self, seen: Seen, waiting: Sequence[ArmedRequest]) -> int | None:
        """The index of the first fault that a request meets; it is noted, and what it does beforehand is done."""
        for index, armed in enumerate(waiting):
            if armed.matcher.fits(seen) and armed.fault.due(seen, retries=armed.matcher.retries):
                self._forget_spent()
                if armed.action is not None:
                    armed.action()
                else:
                    self.log.add(armed.fault.name, seen.target, seen.request_id)
                return index
        return None

    def moved(self, job: Job) -> None:
        """A job has reached its status; called in the supervisor's thread, which does what is due right after."""
        if not self._jobs:
            return
        with self._lock:
            met = [armed for armed in self._jobs if armed.matcher.fits(job.name, str(job.status)) and armed.fault.due()]
            self._jobs = [item for item in self._jobs if not item.fault.spent]
        for armed in met:
            self._account.services.supervisor.post(partial(self._hit, armed.fault.name, armed.effect, job))

    def _fault(self, name: str, schedule: Schedule) -> Fault:
        with self._lock:
            self._armed += 1
            fault = Fault(name, schedule, f"{self._seed}/{self._armed}/{name}", self._removed)
            self._all.append(fault)
        return fault

    def _forget_spent(self) -> None:
        with self._lock:
            self.requests = [item for item in self.requests if item.matcher.retries or not item.fault.spent]

    def _removed(self, fault: Fault) -> None:
        with self._lock:
            self._all = [item for item in self._all if item is not fault]
            self.requests = [item for item in self.requests if item.fault is not fault]
            self._jobs = [item for item in self._jobs if item.fault is not fault]

    def _arm_request(self, name: str, effect: Effect, when: RequestWhen) -> Fault:
        return self._wait_for_request(name, dict(when), effect, None)

    def _wait_for_request(
        self, name: str, when: dict[str, Any], effect: Effect | None, action: Callable[[], object] | None
    ) -> Fault:
        schedule = take_schedule(when)
        matcher = RequestMatcher(**when)
        fault = self._fault(name, schedule)
        with self._lock:
            self.requests = [*self.requests, ArmedRequest(fault, matcher, effect, action)]
        return fault

    def _arm_job(self, name: str, effect: JobEffect, when: JobWhen) -> Fault:
        given: dict[str, Any] = dict(when)
        on: dict[str, Any] | None = given.pop("on", None)

        def hit_all(matcher: JobMatcher) -> int:
            found = [job for job in self._known() if matcher.fits(job.name)]
            for job in found:
                self._hit(name, effect, job)
            return len(found)

        if on is not None:
            matcher = JobMatcher(**given)
            if matcher.status is not None:
                raise FaultError(f"faults.{name}: both at and on are given. A fault has one moment. Give one of them.")
            return self._wait_for_request(name, dict(on), None, lambda: self._in_thread(lambda: hit_all(matcher)))
        schedule = take_schedule(given)
        matcher = JobMatcher(**given)
        if matcher.status is None:
            return self._at_once(name, schedule, lambda: hit_all(matcher))
        fault = self._fault(name, schedule)
        with self._lock:
            self._jobs = [*self._jobs, ArmedJob(fault, matcher, effect)]
        return fault

    def _arm_account(self, name: str, effect: AccountEffect, when: JobWhen) -> Fault:
        def hit() -> int:
            effect(self._account, partial(self.log.add, name, "account"))
            return 1

        on = when.get("on")
        if "at" in when:
            return self._arm_job(name, for_account(effect), when)
        if "job" in when:
            raise FaultError(f"faults.{name}: job is given without at. It concerns the account. Give at, or leave it.")
        if on is not None:
            return self._wait_for_request(name, dict(on), None, hit)
        return self._at_once(name, take_schedule(dict(when)), hit)

    def _at_once(self, name: str, schedule: Schedule, hit: Callable[[], int]) -> Fault:
        if schedule != Schedule():
            raise FaultError(f"faults.{name}: a schedule without a moment. It happens at once. Give at or on as well.")
        fault = self._fault(name, schedule)
        found: list[int] = []
        self._in_thread(lambda: found.append(hit()))
        if fault.due() and not sum(found):
            fault.remove()
            raise FaultError(f"faults.{name}: no job fits. It happens at once to jobs there are. Give at to wait.")
        fault.remove()
        return fault

    def _in_thread(self, action: Callable[[], object]) -> None:
        """Run in the supervisor's thread, and hear of failures here."""
        failed: list[BaseException] = []

        def told() -> None:
            try:
                action()
            except Exception as error:  # noqa: BLE001  whoever asked for the fault is to hear of it
                failed.append(error)

        self._account.services.supervisor.call(told)
        if failed:
            raise failed[0]

    def _hit(self, name: str, effect: JobEffect, job: Job) -> None:
        effect(self._account, job, partial(self.log.add, name, ".".join(job.name)))

    def _known(self) -> list[Job]:
        """Every job with a record, those that run as the objects by which they are run."""
        services = self._account.services
        found = []
        for item in self._account.objects.list("SERVICE"):
            job = services.supervisor.jobs.get(item.document["id"]) or services.revive(item.document["id"])
            if job is not None:
                found.append(job)
        return found
