"""Several instances of one job that train one model together, by XGBoost's own collective.

Snowflake starts ``REPLICAS`` instances of a job and tells each its index and their number. Instance 0 runs XGBoost's
tracker; each instance reads its own part of the rows, histograms are summed over the network, and all hold the same
model at the end, which instance 0 writes.
"""

from __future__ import annotations

import logging
import os
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from problems import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Where instance 0 is and listens, when neither Snowflake nor the container runtime says so.
HEAD_VARIABLE, PORT_VARIABLE = "PAYLOAD_HEAD_ADDRESS", "PAYLOAD_TRACKER_PORT"
_SECONDS_TO_MEET = 720
_SECONDS_OF_SILENCE = 1800
#: The kernel holds a port for a minute after it was left.
_SECONDS_FOR_PORT = 90

logger = logging.getLogger(__name__)


class OtherInstanceFailedError(Exception):
    """This instance is well, but another one is not, so the job has failed."""


@dataclass(frozen=True)
class Instance:
    """Which one of a job's instances this is.

    Args:
        index: From 0.
        count: How many there are.
    """

    index: int
    count: int

    @property
    def leads(self) -> bool:
        """Whether this one writes what the job leaves."""
        return self.index == 0


ALONE = Instance(0, 1)


def this_instance() -> Instance:
    """From ``SNOWFLAKE_JOB_INDEX`` and ``SNOWFLAKE_JOBS_COUNT``, which Snowflake sets where REPLICAS was given.

    Raises:
        InputError: If they cannot be.
    """
    texts = os.environ.get("SNOWFLAKE_JOB_INDEX", "0"), os.environ.get("SNOWFLAKE_JOBS_COUNT", "1")
    if not all(text.isdigit() for text in texts) or int(texts[0]) >= int(texts[1]):
        raise InputError(
            "SNOWFLAKE_JOB_INDEX, SNOWFLAKE_JOBS_COUNT",
            f"they are {texts[0]!r} and {texts[1]!r}",
            "Instances are numbered from 0 to their count less 1",
            "Unset both to train on one instance",
        )
    return Instance(int(texts[0]), int(texts[1]))


@contextmanager
def group(instance: Instance, ask_head: Callable[[], str]) -> Iterator[None]:
    """Let XGBoost work across all instances until the block ends.

    Args:
        instance: This one.
        ask_head: Gives the address of instance 0, when the environment does not.

    Raises:
        OtherInstanceFailedError: If not all of them come within twelve minutes.
    """
    if instance.count == 1:
        yield
        return
    from xgboost import collective

    head = os.environ.get(HEAD_VARIABLE) or os.environ.get("MLRS_HEAD_IP") or ask_head()
    port = meeting_port()
    tracker = _tracker(instance.count, head, port) if instance.leads else None
    logger.info("instance %d of %d, meeting at %s:%d", instance.index, instance.count, head, port)
    _join(
        {
            "dmlc_communicator": "rabit",
            "dmlc_tracker_uri": head,
            "dmlc_tracker_port": port,
            # Sorted as text: the order of the ranks is that of the instances.
            "dmlc_task_id": f"{instance.index:06d}",
            "dmlc_timeout": _SECONDS_OF_SILENCE,
            "dmlc_retry": 3,
        }
    )
    try:
        yield
    except BaseException:
        # Ending without a word would leave the others waiting; closed sockets tell them.
        logger.info("instance %d fails, and with it the job", instance.index)
        raise
    else:
        collective.finalize()
        if tracker is not None:
            tracker.wait_for(timeout=60)


def gather(instance: Instance, value: Any) -> list[Any]:
    """The value of each instance, by index."""
    if instance.count == 1:
        return [value]
    from xgboost import collective

    # In a tuple, because the collective takes None for the lack of a value.
    own = (value,)
    found: list[Any] = []
    for root in range(instance.count):
        sent: Any = collective.broadcast(own if root == instance.index else None, root)
        found.append(sent[0])
    return found


def total(instance: Instance, values: NDArray[Any]) -> NDArray[Any]:
    """The sum over all instances, of the same shape and type."""
    if instance.count == 1:
        return values
    from xgboost import collective

    summed: NDArray[Any] = collective.allreduce(values, collective.Op.SUM)
    return summed


@contextmanager
def together(instance: Instance, step: str) -> Iterator[None]:
    """A step that each instance does alone: when one fails in it, all do, and say why.

    Raises:
        OtherInstanceFailedError: If another instance failed.
    """
    failure: Exception | None = None
    try:
        yield
    except Exception as error:  # noqa: BLE001 - it is raised again below, after the others know
        failure = error
    reasons = gather(instance, None if failure is None else f"{type(failure).__name__}: {failure}")
    if failure is not None:
        raise failure
    for index, reason in enumerate(reasons):
        if reason is not None:
            raise OtherInstanceFailedError(f"instance {index} failed to {step}: {reason}")


def explained(instance: Instance, error: Exception) -> Exception:
    """What an error of XGBoost means when several instances train."""
    if instance.count > 1 and type(error).__name__ == "XGBoostError":
        first = str(error).strip().partition("\n")[0]
        return OtherInstanceFailedError(
            f"instance {instance.index} lost the others: one of them has failed, and its log ends with the reason. "
            f"XGBoost says {first}"
        )
    return error


def _tracker(count: int, head: str, port: int) -> Any:
    """XGBoost's tracker, started; a port that a process before has just left is waited for."""
    from xgboost.core import XGBoostError
    from xgboost.tracker import RabitTracker

    deadline = time.monotonic() + _SECONDS_FOR_PORT
    while True:
        try:
            tracker = RabitTracker(n_workers=count, host_ip=head, port=port, sortby="task", timeout=_SECONDS_TO_MEET)
            tracker.start()
            return tracker
        except XGBoostError as error:
            if time.monotonic() > deadline:
                raise OSError(
                    f"{head}:{port}: instance 0 cannot listen there for {_SECONDS_FOR_PORT} s ({error}). "
                    f"The instances meet there. Set {PORT_VARIABLE} on all of them to another port."
                ) from error
            time.sleep(1)


def _join(arguments: dict[str, Any]) -> None:
    from xgboost import collective
    from xgboost.core import XGBoostError

    deadline = time.monotonic() + _SECONDS_TO_MEET
    while True:
        try:
            collective.init(**arguments)
            return
        except XGBoostError as error:
            if time.monotonic() > deadline:
                raise OtherInstanceFailedError(
                    f"instance 0 at {arguments['dmlc_tracker_uri']}:{arguments['dmlc_tracker_port']} cannot be reached "
                    f"for {_SECONDS_TO_MEET} s: {error}"
                ) from error
            time.sleep(1)


def meeting_port() -> int:
    """The same on each instance, and another for another job, among those that instances may use between them.

    Source: https://docs.snowflake.com/en/developer-guide/snowpark-container-services/additional-considerations-services-jobs
    """
    stated = os.environ.get(PORT_VARIABLE)
    if stated:
        return int(stated)
    return 32768 + zlib.crc32(os.environ.get("SNOWFLAKE_SERVICE_NAME", "").encode()) % 28000
