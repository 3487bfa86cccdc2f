"""Run one container job on Snowpark Container Services from a task."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.common.compat.sdk import mask_secret

from airflow_provider_spcs.alerting import notes_failure
from airflow_provider_spcs.deployment import this_deployment
from airflow_provider_spcs.errors import SpcsError, StatementError, WorkerStopped
from airflow_provider_spcs.lineage import JobLineage
from airflow_provider_spcs.links import (
    DOOR_KEY,
    JOB_NAME_KEY,
    JOB_URL_KEY,
    REPORT_KEY,
    SpcsJobLink,
    SpcsReportLink,
    job_url,
)
from airflow_provider_spcs.redaction import looks_secret
from airflow_provider_spcs.retrying import fails_at_once
from airflow_provider_spcs.run_facts import run_facts
from airflow_provider_spcs.stoppable import StoppableJob

if TYPE_CHECKING:
    from airflow_provider_spcs.attempt import Attempt, Plan
    from airflow_provider_spcs.ending import Deadlines, Ending
    from airflow_provider_spcs.finish import Finish
    from airflow_provider_spcs.logs import LogFollower
    from airflow_provider_spcs.naming import JobName
    from airflow_provider_spcs.order import Order
    from airflow_provider_spcs.result import Result


class SpcsJobOperator(JobLineage, StoppableJob):
    """Submit a container job, wait for it, show its log, bring its result back.

    Returns the JSON that the container wrote to ``/airflow/xcom/return.json``, or the job's qualified name when it
    wrote none; also pushes the XComs ``job_name``, ``job_url`` and ``job_door`` (for the view in Airflow's UI),
    ``git_commit`` after a clone, ``report`` when the result's key of that name is a file on a mounted stage, and
    ``job_failure`` with the facts of a failure. A retry takes over the job that a crashed try left; a cleared task runs
    a new one. Every parameter works deferred, or is refused.

    Args:
        compute_pool: Pool the job runs in.
        image: Image of the only container, when there is no ``spec``; else replaces the base container's.
        command: Replaces the image's ENTRYPOINT: a list, started without a shell.
        args: Replaces the image's CMD.
        env_vars: Environment variables; no secrets here, they are shown.
        secrets: :class:`~airflow_provider_spcs.spec.SecretRef` objects: Snowflake secrets, by name.
        volumes: Absolute path to a volume, or to a stage as ``"@db.schema.stage/dir"``.
        resources: :class:`~airflow_provider_spcs.spec.Resources`, or its fields as a dict.
        container_resources: Another word for ``resources``, which is also a word of Airflow's own about workers.
        spec: A whole specification: ``ServiceSpec``, dict, YAML text, local ``.yaml`` file (rendered by Jinja), or
            ``"@stage/path/spec.yaml"``, which only Snowflake reads.
        spec_overrides: Merged into the specification last; containers and volumes are found by name.
        base_container_name: The container that single parameters are for; not needed when there is only one.
        name: The job's name; made from DAG, task, run and try when None. With a name of your own a failed job is
            dropped before the next try, and a name without ``{{ run_id }}`` is refused while another run uses it.
        replicas: Instances of the job.
        query_warehouse: Warehouse for SQL inside the containers.
        external_access_integrations: Their names.
        comment: A note; the job's comment also says which task it belongs to.
        tags: Tag name to value.
        payload: Local directory with the code to run, absolute or relative to the DAG's file.
        payload_mount: Where the payload is mounted in the base container.
        stage: ``"@db.schema.stage"`` for payloads and results. Without it there is no result but the job's name.
        git: :class:`~airflow_provider_spcs.git.GitSource`, cloned in the base container before its command.
        preflight: True looks up everything the job needs before it is submitted, and tells all that is missing at once.
        wait_for_completion: False returns the job's name at once; :class:`SpcsJobSensor` can wait for it.
        deferrable: Wait in the triggerer, without a worker slot. Default: ``[operators] default_deferrable``.
        poll_interval: Longest time between two looks, in seconds; deferred up to a tenth more, and never sooner.
        startup_timeout_seconds: Longest time PENDING; None waits for a full pool however long it is. A job whose image
            cannot be pulled is given up after about two minutes in any case.
        job_timeout_seconds: Longest time from submission to the end.
        transient_timeout_seconds: How long errors that pass by themselves are borne.
        get_logs: Show the containers' log lines while they come. Deferred jobs of one connection are read in turn:
            where a reading takes 0.3 seconds, a line waits for 4 seconds at most with 10 jobs that write, for half a
            minute with 50, for about 12 minutes with 500. No line is lost.
        container_logs: Only of these containers; all when None.
        number_logs_exception: How many last lines an error carries, also without ``get_logs``; at most 100.
        on_finish_action: ``delete_succeeded_job`` (default), ``delete_job`` or ``keep_job``.
        on_kill_action: ``cancel_job`` (default: its record and log stay), ``drop_job`` or ``keep_job``.
        durable: False starts a new job on every try.
        skip_on_exit_code: Exit codes that skip the task.
        fail_on_exit_code: Exit codes that fail the task without retries.
        on_oom: A container ended for want of memory: ``fail`` at once (default: the same memory would be short again),
            ``retry``, or ``next_family``: the retry runs in a larger pool, and memory requests and limits of the
            specification keep their share of the node. A specification on a stage keeps its amounts.
        oom_compute_pools: Pools for ``next_family``, smallest first. Default: of the pools that the role may see, the
            one with the next more memory a node and the same GPUs.
        retry_policy: Airflow 3.3 and later; default :class:`~airflow_provider_spcs.retry_policy.SpcsRetryPolicy`. What
            no retry mends fails at once: bad input, a refused submission or login, an unreadable result, a command
            that is not there. Before 3.3 such errors fail the task at once, too.
        do_xcom_push: False pushes no XCom.
        snowflake_conn_id: Airflow connection.
        database: Overrides the connection's.
        schema: Overrides the connection's.
        role: Overrides the connection's.
        warehouse: Overrides the connection's; jobs need none.
        authenticator: Overrides the connection's.
        session_parameters: Overrides the connection's.
        container_name: The first-party operator's word for ``base_container_name``.
        spec_text: The first-party operator's word for a ``spec`` given as text.
        spec_stage: With ``spec`` as a file name: the first-party operator's way to write ``"@stage/file"``.
        drop_on_completion: The first-party operator's word: True is ``delete_succeeded_job``, False is ``keep_job``.
        cancel_on_kill: Other operators' word: True is ``cancel_job``, False is ``keep_job``.
        timeout: The first-party operator's word for ``job_timeout_seconds``.
    """

    ui_color = "#d6f0fa"
    operator_extra_links = (SpcsJobLink(), SpcsReportLink())
    job_url: str | None = None
    """Where a person can look at it."""
    report: str | None = None
    """Where the report lies that it wrote, on a stage."""

    @fails_at_once
    @notes_failure
    def execute(self, context: Any) -> Any:
        """Submit or take over the job, then wait, defer, or return."""
        from airflow_provider_spcs.attempt import plan as make_plan
        from airflow_provider_spcs.leftovers import no_leftovers, say_unknown

        attempt, store = self._attempt(context), context.get("task_state_store")
        self.may_be_stopped(context["ti"], last=attempt.last)
        with no_leftovers(self, attempt):
            order = self._order(context)
        with self.hook, self.interruptible():
            try:
                plan = make_plan(self.hook, attempt, store, name=self.name, durable=self.adopts)
            except SpcsError as error:
                if isinstance(error, StatementError):
                    # Nothing is submitted yet, so no job is left alone by giving up.
                    error.hopeless = attempt.first and error.asks_for_a_person
                if attempt.last and not attempt.first:
                    say_unknown(self, error)
                raise
            finish = self._finish(context, order, plan.name, {})
            if plan.ended:
                self._note(context, plan.name, "")
                value = finish.succeed_without_job(plan.name)
                return self._with_report(context, order, plan.name, value)
            if plan.existing is not None:
                self.log.info("%s is there from an earlier try (%s): taken over.", plan.name, plan.existing.status)
            else:
                with no_leftovers(self, attempt, submitted=True):
                    self._submit(order, plan, attempt, store)
            with finish.in_sight(plan.name):
                self._note(context, plan.name, self.query_id)
                if self.job_url:
                    # The log of an earlier try keeps it, when the task's link leads to a later job.
                    self.log.info("Look at it: %s", self.job_url)
                if not self.wait_for_completion:
                    return str(plan.name)
                ending = self._wait(context, plan, finish)
            return self._with_report(context, order, plan.name, self._conclude(finish, ending))

    @fails_at_once
    @notes_failure
    def execute_complete(self, context: Any, event: Mapping[str, Any]) -> Any:
        """Go on after the triggerer's event: read the state again, show the rest of the log, finish.

        Raises:
            JobError: As :meth:`airflow_provider_spcs.finish.Finish.conclude`.
        """
        from airflow_provider_spcs.ending import Ending
        from airflow_provider_spcs.leftovers import no_leftovers
        from airflow_provider_spcs.log_place import forget

        import_module("airflow_provider_spcs.killing")
        ending = Ending.from_event(event)
        with self.hook:
            with no_leftovers(self, self._attempt(context), submitted=True):
                order, name = self._order(context), self.hook.qualify(ending.job_name)
                finish = self._finish(context, order, name, ending.cursor)
            self.job_name = str(name)
            if self.get_logs:
                forget(context["ti"])
            with finish.in_sight(name):
                if not self.do_xcom_push:
                    # Else the link is what was noted at the start: only that one knows the submitting query.
                    self.job_url = job_url(self.hook.get_connection(self.snowflake_conn_id), name)
            return self._with_report(context, order, name, finish.conclude(ending))

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        """Airflow's own; a deferral that it ended without a word of our trigger is one more wait that failed."""
        from airflow_provider_spcs.deferral import TRIGGER_FAIL_REPR, failed_deferral
        from airflow_provider_spcs.leftovers import own_job

        job = own_job(self, self._attempt(context)) if next_method == TRIGGER_FAIL_REPR else None
        if job is not None:
            return self.execute_complete(context, failed_deferral(job, next_kwargs or {}, self.log))
        return super().resume_execution(next_method, next_kwargs, context)

    def dry_run(self) -> None:
        """Log the statement and the specification that would be sent, secrets hidden; nothing is asked or sent.

        The job's name depends on the run, and stands here for what it will look like.
        """
        from airflow_provider_spcs.naming import JobIdentity, JobName, job_name

        dag = self.get_dag()
        order = self.order(dag.fileloc if dag is not None else None)
        self.policy()
        name = self.name
        if name is None or "{{" in name:
            name = job_name(JobIdentity(self.dag_id, self.task_id, "RUN", epoch="0_1"))
        job = JobName.parse(name, database=self.database or "DATABASE", schema=self.schema or "SCHEMA")
        self.log.info("%s", order.shown(job, self.comment or ""))

    def _submit(self, order: Order, plan: Plan, attempt: Attempt, store: Any) -> None:
        from airflow_provider_spcs.order import submit

        # Known before it is sent, so that a kill in between can cancel it.
        self.job_name = str(plan.name)
        if self.escalation is not None:
            order = self.escalation.apply(self.hook, order, plan.previous, self.log)
        submission = submit(self.hook, order, plan, attempt, store=store, log=self.log, preflight=self.preflight)
        self.query_id = submission.query_id
        self.log.info("%s is submitted to %s (query %s).", plan.name, order.compute_pool, self.query_id or "unknown")

    def _wait(self, context: Any, plan: Plan, finish: Finish) -> Ending:
        from airflow_provider_spcs.ending import Deadlines

        existing = plan.existing
        begun = existing.created_at.timestamp() if existing and existing.created_at else time.time()
        deadlines = Deadlines(
            startup=begun + self.startup_timeout_seconds if self.startup_timeout_seconds else None,
            job=begun + self.job_limit if self.job_limit else None,
        )
        # A job that is over already needs no triggerer; a very short one would fire before the task is asleep.
        if self.deferrable and not self._is_over(plan):
            self._defer(context, plan.name, deadlines)
        from airflow_provider_spcs.waiting import Waiter

        return Waiter(
            self.hook,
            plan.name,
            follower=finish.follower,
            deadlines=deadlines,
            poll_interval=self.poll_interval,
            stop=self._stop or threading.Event(),
            log=self.log,
        ).run()

    def _conclude(self, finish: Finish, ending: Ending) -> Any:
        from airflow_provider_spcs.ending import Reason

        stopped = ending.reason is Reason.VANISHED or ending.status in ("CANCELLING", "CANCELLED", "DELETED")
        if stopped and self._left_to_retry is False:
            # Our own stop did that, and it was seen sooner than the word that the task is stopped.
            ending = replace(ending, reason=Reason.KILLED)
        if ending.reason is Reason.KILLED and self._left_to_retry:
            # Within seconds this process is killed for good: nothing more is read or asked.
            raise WorkerStopped(
                ending.job_name,
                "this worker was told to stop",
                "The job goes on",
                "The retry takes it over",
                job_name=ending.job_name,
            )
        return finish.conclude(ending)

    def _is_over(self, plan: Plan) -> bool:
        state = plan.existing or self.hook.describe_job(plan.name)
        return state is not None and state.status.terminal

    def _defer(self, context: Any, name: JobName, deadlines: Deadlines) -> NoReturn:
        from airflow_provider_spcs.deferral import defer

        deadlines = replace(deadlines, execution=self.execution_deadline(context))
        defer(
            self,
            name,
            poll_interval=float(self.poll_interval),
            deadlines=deadlines,
            on_kill_action=self.policy().on_kill_action,
            generation=self._attempt(context).generation,
        )

    def _finish(self, context: Any, order: Order, name: JobName, cursor: Mapping[str, Any]) -> Finish:
        from airflow_provider_spcs.finish import Finish

        return Finish(
            hook=self.hook,
            attempt=self._attempt(context),
            store=context.get("task_state_store"),
            policy=self.policy(),
            durable=self.adopts,
            log=self.log,
            push=lambda key, value: self._push(context, key, value),
            see=self._see,
            outlet_events=context.get("outlet_events", {}),
            outlets=self.outlets,
            compute_pool=order.compute_pool,
            result_stage=order.result_stage(name),
            git=self.git is not None,
            exit_codes=self.exit_codes,
            base_container=self.base_container,
            follower=self._reader(name, cursor) if self.get_logs else None,
            reread=lambda: self._reader(name, {}),
            tail=self.number_logs_exception,
            escalation=self.escalation,
        )

    def _see(self, result: Result) -> None:
        self.result, self.commit = result.value, result.commit

    def _reader(self, name: JobName, cursor: Mapping[str, Any]) -> LogFollower:
        from airflow_provider_spcs.logs import follow

        return follow(self.hook, name, dict(cursor) or None, containers=self.container_logs)

    def _order(self, context: Any) -> Order:
        # Values under names like PASSWORD are hidden in this task's log, also when the container prints them.
        for name, value in (self.env_vars or {}).items():
            if isinstance(value, str) and looks_secret(name, value):
                mask_secret(value)
        self.policy()
        return replace(self.order(getattr(context.get("dag"), "fileloc", None)), facts=run_facts(context))

    def _attempt(self, context: Any) -> Attempt:
        from airflow_provider_spcs.attempt import Attempt

        return Attempt.of(
            context, note=self.comment or "", deployment=this_deployment(), waits=self.wait_for_completion
        )

    def _note(self, context: Any, name: JobName, query_id: str) -> None:
        """Say early where the job is, so that the link works while it runs and after a crash."""
        self.job_name = str(name)
        self.job_url = job_url(self.hook.get_connection(self.snowflake_conn_id), name, query_id)
        self._push(context, JOB_NAME_KEY, str(name))
        self._push(context, DOOR_KEY, self.door().noted())
        self._push(context, JOB_URL_KEY, self.job_url)
        self._push(context, SpcsJobLink().xcom_key, self.job_url)

    def _with_report(self, context: Any, order: Order, name: JobName, value: Any) -> Any:
        """The result; a report that it names is noted where it lies on a stage, for its link."""
        path = value.get("report") if isinstance(value, Mapping) else None
        self.report = order.staged(name, path) if isinstance(path, str) else None
        if self.report:
            self._push(context, REPORT_KEY, self.report)
            self.log.info("The job's report is %s.", self.report)
        return value

    def _push(self, context: Any, key: str, value: Any) -> None:
        if self.do_xcom_push:
            context["ti"].xcom_push(key=key, value=value)
