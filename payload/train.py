"""Train a classifier on a table in Snowflake with XGBoost.

From the root of the repository run as::

    python payload/train.py --source_table loan_applications --output_dir output

Reads the table once, through Snowpark; evaluates on a deterministic hold-out; writes model.ubj, metrics.json,
sample.json, result.json, rounds.jsonl, evaluation.json and report.html to the output directory, and the result to
/airflow/xcom/return.json where there is one. With REPLICAS = n, n instances train one model and the first writes it.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import model_files
import training_arguments
from checkpoints import clear_checkpoints
from instance_addresses import head_address
from instances import Instance, group, this_instance
from machine import share_freed_memory
from model_files import prepare
from problems import leave, run
from ray_instances import lent_by_ray
from registry import ModelShelf, version_name
from report import write_report
from result import write_result
from session import open_session
from source import SnowflakeTable
from tracking import tracked
from trainer import Trained, train
from training_arguments import check

if TYPE_CHECKING:
    from snowflake.snowpark import Session

__all__ = ["Trained", "check", "main", "parser", "save_to_directory", "save_to_registry", "train"]

logger = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    return training_arguments.parser((__doc__ or "").splitlines()[0])


def save_to_registry(session: Session, trained: Trained, model_name: str) -> dict[str, Any]:
    """Log the model as a version; the default version stays what it is, which is register.py's to decide."""
    shelf = ModelShelf(session, model_name)
    name = version_name(trained.model, trained.result["trained_at"])
    comment = f"trained on {trained.result['source_table']}"
    version = shelf.log(trained.model, trained.sample, trained.metrics["metrics"], name, comment)
    return {**trained.result, "save_mode": "registry", "model": shelf.name, "version": str(version.version_name)}


def save_to_directory(
    trained: Trained, directory: Path, *, report: bool = False, compare_with: Path | None = None
) -> dict[str, Any]:
    """Write the model's files.

    Args:
        trained: The model.
        directory: Where to.
        report: Whether to draw report.html as well.
        compare_with: Directory of an earlier model for the report.
    """
    result = {**trained.result, "save_mode": "local", "model_dir": str(directory)}
    extras = {
        model_files.EVALUATION: model_files.to_json(trained.evaluation),
        model_files.ROUNDS: "".join(json.dumps(line) + "\n" for line in trained.rounds),
    }
    if report:
        written = write_report(trained.evaluation, result, compare_with)
        extras |= {} if written is None else {model_files.REPORT: written}
    result["report"] = str(directory / model_files.REPORT) if model_files.REPORT in extras else None
    model_files.write(directory, trained.model, trained.metrics, trained.sample, result, extras)
    logger.info("model written to %s", directory)
    return result


def default_directory() -> Path:
    """Where the model goes when nobody says: one directory for each job, beside this file."""
    return Path(__file__).resolve().parent / os.environ.get("SNOWFLAKE_SERVICE_NAME", "output")


def main(argv: Sequence[str] | None = None) -> None:
    """Train as the command line asks."""
    arguments = parser().parse_args(argv)
    check(arguments)
    share_freed_memory()
    with lent_by_ray(this_instance(), sys.argv[1:] if argv is None else argv) as instance:
        _train(arguments, instance)


def _train(arguments: argparse.Namespace, instance: Instance) -> None:
    local = arguments.save_mode == "local"
    directory = (arguments.output_dir or default_directory()) if local else None
    if directory is not None and instance.leads:
        prepare(directory)
    work = None if arguments.work_dir is None else prepare(arguments.work_dir, "--work_dir")
    with (
        open_session() as session,
        tempfile.TemporaryDirectory(prefix="rows-", dir=work) as rows,
        tracked(arguments, instance.leads) as tracking,
    ):
        table = SnowflakeTable(session, arguments.source_table)
        with group(instance, lambda: head_address(session)):
            trained = train(table, arguments, Path(rows), instance, tracking)
        if not instance.leads:
            logger.info("instance %d is done; instance 0 writes the model", instance.index)
            return
        if directory is None:
            result = save_to_registry(session, trained, arguments.model_name)
        else:
            result = save_to_directory(
                trained, directory, report=not arguments.no_report, compare_with=arguments.compare_with
            )
        tracking.end(trained.metrics["metrics"], directory)
    if arguments.checkpoint_dir is not None:
        clear_checkpoints(arguments.checkpoint_dir)
    write_result(result)


if __name__ == "__main__":
    leave(run(main))
