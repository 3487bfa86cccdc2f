"""Log a trained model to the Model Registry, and make it the default if it is better.

From the root of the repository run as::

    python payload/register.py --model_dir output --model_name loan_default_predictor

Writes to the log, and to /airflow/xcom/return.json where that directory exists.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import model_files
from problems import InputError, run
from registry import DECIDING_METRIC, ModelShelf, check_names, version_name
from result import write_result
from session import open_session

if TYPE_CHECKING:
    from snowflake.snowpark import Session

logger = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--model_dir", type=Path, required=True, help="directory that train.py wrote")
    arguments.add_argument(
        "--model_name", default="loan_default_predictor", help="[database.][schema.]model in the registry"
    )
    arguments.add_argument("--version", help="name of the new version (default: time of training and fingerprint)")
    arguments.add_argument(
        "--threshold",
        type=float,
        default=0.0,
        help="least improvement of the AUC over the default version that makes this one the default (default 0)",
    )
    return arguments


def check(arguments: argparse.Namespace) -> None:
    """Refuse arguments that cannot be meant.

    Raises:
        InputError: If one is out of range or not a name.
    """
    check_names(arguments.model_name, arguments.version)
    if not math.isfinite(arguments.threshold) or not -1 <= arguments.threshold <= 1:
        raise InputError(
            f"--threshold={arguments.threshold}", "it is out of range", "It is a difference of two AUC", "Use -1 to 1"
        )


def register(session: Session, stored: model_files.StoredModel, arguments: argparse.Namespace) -> dict[str, Any]:
    """Log the model and promote it if it is better.

    Returns:
        What the task's XCom gets: model, version, is_default, metric, value, previous_default, previous_value,
        threshold, metrics, model_dir, commit.
    """
    check(arguments)
    metrics = stored.metrics["metrics"]
    version = arguments.version or version_name(stored.model, str(stored.result["trained_at"]))
    shelf = ModelShelf(session, arguments.model_name)
    previous = shelf.default()
    logged = shelf.log(stored.model, stored.sample, metrics, version, _comment(stored))
    promotion = shelf.promote(logged, metrics[DECIDING_METRIC], arguments.threshold, previous)
    return {
        "model": shelf.name,
        "version": str(logged.version_name),
        "is_default": promotion.is_default,
        "metric": DECIDING_METRIC,
        "value": metrics[DECIDING_METRIC],
        "previous_default": promotion.previous_default,
        "previous_value": promotion.previous_metric,
        "threshold": arguments.threshold,
        "metrics": metrics,
        "model_dir": str(stored.directory),
        "commit": stored.result.get("commit"),
    }


def _comment(stored: model_files.StoredModel) -> str:
    known = {key: stored.result.get(key) for key in ("source_table", "rows", "commit", "trained_at")}
    return json.dumps({key: value for key, value in known.items() if value is not None})


def main(argv: Sequence[str] | None = None) -> None:
    """Register the model as the command line asks."""
    arguments = parser().parse_args(argv)
    check(arguments)
    stored = model_files.read(arguments.model_dir)
    with open_session() as session:
        result = register(session, stored, arguments)
    state = "is the default" if result["is_default"] else f"is not the default, {result['previous_default']} stays"
    logger.info("%s version %s %s", result["model"], result["version"], state)
    write_result(result)


if __name__ == "__main__":
    sys.exit(run(main))
