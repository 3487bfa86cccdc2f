"""Train a classifier on a table in Snowflake with XGBoost.

From the root of the repository run as::

    python payload/train.py --source_table loan_applications --output_dir output

Reads the table once, through Snowpark; evaluates on a deterministic hold-out; writes model.ubj, metrics.json,
sample.json and result.json to the output directory, and the result to /airflow/xcom/return.json where there is one.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boosting
import model_files
import provenance
from features import choose
from matrix import quantile_matrix
from names import parts
from problems import InputError, run
from registry import ModelShelf, check_names, version_name
from result import write_result
from scores import measure
from session import open_session
from source import SnowflakeTable, Source
from table_cache import HOLDOUT, TRAIN, TableCache

if TYPE_CHECKING:
    from snowflake.snowpark import Session

_SAMPLE_ROWS = 10

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """A model and what is known of it."""

    model: bytes
    metrics: dict[str, Any]
    sample: list[dict[str, Any]]
    result: dict[str, Any]


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    data = arguments.add_argument_group("data")
    data.add_argument("--source_table", default="loan_applications", help="table or view to learn from")
    data.add_argument("--label", default="IS_DEFAULT", help="column to predict: BOOLEAN, or a number 0 or 1")
    data.add_argument("--id_column", default="APPLICATION_ID", help="column that decides which rows are held out")
    data.add_argument("--features", nargs="+", help="columns to learn from (default: every number, boolean and text)")
    data.add_argument("--test_fraction", type=float, default=0.2, help="share of rows held out (default 0.2)")
    model = arguments.add_argument_group("model")
    model.add_argument("--num_rounds", type=int, default=100, help="number of trees (default 100)")
    model.add_argument("--max_depth", type=int, default=6, help="depth of a tree (default 6)")
    model.add_argument("--learning_rate", type=float, default=0.1, help="weight of each tree (default 0.1)")
    model.add_argument("--subsample", type=float, default=0.8, help="share of rows a tree sees (default 0.8)")
    model.add_argument("--colsample", type=float, default=0.8, help="share of columns a tree sees (default 0.8)")
    model.add_argument("--seed", type=int, default=42, help="seed of both samplings (default 42)")
    model.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="where to train")
    output = arguments.add_argument_group("output")
    output.add_argument("--save_mode", choices=["local", "registry"], default="local", help="where the model goes")
    output.add_argument(
        "--output_dir",
        type=Path,
        help="directory for --save_mode local (default: $SNOWFLAKE_SERVICE_NAME or 'output', beside this file)",
    )
    output.add_argument(
        "--model_name", default="loan_default_predictor", help="name in the registry for --save_mode registry"
    )
    return arguments


def check(arguments: argparse.Namespace) -> None:
    """Refuse arguments that cannot be meant, before anything is read.

    Raises:
        InputError: If one is out of range.
    """
    parts(arguments.source_table, "--source_table")
    check_names(arguments.model_name, None)
    limits = {
        "test_fraction": (1e-6, 1 - 1e-6),
        "num_rounds": (1, 100_000),
        "max_depth": (1, 64),
        "learning_rate": (1e-6, 1.0),
        "subsample": (1e-6, 1.0),
        "colsample": (1e-6, 1.0),
        "seed": (0, 2**31 - 1),
    }
    for name, (least, most) in limits.items():
        value = getattr(arguments, name)
        # Written so that NaN is refused as well.
        if not least <= value <= most:
            raise InputError(
                f"--{name}={value}", "it is out of range", f"It is {least} to {most}", f"Choose another --{name}"
            )


def train(source: Source, arguments: argparse.Namespace, work: Path) -> Trained:
    """Read, train and evaluate.

    Args:
        source: Rows to learn from.
        arguments: As `parser` gives them.
        work: Directory for the local copy of the rows.

    Raises:
        InputError: If an argument does not fit the rows.
    """
    check(arguments)
    boosting.check_version()
    device = boosting.choose_device(arguments.device)
    clock = _Clock()
    layout = choose(
        source.kinds(),
        source.name,
        label=arguments.label,
        id_column=arguments.id_column,
        features=arguments.features,
    )
    cache = TableCache(work, layout)
    cache.fill(source, arguments.test_fraction)
    rows = sum(cache.rows.values())
    clock.lap("read")
    logger.info("read %s rows in %.1f s; local copy %.1f MB", f"{rows:,}", clock.seconds["read"], cache.bytes / 1e6)
    train_matrix = quantile_matrix(cache, TRAIN)
    holdout_matrix = quantile_matrix(cache, HOLDOUT, train_matrix)
    clock.lap("prepare")
    logger.info("training on %s: %s rows, %d features", device, f"{cache.rows[TRAIN]:,}", len(layout.features))
    booster, history = boosting.fit(train_matrix, holdout_matrix, _parameters(arguments, device), arguments.num_rounds)
    boosting.remember_layout(booster, cache)
    clock.lap("train")
    metrics = measure(holdout_matrix.get_label(), booster.predict(holdout_matrix), source.best_achievable_auc())
    clock.lap("evaluate")
    _log_metrics(metrics)
    result = {
        "source_table": source.name,
        "rows": rows,
        "train_rows": cache.rows[TRAIN],
        "holdout_rows": cache.rows[HOLDOUT],
        "metrics": metrics,
        "auc": metrics["auc"],
        "best_achievable_auc": metrics["best_achievable_auc"],
        "num_rounds": arguments.num_rounds,
        "features": list(layout.features),
        "device": device,
        "matrix": "in memory, one byte a value",
        "seconds": clock.seconds,
        "rows_per_second": round(rows / sum(clock.seconds.values())),
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": provenance.commit(),
        "arguments": {key: str(value) if isinstance(value, Path) else value for key, value in vars(arguments).items()},
        "versions": provenance.versions(),
    }
    return Trained(
        model=bytes(booster.save_raw("ubj")),
        metrics={"metrics": metrics, "log_loss_by_round": history},
        sample=cache.sample(_SAMPLE_ROWS),
        result=result,
    )


def save_to_registry(session: Session, trained: Trained, model_name: str) -> dict[str, Any]:
    """Log the model as a version; the default version stays what it is, which is register.py's to decide."""
    shelf = ModelShelf(session, model_name)
    name = version_name(trained.model, trained.result["trained_at"])
    comment = f"trained on {trained.result['source_table']}"
    version = shelf.log(trained.model, trained.sample, trained.metrics["metrics"], name, comment)
    return {**trained.result, "save_mode": "registry", "model": shelf.name, "version": str(version.version_name)}


def save_to_directory(trained: Trained, directory: Path) -> dict[str, Any]:
    """Write the model's files."""
    result = {**trained.result, "save_mode": "local", "model_dir": str(directory)}
    model_files.write(directory, trained.model, trained.metrics, trained.sample, result)
    logger.info("model written to %s", directory)
    return result


def default_directory() -> Path:
    """Where the model goes when nobody says: one directory for each job, beside this file."""
    return Path(__file__).resolve().parent / os.environ.get("SNOWFLAKE_SERVICE_NAME", "output")


def main(argv: Sequence[str] | None = None) -> None:
    """Train as the command line asks."""
    arguments = parser().parse_args(argv)
    check(arguments)
    local = arguments.save_mode == "local"
    directory = model_files.prepare(arguments.output_dir or default_directory()) if local else None
    with open_session() as session, tempfile.TemporaryDirectory(prefix="rows-") as work:
        trained = train(SnowflakeTable(session, arguments.source_table), arguments, Path(work))
        if directory is None:
            result = save_to_registry(session, trained, arguments.model_name)
        else:
            result = save_to_directory(trained, directory)
    write_result(result)


class _Clock:
    """Seconds that each step took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self.seconds[step] = round(now - self._last, 3)
        self._last = now


def _parameters(arguments: argparse.Namespace, device: str) -> dict[str, Any]:
    return {
        "device": device,
        "max_depth": arguments.max_depth,
        "learning_rate": arguments.learning_rate,
        "subsample": arguments.subsample,
        "colsample_bytree": arguments.colsample,
        "seed": arguments.seed,
    }


def _log_metrics(metrics: dict[str, float | None]) -> None:
    best = metrics["best_achievable_auc"]
    beside = "" if best is None else f" (best achievable {best:.4f})"
    logger.info(
        "hold-out: AUC %.4f%s, log loss %.4f, accuracy %.4f",
        metrics["auc"],
        beside,
        metrics["log_loss"],
        metrics["accuracy"],
    )


if __name__ == "__main__":
    sys.exit(run(main))
