"""The file through which a job hands its result to Airflow.

The provider mounts a stage at ``/airflow/xcom`` and reads ``return.json`` from it when the job has ended; run by hand,
there is no such directory and the result is only logged.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path

DEFAULT_FILE = "/airflow/xcom/return.json"

logger = logging.getLogger(__name__)


def write_result(result: Mapping[str, object]) -> Path | None:
    """Write ``result`` as JSON for the task that started this job.

    The file is ``$SPCS_RESULT_FILE``, else ``/airflow/xcom/return.json``. It is written once and whole, because a stage
    volume takes neither appends nor atomic renames.

    Returns:
        The file, or None when its directory does not exist: nobody waits for the result then.
    """
    path = Path(os.environ.get("SPCS_RESULT_FILE", DEFAULT_FILE))
    if not path.parent.is_dir():
        logger.info("no result file: %s does not exist (set SPCS_RESULT_FILE to choose another)", path.parent)
        return None
    path.write_text(to_json(result), encoding="utf-8")
    logger.info("result written to %s", path)
    return path


def to_json(document: Mapping[str, object]) -> str:
    """``document`` as JSON that every reader accepts: no NaN, a line feed at its end."""
    return json.dumps(document, indent=2, allow_nan=False) + "\n"
