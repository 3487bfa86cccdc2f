"""Why a job failed, as one error a person can act on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from airflow_provider_spcs.ending import Ending, Reason
from airflow_provider_spcs.errors import (
    ImageNotPulled,
    JobCancelled,
    JobError,
    JobFailedError,
    JobInternalError,
    JobOutOfMemory,
    JobTimeout,
    JobVanished,
    StartupTimeout,
)
from airflow_provider_spcs.rows import ContainerReport, JobState, PoolState
from airflow_provider_spcs.status import ContainerState, exit_meaning, out_of_memory

_CLASSES: dict[str, type[JobError]] = {
    "FAILED": JobFailedError,
    "CANCELLED": JobCancelled,
    "CANCELLING": JobCancelled,
    "INTERNAL_ERROR": JobInternalError,
    "DELETED": JobVanished,
}
_TIMEOUTS: dict[Reason, tuple[type[JobError], str]] = {
    Reason.STARTUP_TIMEOUT: (StartupTimeout, "startup_timeout_seconds"),
    Reason.JOB_TIMEOUT: (JobTimeout, "job_timeout_seconds"),
    Reason.EXECUTION_TIMEOUT: (JobTimeout, "execution_timeout"),
}

# An exception's line is the first after the frames that is not indented: `package.Kind: words`, or the kind alone.
_RAISED = re.compile(r"(\[\S+\] )?[A-Za-z_][\w.]*(:|$)")
_LONGEST_REASON = 500


@dataclass(frozen=True)
class Facts:
    """All that is known of a job that did not end well.

    Attributes:
        ending: How the wait ended.
        state: The job as last seen; None when it is gone.
        containers: What its containers said.
        pool: Its compute pool; None when it was not asked or is gone.
        last_lines: End of the log; None when it was not asked for.
        fate: What happens to the job now, as a sentence.
        exit_codes: What the exit codes of steps mean that are put before the container's own program.
    """

    ending: Ending
    state: JobState | None = None
    containers: Sequence[ContainerReport] = ()
    pool: PoolState | None = None
    last_lines: Sequence[str] | None = ()
    fate: str = ""
    exit_codes: Mapping[int, str] = field(default_factory=dict)


def culprit(containers: Sequence[ContainerReport]) -> ContainerReport | None:
    """The container to blame: the first that failed, the lowest instance first; else one with something to say."""
    ordered = sorted(containers, key=lambda report: report.instance_id)
    failed = [report for report in ordered if report.state is ContainerState.FAILED or report.exit_code]
    waiting = [report for report in ordered if report.message and not report.state.ended]
    return next(iter(failed or waiting), None)


def explain(facts: Facts) -> JobError:
    """The error to raise."""
    ending, state = facts.ending, facts.state
    status = state.status.value if state else ending.status
    guilty = culprit(facts.containers)
    where = ending.job_name
    if ending.reason in _TIMEOUTS:
        kind, clock = _TIMEOUTS[ending.reason]
        what = f"{clock} is over while the job was {ending.status or 'not yet seen'}"
    elif ending.reason is Reason.NO_IMAGE:
        kind, what = ImageNotPulled, "Snowflake could not pull the image, again and again, while the job was PENDING"
    elif ending.reason is Reason.VANISHED or (state is None and ending.reason is Reason.ENDED):
        kind, what = JobVanished, "gone: neither SHOW JOB SERVICES nor job history knows it"
    elif ending.reason is Reason.KILLED:
        kind, what = JobCancelled, f"Airflow stopped the task while the job was {ending.status or status}"
    elif ending.reason is Reason.ERROR:
        kind, what = JobError, f"waiting for the job failed (last status {status or 'unknown'}): {ending.message}"
    else:
        kind = _CLASSES.get(status, JobError)
        what = status
    if guilty is not None:
        what += f", instance {guilty.instance_id}, container {guilty.name!r}"
        what += f", exit code {guilty.exit_code}" if guilty.exit_code is not None else ""
        if kind is JobFailedError and out_of_memory(guilty.exit_code, guilty.message):
            kind = JobOutOfMemory
    pending, running = _clocks(state, facts.containers)
    return kind(
        where,
        what + _lines(facts.last_lines),
        rule=_meaning(facts, guilty),
        mend="\n  ".join(
            filter(None, [_pool(facts.pool), _elapsed(state, pending, running), facts.fate, _look(facts, guilty)])
        ),
        job_name=where,
        status=status,
        instance_id=guilty.instance_id if guilty else None,
        container_name=guilty.name if guilty else None,
        exit_code=guilty.exit_code if guilty else None,
        message=(guilty.message if guilty else "") or (state.message if state else ""),
        last_lines=facts.last_lines or (),
        compute_pool=facts.pool.name if facts.pool else state.compute_pool if state else "",
        pending_seconds=pending,
        running_seconds=running,
    )


def _lines(lines: Sequence[str] | None) -> str:
    if lines is None:
        return ""
    if not lines:
        return ". It wrote no log"
    return ". Its last line is above" if len(lines) == 1 else f". Its last {len(lines)} lines are above"


def _meaning(facts: Facts, guilty: ContainerReport | None) -> str:
    words = []
    if raised := last_exception(facts.last_lines or ()):
        words.append(f"It ended with {raised!r}.")
    message = (guilty.message if guilty else "") or (facts.state.message if facts.state else "")
    if message:
        words.append(f"Snowflake says: {message!r}.")
    if guilty is not None and guilty.exit_code:
        if guilty.exit_code in facts.exit_codes:
            words.append(f"{guilty.exit_code}: {facts.exit_codes[guilty.exit_code]}.")
        else:
            meaning = exit_meaning(guilty.exit_code)
            words.append(f"{guilty.exit_code}: {meaning.meaning}. {meaning.mend}.")
    elif guilty is not None and guilty.unpullable:
        words.append(_image(guilty.image))
    elif facts.state is not None and facts.state.status.mend:
        words.append(f"{facts.state.status.mend}.")
    return "\n  ".join(words)


def _image(image: str) -> str:
    # `/database/schema/repository/name:tag`, or with the registry's host before it.
    place = image.strip("/").split("/")[-4:-1]
    if len(place) < 3:
        return f"The image {image!r} has to be in its repository, and the role has to have READ on that."
    name = ".".join(place)
    return (
        f"The image {image!r} has to be there (SHOW IMAGES IN IMAGE REPOSITORY {name}), for linux/amd64, "
        f"and the role has to have READ ON IMAGE REPOSITORY {name}."
    )


def last_exception(lines: Sequence[str]) -> str:
    """What a Python program raised last, by its traceback; empty when the lines show none."""
    traced = [index for index, line in enumerate(lines) if "Traceback (most recent call last):" in line]
    if not traced:
        return ""
    after = (line for line in lines[traced[-1] + 1 :] if _RAISED.match(line))
    return next(after, "")[:_LONGEST_REASON]


def _pool(pool: PoolState | None) -> str:
    if pool is None:
        return ""
    nodes = f"{pool.active_nodes} of at most {pool.max_nodes} nodes in use"
    if pool.state == "SUSPENDED" and not pool.auto_resume:
        return (
            f"Compute pool {pool.name} is SUSPENDED, and does not resume by itself: "
            f"ALTER COMPUTE POOL {pool.name} RESUME."
        )
    return f"Compute pool {pool.name} is {pool.state}, {nodes}."


def _clocks(state: JobState | None, containers: Sequence[ContainerReport]) -> tuple[int | None, int | None]:
    """Seconds that a job was pending, and that it ran; None for what is not known or was not."""
    if state is None or state.created_at is None:
        return None, None
    started = min((report.started_at for report in containers if report.started_at), default=None)
    end = state.ended_at or datetime.now(UTC)
    if started is None:
        return _seconds(end, state.created_at), None
    return _seconds(started, state.created_at), _seconds(end, started)


def _elapsed(state: JobState | None, pending: int | None, running: int | None) -> str:
    if state is None or pending is None:
        return ""
    # Only job history knows when a job ended, and that wants a warehouse: until then this task's own delay is in it.
    most = "at most " if state.status.terminal and state.ended_at is None else ""
    if running is None:
        return f"It was pending for {most}{pending} s and never ran."
    return f"It was pending for {pending} s and ran for {most}{running} s."


def _seconds(later: datetime, earlier: datetime) -> int:
    return max(0, round((later - earlier).total_seconds()))


def _look(facts: Facts, guilty: ContainerReport | None) -> str:
    name = facts.ending.job_name
    if facts.state is None or facts.state.deleted:
        plain = name.rpartition(".")[2]
        return f"Look further: SELECT * FROM TABLE(SNOWFLAKE.SPCS.GET_JOB_HISTORY()) WHERE NAME = '{plain}'"
    instance, container = (guilty.instance_id, guilty.name) if guilty else (0, "main")
    return (
        f"Look further: SELECT SYSTEM$GET_SERVICE_LOGS('{name}', {instance}, '{container}', 1000); or "
        f"`snow spcs service logs {name} --container-name {container} --instance-id {instance}`; "
        f"drop it: DROP SERVICE {name}"
    )
