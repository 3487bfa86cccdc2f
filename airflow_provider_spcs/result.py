"""What a job hands back through its result directory on a stage."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.errors import ResultError, ResultTooLarge
from airflow_provider_spcs.git import COMMIT_FILE

if TYPE_CHECKING:
    from airflow_provider_spcs.hooks import SpcsHook

RESULT_FILE = "return.json"
MAX_BYTES = 1_000_000
"""Larger results stay on the stage: an XCom is a row in Airflow's database."""


@dataclass(frozen=True)
class Result:
    """What was found.

    Attributes:
        value: The JSON value of ``return.json``; ``{"stage_file": path, "bytes": n}`` when it is too large for an XCom.
        present: Whether there was such a file.
        commit: The git commit that ran; empty when none was cloned.
    """

    value: Any = None
    present: bool = False
    commit: str = ""


def read_result(hook: SpcsHook, stage: str | None, *, git: bool) -> Result:
    """Read the result directory of an ended job.

    Args:
        hook: The door to Snowflake.
        stage: The directory, ``@db.schema.stage/dir``; None when the job had none.
        git: Whether a clone step was there to leave its commit.

    Raises:
        ResultError: ``return.json`` is not JSON.
    """
    if stage is None:
        return Result()
    commit = (hook.read_stage_file(f"{stage}/{COMMIT_FILE}") or b"").decode(errors="replace").strip() if git else ""
    path = f"{stage}/{RESULT_FILE}"
    try:
        content = hook.read_stage_file(path, max_bytes=MAX_BYTES)
    except ResultTooLarge as error:
        return Result({"stage_file": path, "bytes": error.size}, present=True, commit=commit)
    if content is None:
        return Result(commit=commit)
    try:
        # NaN and infinity, which Python writes and no database takes for JSON, become null.
        return Result(json.loads(content, parse_constant=lambda _: None), present=True, commit=commit)
    except ValueError as error:
        raise ResultError(
            path,
            f"{content[:60]!r} is not JSON ({error})",
            "A container's result is one JSON value in UTF-8",
            "Write it with json.dump; the file is kept",
        ) from error
