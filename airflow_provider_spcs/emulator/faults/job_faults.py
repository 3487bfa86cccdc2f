"""The faults of jobs and of time: nodes, containers, records, logs, clocks."""

from __future__ import annotations

import signal as signals
from abc import abstractmethod
from typing import Unpack

from airflow_provider_spcs.emulator.faults import job_effects
from airflow_provider_spcs.emulator.faults.fault import Fault
from airflow_provider_spcs.emulator.faults.job_effects import AccountEffect, JobEffect
from airflow_provider_spcs.emulator.faults.when import FaultError, JobWhen
from airflow_provider_spcs.emulator.lifecycle import JobStatus

_LOST_AS = {JobStatus.FAILED, JobStatus.INTERNAL_ERROR}


class JobFaults:
    """Each method arms one fault and returns it, or does it at once; see :class:`JobWhen` for ``when``."""

    @abstractmethod
    def _arm_job(self, name: str, effect: JobEffect, when: JobWhen) -> Fault: ...

    @abstractmethod
    def _arm_account(self, name: str, effect: AccountEffect, when: JobWhen) -> Fault: ...

    def job_vanished(self, *, history: bool = True, **when: Unpack[JobWhen]) -> Fault:
        """A job's record is removed and what runs of it is stopped: DESCRIBE says 2003.

        Args:
            history: Whether GET_JOB_HISTORY still has it, as DELETED.
            when: Which jobs, at which moment.
        """
        return self._arm_job("job_vanished", job_effects.vanish(history=history), when)

    def node_lost(self, *, status: str = "INTERNAL_ERROR", **when: Unpack[JobWhen]) -> Fault:
        """The node of a job dies: the containers on it are killed, their jobs end, their logs are reclaimed.

        Args:
            status: How the jobs end: INTERNAL_ERROR or FAILED; each container says "Encountered fatal error".
            when: Which jobs, at which moment.

        Raises:
            FaultError: The status is another one.
        """
        if status not in _LOST_AS:
            raise FaultError(f"faults.node_lost: status {status!r}. Give FAILED or INTERNAL_ERROR.")
        return self._arm_job("node_lost", job_effects.lose_node(JobStatus(status)), when)

    def container_killed(
        self, signal: int = signals.SIGKILL, *, container: str | None = None, **when: Unpack[JobWhen]
    ) -> Fault:
        """A container's command gets a signal; its exit code is 128 + signal unless it handles it.

        Args:
            signal: Number of the signal.
            container: Name of the only container to get it; every one when None.
            when: Which jobs, at which moment.

        Raises:
            FaultError: There is no such signal.
        """
        if signal not in set(signals.Signals):
            raise FaultError(f"faults.container_killed: there is no signal {signal!r}. Give one of signal.Signals.")
        return self._arm_job("container_killed", job_effects.kill(signal, container), when)

    def container_oom(self, *, container: str | None = None, **when: Unpack[JobWhen]) -> Fault:
        """A container ends with 137 and "Container was OOMKilled due to resource usage".

        Args:
            container: Name of the only container to end; every one when None.
            when: Which jobs, at which moment.
        """
        return self._arm_job("container_oom", job_effects.run_out_of_memory(container), when)

    def logs_reclaimed(self, **when: Unpack[JobWhen]) -> Fault:
        """SYSTEM$GET_SERVICE_LOGS fails as after the node was reclaimed; SPCS_GET_LOGS still has every line."""
        return self._arm_job("logs_reclaimed", job_effects.reclaim_logs, when)

    def logs_cut(self, *, keep: int = 0, **when: Unpack[JobWhen]) -> Fault:
        """SYSTEM$GET_SERVICE_LOGS loses what was written so far but the last lines; later lines are there.

        Args:
            keep: At most so many bytes of the log as it is stored stay (a line has 40 bytes before its text).
            when: Which jobs, at which moment.

        Raises:
            FaultError: ``keep`` is negative.
        """
        if keep < 0:
            raise FaultError(f"faults.logs_cut: keep is {keep!r}. It is a number of bytes. Give 0 or more.")
        return self._arm_job("logs_cut", job_effects.cut_logs(keep), when)

    def clock_jump(self, seconds: float, **when: Unpack[JobWhen]) -> Fault:
        """The account's clock jumps, forward or (negative) back: tokens expire, pools suspend, records age.

        Without ``job``, ``at`` and ``on`` it jumps at once.
        """
        return self._arm_account("clock_jump", job_effects.move_clock(seconds), when)
