"""A trained model as files in a directory, most often a stage volume.

::

    model.ubj      the model, XGBoost's UBJSON, with the names of its columns and categories
    metrics.json   metrics on the hold-out, and the log loss after each round
    sample.json    a few raw rows, from which the registry learns the model's signature
    result.json    how the model came about: arguments, versions, commit, rows, seconds
    evaluation.json, rounds.jsonl, report.html    curves and slices; a line for each round; both to look at

Each is written once and whole: a stage volume takes no appends, no random writes and no atomic renames.
Source: https://docs.snowflake.com/en/developer-guide/snowpark-container-services/snowflake-stage-volume
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from problems import InputError
from result import to_json

__all__ = ["EVALUATION", "METRICS", "MODEL", "REPORT", "RESULT", "ROUNDS", "SAMPLE", "StoredModel", "prepare",
           "present", "read", "to_json", "write"]  # fmt: skip

MODEL, METRICS, SAMPLE, RESULT = "model.ubj", "metrics.json", "sample.json", "result.json"
EVALUATION, ROUNDS, REPORT = "evaluation.json", "rounds.jsonl", "report.html"


@dataclass(frozen=True)
class StoredModel:
    """What register.py and evaluate.py need of a directory that train.py wrote."""

    directory: Path
    model: bytes
    metrics: Mapping[str, Any]
    sample: list[dict[str, Any]]
    result: Mapping[str, Any]


def prepare(directory: Path, argument: str = "--output_dir") -> Path:
    """Make the directory, before hours of training are spent.

    Args:
        directory: Which.
        argument: Where its name came from, for the message.

    Raises:
        InputError: If it cannot be written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe = directory / ".writable"
        probe.write_text("", encoding="utf-8")
        probe.unlink()
    except OSError as error:
        raise InputError(
            f"{argument}={directory}",
            f"it cannot be written to ({error.strerror})",
            "Files are stored there",
            "Choose another directory, or grant WRITE on the mounted stage",
        ) from error
    return directory


def write(  # noqa: PLR0917 - one parameter a file
    directory: Path,
    model: bytes,
    metrics: Mapping[str, Any],
    sample: list[dict[str, Any]],
    result: Mapping[str, Any],
    extras: Mapping[str, str] | None = None,
) -> None:
    """Write all files; ``result.json`` comes last, so that its presence says that the others are whole."""
    for name, text in (extras or {}).items():
        (directory / name).write_text(text, encoding="utf-8")
    (directory / MODEL).write_bytes(model)
    (directory / METRICS).write_text(to_json(metrics), encoding="utf-8")
    (directory / SAMPLE).write_text(to_json({"rows": sample}), encoding="utf-8")
    (directory / RESULT).write_text(to_json(result), encoding="utf-8")


def present(directory: Path) -> list[Path]:
    """The files that are there, of those that `write` may write."""
    names = (MODEL, METRICS, SAMPLE, RESULT, EVALUATION, ROUNDS, REPORT)
    return [directory / name for name in names if (directory / name).is_file()]


def read(directory: Path) -> StoredModel:
    """Read what `write` wrote.

    Raises:
        InputError: If the directory or a file of it is missing or damaged.
    """
    if not directory.is_dir():
        raise _not_a_model(directory, "there is no such directory")
    try:
        return StoredModel(
            directory=directory,
            model=(directory / MODEL).read_bytes(),
            metrics=json.loads((directory / METRICS).read_bytes()),
            sample=json.loads((directory / SAMPLE).read_bytes())["rows"],
            result=json.loads((directory / RESULT).read_bytes()),
        )
    except FileNotFoundError as error:
        raise _not_a_model(directory, f"it has no {Path(str(error.filename)).name}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise _not_a_model(directory, f"a file of it is damaged ({error})") from error


def _not_a_model(directory: Path, what: str) -> InputError:
    files = f"{MODEL}, {METRICS}, {SAMPLE}, {RESULT}"
    return InputError(
        f"--model_dir={directory}", what, f"A stored model is a directory with {files}", "Run train.py first"
    )
