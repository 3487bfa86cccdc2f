"""What is done with a job when it has ended, and when its task is stopped."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from airflow_provider_spcs.errors import InvalidInput

ON_FINISH = ("delete_succeeded_job", "delete_job", "keep_job")
ON_KILL_FATES = {
    "cancel_job": "The job is cancelled; its record is kept.",
    "drop_job": "The job is cancelled and dropped.",
    "keep_job": "The job goes on and bills, because on_kill_action is 'keep_job'.",
}
"""What each ``on_kill_action`` makes of the job, as a sentence."""
ON_KILL = tuple(ON_KILL_FATES)
ON_OOM = ("fail", "retry", "next_family")

Codes = int | Collection[int] | None


@dataclass(frozen=True)
class Policy:
    """Checked settings.

    Attributes:
        on_finish_action: ``delete_succeeded_job`` (a failed one stays to be looked at), ``delete_job`` or ``keep_job``.
        on_kill_action: ``cancel_job`` (the record and its log stay), ``drop_job`` or ``keep_job``.
        skip_on_exit_code: Exit codes of the base container that mean "skip the task".
        fail_on_exit_code: Exit codes of the base container for which a retry is useless.
        on_oom: ``fail`` (the same memory is short again), ``retry``, or ``next_family`` (retry in a larger pool).

    Raises:
        InvalidInput: An action or an exit code that does not exist, or a code in both lists.
    """

    on_finish_action: str = "delete_succeeded_job"
    on_kill_action: str = "cancel_job"
    skip_on_exit_code: frozenset[int] = frozenset()
    fail_on_exit_code: frozenset[int] = frozenset()
    on_oom: str = "fail"

    def __post_init__(self) -> None:
        for where, given, known in (
            ("on_finish_action", self.on_finish_action, ON_FINISH),
            ("on_kill_action", self.on_kill_action, ON_KILL),
            ("on_oom", self.on_oom, ON_OOM),
        ):
            if given not in known:
                raise InvalidInput(where, f"{given!r}", f"It is one of {', '.join(known)}", "Write one of them")
        both = self.skip_on_exit_code & self.fail_on_exit_code
        if both:
            raise InvalidInput(
                "skip_on_exit_code",
                f"{sorted(both)} are in fail_on_exit_code too",
                "An exit code has one meaning",
                "Remove them from one of the two",
            )

    @classmethod
    def of(
        cls,
        *,
        on_finish_action: str | None,
        drop_on_completion: bool | None,
        on_kill_action: str | None,
        cancel_on_kill: bool | None,
        skip_on_exit_code: Codes,
        fail_on_exit_code: Codes,
        on_oom: str = "fail",
    ) -> Policy:
        """From an operator's parameters; the boolean spellings are other operators' and exclude ours.

        Raises:
            InvalidInput: Both spellings are given, or a value is not valid.
        """
        finish = _one_of("on_finish_action", on_finish_action, "drop_on_completion", drop_on_completion)
        kill = _one_of("on_kill_action", on_kill_action, "cancel_on_kill", cancel_on_kill)
        return cls(
            finish if isinstance(finish, str) else ("delete_succeeded_job" if finish in (None, True) else "keep_job"),
            kill if isinstance(kill, str) else ("cancel_job" if kill in (None, True) else "keep_job"),
            _codes("skip_on_exit_code", skip_on_exit_code),
            _codes("fail_on_exit_code", fail_on_exit_code),
            on_oom,
        )

    def drops(self, *, succeeded: bool) -> bool:
        """Whether an ended job is dropped."""
        return self.on_finish_action == "delete_job" or (succeeded and self.on_finish_action == "delete_succeeded_job")


def _one_of(ours: str, value: str | None, other: str, boolean: bool | None) -> str | bool | None:
    if value is not None and boolean is not None:
        raise InvalidInput(other, f"given beside {ours}", "They say the same in two ways", f"Keep {ours}")
    return value if value is not None else boolean


def _codes(where: str, given: Codes) -> frozenset[int]:
    codes = [] if given is None else [given] if isinstance(given, int) else list(given)
    wrong = [code for code in codes if not isinstance(code, int) or isinstance(code, bool) or not 0 < code < 256]
    if wrong:
        raise InvalidInput(where, f"{wrong}", "An exit code is a number from 1 to 255; 0 is success", "Correct it")
    return frozenset(codes)
