"""Batch inference: score every row of a table with a registered model, into a table of scores.

From the root of the repository run as::

    python payload/score.py --model_name loan_default_predictor --source_table new_applications --scores_table scores

Needs no label. Takes the model's default version unless --version names one, or the files of --model_dir. Writes to the
log, and to /airflow/xcom/return.json where that directory exists.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import model_files
from names import parts
from pipeline import layout_of, load_booster, pipeline
from problems import run
from registry import ModelShelf, check_names
from result import write_result
from score_table import ScoreTable
from scoring import check_fits, probabilities
from session import open_session
from source import SnowflakeTable

if TYPE_CHECKING:
    from snowflake.snowpark import Session

logger = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument(
        "--model_name", default="loan_default_predictor", help="[database.][schema.]model in the registry"
    )
    arguments.add_argument("--version", help="of the model (default: its default version)")
    arguments.add_argument(
        "--model_dir", type=Path, help="directory that train.py wrote, in place of a registered model"
    )
    arguments.add_argument("--source_table", required=True, help="table or view to score")
    arguments.add_argument(
        "--scores_table",
        required=True,
        help="table to create or replace: id, PROBABILITY and PREDICTION of each row; its comment names the model",
    )
    return arguments


def score(session: Session, arguments: argparse.Namespace) -> dict[str, Any]:
    """Score the table, batch by batch.

    Returns:
        What the task's XCom gets: model, version, source_table, scores_table, rows, mean_probability.

    Raises:
        InputError: If there is no such model, or the table does not fit it.
    """
    table = SnowflakeTable(session, arguments.source_table)
    if arguments.model_dir is None:
        shelf = ModelShelf(session, arguments.model_name)
        name, (version, content) = shelf.name, shelf.content(arguments.version)
    else:
        name, version, content = str(arguments.model_dir), None, model_files.read(arguments.model_dir).model
    booster = load_booster(content, name)
    layout = layout_of(booster)
    check_fits(table, layout, labelled=False)
    served, total = pipeline(booster), 0.0
    scores = ScoreTable(session, arguments.scores_table, table.sql, layout)
    with scores.filling({"model": name, "version": version, "source_table": table.name}):
        for batch in table.batches(layout, labelled=False):
            if batch.num_rows:
                found = probabilities(served, batch, layout)
                scores.add(batch[layout.id_column], found)
                total += float(found.sum(dtype=float))
    return {
        "model": name,
        "version": version,
        "source_table": table.name,
        "scores_table": scores.name,
        "rows": scores.rows,
        "mean_probability": total / scores.rows if scores.rows else None,
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Score as the command line asks."""
    arguments = parser().parse_args(argv)
    check_names(arguments.model_name, arguments.version)
    for name in ("source_table", "scores_table"):
        parts(getattr(arguments, name), f"--{name}")
    with open_session() as session:
        result = score(session, arguments)
    told = f"{result['model']} {result['version'] or ''}".strip()
    logger.info("%s rows scored by %s into %s", f"{result['rows']:,}", told, result["scores_table"])
    write_result(result)


if __name__ == "__main__":
    sys.exit(run(main))
