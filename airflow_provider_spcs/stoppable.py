"""The process that runs a task is told to stop: what becomes of the task's job."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from airflow.providers.common.compat.sdk import AirflowTaskTimeout

from airflow_provider_spcs.parameters import SpcsJobParameters

_KILL_PATIENCE = 25.0


class StoppableJob(SpcsJobParameters):
    """A task whose job is stopped with it, unless Airflow still wants the task."""

    job_name: str | None = None
    """The job this task works on, once it is known."""

    _stop: threading.Event | None = None
    _ti: Any = None
    _retries_left = False
    _left_to_retry: bool | None = None

    def may_be_stopped(self, ti: Any, *, last: bool) -> None:
        """From here on a stop is heard, and knows whether Airflow would try again."""
        self._stop = threading.Event()
        # A signal's handler must not be the first to import it.
        import_module("airflow_provider_spcs.killing")
        self._ti, self._retries_left = ti, not last

    def on_kill(self) -> None:
        """This process is to stop: stop the job by ``on_kill_action``, unless Airflow still wants it for a retry."""
        if self.job_name is None or self._left_to_retry is not None:
            return
        # Airflow's own limit for the task is over: its state does not say so yet, but nobody may wait any longer.
        in_time = not isinstance(sys.exception(), AirflowTaskTimeout)
        if in_time and self.adopts and self._retries_left:
            from airflow_provider_spcs.killing import still_wanted

            self._left_to_retry = still_wanted(self._ti)
        if self._left_to_retry:
            self.log.info("This worker is stopped, the task is not: %s goes on for the retry.", self.job_name)
        else:
            self._left_to_retry = False
            self._stop_job(self.job_name)
        if self._stop is not None:
            self._stop.set()

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """An interrupt from the keyboard, or an exit, is a stop of which Airflow tells no task."""
        try:
            yield
        except (KeyboardInterrupt, SystemExit):
            self.on_kill()
            raise

    def _stop_job(self, job: str) -> None:
        action = self.policy().on_kill_action
        self.log.info("The task is stopped: %s for %s.", action, job)
        # A signal may have interrupted this thread inside the held connection: another one, in another thread.
        killer = threading.Thread(target=self._kill, args=(job, action), name="spcs-kill", daemon=True)
        killer.start()
        killer.join(_KILL_PATIENCE)

    def _kill(self, job: str, action: str) -> None:
        from airflow_provider_spcs.killing import stop_job

        try:
            with self.door().hook(transient_timeout=20) as hook:
                stop_job(hook, job, action)
        except Exception:
            self.log.exception("%s could not be stopped. `spcs gc` finds jobs whose task is no longer waiting.", job)
