"""Score a stored model on a table.

From the root of the repository run as::

    python payload/evaluate.py --model_dir output --source_table loan_applications
    python payload/evaluate.py --model_dir output --rows all --scores_table loan_scores

Writes to the log, and to /airflow/xcom/return.json where that directory exists.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import model_files
from cache_checks import label_values
from features import Layout
from names import parts
from pipeline import layout_of, load_booster, pipeline
from problems import InputError, run
from result import write_result
from score_table import ScoreTable
from scores import Scoreboard
from scoring import check_fits, probabilities
from session import open_session
from source import SnowflakeTable, Source
from split import held_out

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray
    from snowflake.snowpark import Session

logger = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--model_dir", type=Path, required=True, help="directory that train.py wrote")
    arguments.add_argument("--source_table", default="loan_applications", help="table or view to score")
    arguments.add_argument(
        "--rows",
        choices=["holdout", "all"],
        default="holdout",
        help="rows to score: those that training held out, or all (for a table that training has not seen)",
    )
    arguments.add_argument(
        "--scores_table", help="table to create or replace: id, PROBABILITY and PREDICTION of each scored row"
    )
    return arguments


def evaluate(
    source: Source,
    stored: model_files.StoredModel,
    rows: str,
    keep: Callable[[pa.ChunkedArray, NDArray[np.float32]], None] | None = None,
) -> dict[str, Any]:
    """Score the rows as the served model would, batch by batch.

    Args:
        source: The rows.
        stored: The model.
        rows: ``"holdout"`` or ``"all"``.
        keep: Called with the ids and probabilities of each batch.

    Returns:
        What the task's XCom gets: source_table, model_dir, rows, which_rows, metrics, auc, trained_auc.

    Raises:
        InputError: If the table does not fit the model.
    """
    booster = load_booster(stored.model, str(stored.directory / model_files.MODEL))
    layout = layout_of(booster)
    check_fits(source, layout)
    served, fraction = pipeline(booster), float(stored.result["arguments"]["test_fraction"])
    board, counted = Scoreboard(), 0
    for batch in source.batches(layout):
        chosen = batch
        if rows == "holdout":
            chosen = _holdout(batch, layout, fraction)
        if chosen.num_rows:
            scored = probabilities(served, chosen, layout)
            board.add(label_values(chosen[layout.label], layout.label).to_numpy(), scored)
            counted += chosen.num_rows
            if keep is not None:
                keep(chosen[layout.id_column], scored)
    metrics = _metrics(board, source, layout, counted)
    return {
        "source_table": source.name,
        "model_dir": str(stored.directory),
        "rows": counted,
        "which_rows": rows,
        "metrics": metrics,
        "auc": metrics["auc"],
        "trained_auc": stored.metrics["metrics"]["auc"],
    }


def _holdout(batch: pa.Table, layout: Layout, fraction: float) -> pa.Table:
    import pyarrow as pa

    return batch.filter(pa.array(held_out(batch[layout.id_column], fraction, layout.id_column)))


def _metrics(board: Scoreboard, source: Source, layout: Layout, rows: int) -> dict[str, float | None]:
    if not board.both_classes():
        positives = int(board.counts[1].sum())
        raise InputError(
            f"--source_table={source.name}",
            f"{positives} of the {rows} rows to score have label {layout.label}",
            "An AUC needs rows of both classes",
            "Score a larger table, or --rows all",
        )
    return board.metrics(source.best_achievable_auc())


def _run(session: Session, stored: model_files.StoredModel, arguments: argparse.Namespace) -> dict[str, Any]:
    table = SnowflakeTable(session, arguments.source_table)
    if not arguments.scores_table:
        return evaluate(table, stored, arguments.rows)
    table.kinds()
    layout = layout_of(load_booster(stored.model, str(stored.directory / model_files.MODEL)))
    scores = ScoreTable(session, arguments.scores_table, table.sql, layout)
    about = {"model_dir": str(stored.directory), "source_table": table.name, "trained_at": stored.result["trained_at"]}
    with scores.filling(about):
        result = evaluate(table, stored, arguments.rows, scores.add)
    return {**result, "scores_table": scores.name, "scored_rows": scores.rows}


def main(argv: Sequence[str] | None = None) -> None:
    """Evaluate as the command line asks."""
    arguments = parser().parse_args(argv)
    parts(arguments.source_table, "--source_table")
    stored = model_files.read(arguments.model_dir)
    if arguments.scores_table:
        parts(arguments.scores_table, "--scores_table")
    with open_session() as session:
        result = _run(session, stored, arguments)
    logger.info("%s rows: AUC %.4f, in training %.4f", f"{result['rows']:,}", result["auc"], result["trained_auc"])
    write_result(result)


if __name__ == "__main__":
    sys.exit(run(main))
