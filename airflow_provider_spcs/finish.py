"""The end of a job, the same in a worker and after a deferral: last lines, result, clean-up, success or one error."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException

from airflow_provider_spcs.attempt import Attempt, Store, remember
from airflow_provider_spcs.ending import Ending, Reason
from airflow_provider_spcs.errors import JobError, JobOutOfMemory, SpcsError
from airflow_provider_spcs.escalation import describe, short_of_memory
from airflow_provider_spcs.evidence import containers_of, pool_of
from airflow_provider_spcs.failure import Facts, explain
from airflow_provider_spcs.killing import stop_job
from airflow_provider_spcs.log_end import end_of_log
from airflow_provider_spcs.naming import JobName
from airflow_provider_spcs.policy import ON_KILL_FATES, Policy
from airflow_provider_spcs.result import Result, read_result
from airflow_provider_spcs.retrying import Worth, advise
from airflow_provider_spcs.waiting import Log

if TYPE_CHECKING:
    from airflow_provider_spcs.escalation import Escalation
    from airflow_provider_spcs.hooks import SpcsHook
    from airflow_provider_spcs.logs import LogFollower
    from airflow_provider_spcs.rows import ContainerReport, JobState, PoolState

_TIMED_OUT = (Reason.STARTUP_TIMEOUT, Reason.NO_IMAGE, Reason.JOB_TIMEOUT, Reason.EXECUTION_TIMEOUT)


@dataclass(frozen=True, kw_only=True)
class Finish:
    """Everything the end of a job needs.

    Attributes:
        hook: The door to Snowflake.
        attempt: This try of the task.
        store: ``task_state_store``, when Airflow has one.
        policy: What is done with the job.
        durable: Whether a retry may take the job over.
        log: The task's log.
        push: Pushes an XCom: key, value.
        see: Gets the job's result, for lineage.
        outlet_events: Airflow's ``context["outlet_events"]``, by asset.
        outlets: The task's assets.
        compute_pool: The job's pool.
        result_stage: Directory of the result on a stage; None when there is none.
        git: Whether the container clones a repository first.
        exit_codes: What the exit codes of our own steps in the container mean.
        base_container: Whose exit code the exit-code rules mean; None takes the one that failed.
        follower: Reads the log from where it was read to; None shows none.
        reread: Another follower, from the log's beginning: an error shows last lines that were shown before, too.
        tail: How many last lines an error shows.
        escalation: The way to more memory; None when it is not asked for.
    """

    hook: SpcsHook
    attempt: Attempt
    store: Store | None
    policy: Policy
    durable: bool
    log: Log
    push: Callable[[str, Any], None]
    see: Callable[[Result], None]
    outlet_events: Mapping[Any, Any]
    outlets: Collection[Any]
    compute_pool: str
    result_stage: str | None
    git: bool
    exit_codes: Mapping[int, str]
    base_container: str | None
    follower: LogFollower | None
    reread: Callable[[], LogFollower]
    tail: int = 20
    escalation: Escalation | None = None

    def conclude(self, ending: Ending) -> Any:
        """Bring the task to its end.

        Returns:
            The job's JSON result; its qualified name when it wrote none.

        Raises:
            JobError: The job did not end well; the message says why and what to do.
            AirflowSkipException: Its exit code is in ``skip_on_exit_code``.
            AirflowFailException: Its exit code is in ``fail_on_exit_code``.
            ResultError: It ended well and its result is not JSON.
        """
        name = JobName.parse(ending.job_name)
        # A job may have ended between the last look and now: what counts is Snowflake's word, not the event's.
        with self.in_sight(name):
            state = self.hook.find_job(name)
            lines = self._last_lines()
            if state is not None and state.status.terminal:
                self.log.info("%s is %s: %s.", name, state.status, state.status.meaning)
            well = state is not None and state.status.succeeded
            failure = None if well else self._failure(name, ending, state, lines)
        if failure is not None:
            raise failure
        return self._succeed(name)

    def succeed_without_job(self, name: JobName) -> Any:
        """The job had ended well and was dropped before Airflow heard of it: take its result."""
        self.log.info("%s had ended well before; its result is taken, nothing is run again.", name)
        return self._succeed(name)

    def _succeed(self, name: JobName) -> Any:
        result = read_result(self.hook, self.result_stage, git=self.git)
        self.see(result)
        if result.commit:
            self.push("git_commit", result.commit)
        self._announce(name, result)
        if self.policy.drops(succeeded=True):
            # Noted first: a crash after the drop must not run the job again.
            remember(self.store, self.attempt, name, "DONE")
            self._drop(name)
        return result.value if result.present else str(name)

    def _announce(self, name: JobName, result: Result) -> None:
        extra = dict(result.value) if isinstance(result.value, Mapping) else {"result": result.value}
        facts = {"job_name": str(name), **({"git_commit": result.commit} if result.commit else {})}
        for asset in self.outlets:
            try:
                self.outlet_events[asset].extra.update({**extra, **facts})
            except (KeyError, TypeError, AttributeError) as error:
                # The error's own text may be the whole asset.
                name_shown = getattr(asset, "name", type(asset).__name__)
                self.log.warning("The asset event of %s carries no result: %s", name_shown, type(error).__name__)

    def _failure(self, name: JobName, ending: Ending, state: JobState | None, lines: list[str]) -> Exception:
        if len(lines) < self.tail:
            lines = self._reread_lines() or lines
        containers = containers_of(self.hook, name, state, self.log)
        larger = self._larger(state, containers)
        fate = self._stop(name, ending, state)
        if larger is not None:
            fate += f" The retry runs in {describe(larger)}."
        pool = self._pool(ending, state)
        error = explain(
            Facts(
                ending,
                state,
                containers,
                pool,
                lines if self.tail > 0 else None,
                fate=fate,
                exit_codes=self.exit_codes,
            )
        )
        if isinstance(error, JobOutOfMemory):
            error.hopeless = larger is None and self.policy.on_oom != "retry"
        self._push_result_of_failure()
        if state is not None and state.status.terminal and self.policy.drops(succeeded=False):
            self._drop(name)
        return self._by_exit_code(error)

    def _by_exit_code(self, error: JobError) -> Exception:
        """The error, or what Airflow is told instead of it, with the error as its cause."""
        code = error.exit_code
        base = self.base_container is None or error.container_name == self.base_container
        if base and code in self.policy.skip_on_exit_code:
            self.log.info("%s", error)
            return _because(error, AirflowSkipException(f"{error.job_name}: exit code {code} is in skip_on_exit_code."))
        if base and code in self.policy.fail_on_exit_code:
            words = f"{error} (exit code {code} is in fail_on_exit_code: no retry)"
            return _because(error, AirflowFailException(words))
        return error

    def _stop(self, name: JobName, ending: Ending, state: JobState | None) -> str:
        """Stop a job that nobody waits for any longer; what happens to it now, as a sentence."""
        if state is None:
            return ""
        if state.status.terminal:
            dropped = self.policy.drops(succeeded=False)
            return "The job is dropped." if dropped else "The job is kept; it no longer bills."
        if ending.reason is Reason.KILLED:
            return ON_KILL_FATES[self.policy.on_kill_action]
        return self._stop_now(name) if ending.reason in _TIMED_OUT else self._let_go(name)

    @contextmanager
    def in_sight(self, name: JobName) -> Iterator[None]:
        """Whatever goes wrong within it, say what becomes of the job that nobody looks after any longer."""
        try:
            yield
        except Exception as error:
            followed = advise(error).worth is not Worth.FAIL
            self.log.warning(
                "Waiting for %s failed. %s", name, self._let_go(name) if followed else self._stop_now(name)
            )
            raise

    def _let_go(self, name: JobName) -> str:
        """Leave a living job to the retry, or stop it when there is none; what happens to it now, as a sentence."""
        if self.durable and not self.attempt.last:
            return "The job goes on; the retry takes it over."
        return self._stop_now(name)

    def _stop_now(self, name: JobName) -> str:
        try:
            stop_job(self.hook, str(name), self.policy.on_kill_action)
        except Exception as error:  # noqa: BLE001 - whatever it is, the sentence says it
            return f"The job could not be cancelled and may go on: {error}"
        return ON_KILL_FATES[self.policy.on_kill_action]

    def _last_lines(self) -> list[str]:
        return end_of_log(self.follower, self.log, tail=self.tail) if self.follower is not None else []

    def _reread_lines(self) -> list[str]:
        # Whoever shows no log shows at least what the error speaks of.
        shown = 0 if self.follower is not None else self.tail
        return end_of_log(self.reread(), self.log, tail=self.tail, shown=shown)

    def _pool(self, ending: Ending, state: JobState | None) -> PoolState | None:
        if ending.reason is Reason.KILLED:
            return None
        return pool_of(self.hook, (state.compute_pool if state else "") or self.compute_pool)

    def _larger(self, state: JobState | None, containers: Sequence[ContainerReport]) -> PoolState | None:
        """Where the retry of a job that was short of memory runs."""
        if self.escalation is None or self.attempt.last or state is None or not state.status.terminal:
            return None
        if not (self.durable and state.compute_pool and short_of_memory(containers)):
            return None
        try:
            return self.escalation.next_pool(self.hook, state.compute_pool)
        except SpcsError as error:
            self.log.warning("A larger compute pool could not be looked for: %s", error)
            return None

    def _push_result_of_failure(self) -> None:
        try:
            result = read_result(self.hook, self.result_stage, git=self.git)
            self.see(result)
            if result.commit:
                self.push("git_commit", result.commit)
            if result.present:
                self.push("return_value", result.value)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not hide why the job failed
            self.log.warning("The failed job's result could not be passed on: %s", error)

    def _drop(self, name: JobName) -> None:
        try:
            self.hook.drop_job(name)
        except SpcsError as error:
            # The job has ended: a clean-up that fails changes nothing about how.
            self.log.warning("%s could not be dropped: %s", name, error)


def _because(error: JobError, told: Exception) -> Exception:
    told.__cause__ = error
    return told
