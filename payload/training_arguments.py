"""The command line of train.py, and what is refused of it before anything is read."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine import AUTO, CHOICES
from machine import parse_bytes
from names import parts
from problems import InputError
from registry import check_names
from tracking import CHOICES as TRACKING_CHOICES
from tracking import NONE, check_tracking

_FRACTION = (1e-6, 1 - 1e-6)
_LIMITS: dict[str, tuple[float, float]] = {
    "test_fraction": _FRACTION,
    "validation_fraction": _FRACTION,
    "num_rounds": (1, 100_000),
    "early_stopping_rounds": (1, 100_000),
    "max_depth": (1, 64),
    "learning_rate": (1e-6, 1.0),
    "subsample": (1e-6, 1.0),
    "colsample": (1e-6, 1.0),
    "seed": (0, 2**31 - 1),
    "blocks": (2, 100_000),
    "checkpoint_rounds": (1, 100_000),
    "threads": (1, 1024),
}


def parser(description: str) -> argparse.ArgumentParser:
    """The command's arguments."""
    arguments = argparse.ArgumentParser(description=description)
    _add_data(arguments.add_argument_group("data"))
    _add_model(arguments.add_argument_group("model"))
    _add_machine(arguments.add_argument_group("machine"))
    _add_output(arguments.add_argument_group("output"))
    _add_tracking(arguments.add_argument_group("tracking"))
    return arguments


def check(arguments: argparse.Namespace) -> None:
    """Refuse arguments that cannot be meant, before anything is read.

    Raises:
        InputError: If one is out of range.
    """
    parts(arguments.source_table, "--source_table")
    check_names(arguments.model_name, None)
    for name, (least, most) in _LIMITS.items():
        value = getattr(arguments, name)
        # Written so that NaN is refused as well.
        if value is not None and not least <= value <= most:
            raise InputError(
                f"--{name}={value}", "it is out of range", f"It is {least} to {most}", f"Choose another --{name}"
            )
    if arguments.memory_limit:
        parse_bytes(arguments.memory_limit, "--memory_limit")
    check_tracking(arguments)


def _add_data(data: argparse._ArgumentGroup) -> None:
    data.add_argument("--source_table", default="loan_applications", help="table or view to learn from")
    data.add_argument("--label", default="IS_DEFAULT", help="column to predict: BOOLEAN, or a number 0 or 1")
    data.add_argument("--id_column", default="APPLICATION_ID", help="column that decides which rows are held out")
    data.add_argument(
        "--features",
        nargs="+",
        help="columns to learn from; dates and timestamps only when named (default: every number, boolean and text)",
    )
    data.add_argument("--test_fraction", type=float, default=0.2, help="share of rows held out (default 0.2)")
    data.add_argument(
        "--validation_fraction",
        type=float,
        default=0.1,
        help="share of the other rows that --early_stopping_rounds watches (default 0.1)",
    )


def _add_model(model: argparse._ArgumentGroup) -> None:
    model.add_argument("--num_rounds", type=int, default=100, help="number of trees (default 100)")
    model.add_argument(
        "--early_stopping_rounds",
        type=int,
        help="stop after so many rounds without a better validation loss, and keep the best (default: never)",
    )
    model.add_argument("--max_depth", type=int, default=6, help="depth of a tree (default 6)")
    model.add_argument("--learning_rate", type=float, default=0.1, help="weight of each tree (default 0.1)")
    model.add_argument("--subsample", type=float, default=0.8, help="share of rows a tree sees (default 0.8)")
    model.add_argument("--colsample", type=float, default=0.8, help="share of columns a tree sees (default 0.8)")
    model.add_argument("--seed", type=int, default=42, help="seed of both samplings (default 42)")


def _add_machine(machine: argparse._ArgumentGroup) -> None:
    machine.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="where to train")
    machine.add_argument("--threads", type=int, help="processors to use (default: those of the container)")
    machine.add_argument(
        "--memory",
        choices=CHOICES,
        default=AUTO,
        help="how to hold the rows (default: the first of in_memory, external, blocks that fits)",
    )
    machine.add_argument("--blocks", type=int, help="number of rotating blocks (default: as few as fit)")
    machine.add_argument(
        "--memory_limit", help="what training may take, as 4Gi (default: the container's, $PAYLOAD_MEMORY_LIMIT)"
    )
    machine.add_argument(
        "--work_dir", type=Path, help="directory for the local copy of the rows (default: the system's temporary one)"
    )
    machine.add_argument(
        "--checkpoint_dir", type=Path, help="directory, best on a stage, from which a killed training goes on"
    )
    machine.add_argument(
        "--checkpoint_rounds",
        type=int,
        default=25,
        help="rounds between checkpoints (default 25); or a block",
    )


def _add_output(output: argparse._ArgumentGroup) -> None:
    output.add_argument("--save_mode", choices=["local", "registry"], default="local", help="where the model goes")
    output.add_argument(
        "--output_dir",
        type=Path,
        help="directory for --save_mode local (default: $SNOWFLAKE_SERVICE_NAME or 'output', beside this file)",
    )
    output.add_argument(
        "--model_name", default="loan_default_predictor", help="name in the registry for --save_mode registry"
    )
    output.add_argument("--compare_with", type=Path, help="directory of an earlier model, shown beside in the report")
    output.add_argument("--no_report", action="store_true", help="write no report.html")


def _add_tracking(tracking: argparse._ArgumentGroup) -> None:
    tracking.add_argument("--tracking", choices=TRACKING_CHOICES, default=NONE, help="where to record (default: none)")
    tracking.add_argument(
        "--tracking_uri", help="address of the server (default: $MLFLOW_TRACKING_URI, $WANDB_BASE_URL or W&B's own)"
    )
    tracking.add_argument("--experiment", help="MLflow's experiment or W&B's project (default: --model_name)")
    tracking.add_argument(
        "--tracking_required", action="store_true", help="fail the training when it cannot be recorded"
    )
