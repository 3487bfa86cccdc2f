"""Gradient boosting of trees: plain XGBoost on binned matrices, with a log that shows progress without flooding."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from problems import InputError
from table_cache import TableCache

if TYPE_CHECKING:
    import xgboost

#: Under this name a booster keeps the columns it was trained on, inside its own file.
LAYOUT_ATTRIBUTE = "payload_layout"
_OLDEST_XGBOOST = (3, 1)
_LINES = 10
_SECONDS_BETWEEN_LINES = 15.0

logger = logging.getLogger(__name__)


def choose_device(wanted: str) -> str:
    """``"cuda"`` or ``"cpu"``, from ``"auto"``, ``"cuda"`` or ``"cpu"``.

    Raises:
        InputError: If a GPU is asked for that is not there, or this XGBoost cannot use one.
    """
    import xgboost

    built = bool(xgboost.build_info().get("USE_CUDA"))
    present = any(Path("/dev").glob("nvidia[0-9]*"))
    if wanted == "cuda" and not (built and present):
        reason = "this machine has no NVIDIA device" if built else "this XGBoost is built without CUDA"
        raise InputError(
            "--device=cuda",
            reason,
            "A GPU must be in the container's resource requests and limits",
            "Use a GPU pool, or --device auto",
        )
    if wanted != "auto":
        return wanted
    return "cuda" if built and present else "cpu"


def check_version() -> None:
    """Refuse an XGBoost whose models do not hold the names of their categories.

    Raises:
        InputError: If it is older than 3.1.
    """
    import xgboost

    if tuple(int(part) for part in xgboost.__version__.split(".")[:2]) < _OLDEST_XGBOOST:
        raise InputError(
            f"xgboost {xgboost.__version__}",
            "it is too old",
            "From 3.1 on a model holds its categories, so that text can be scored",
            "pip install 'xgboost>=3.1'",
        )


def fit(
    train: xgboost.QuantileDMatrix,
    holdout: xgboost.QuantileDMatrix,
    parameters: dict[str, Any],
    rounds: int,
) -> tuple[xgboost.Booster, dict[str, list[float]]]:
    """Train one tree a round.

    Args:
        train: Rows to learn from.
        holdout: Rows to watch; they change nothing in the model.
        parameters: XGBoost's own, beside the objective.
        rounds: Number of trees.

    Returns:
        The model, and the log loss of both parts after each round under ``"train"`` and ``"holdout"``.
    """
    import xgboost

    history: dict[str, dict[str, list[float]]] = {}
    booster = xgboost.train(
        {"objective": "binary:logistic", "eval_metric": "logloss", "tree_method": "hist", **parameters},
        train,
        num_boost_round=rounds,
        evals=[(train, "train"), (holdout, "holdout")],
        evals_result=history,
        verbose_eval=False,
        callbacks=[_progress(rounds, train.num_row())],
    )
    return booster, {part: [round(loss, 6) for loss in values["logloss"]] for part, values in history.items()}


def remember_layout(booster: xgboost.Booster, cache: TableCache) -> None:
    """Keep in the booster what is needed to score raw rows: columns, categories, label, id."""
    layout = cache.layout
    document = {
        "numeric": layout.numeric,
        "categorical": {column: cache.categories(column) for column in layout.categorical},
        "label": layout.label,
        "id_column": layout.id_column,
    }
    booster.set_attr(**{LAYOUT_ATTRIBUTE: json.dumps(document)})


def _progress(rounds: int, rows: int) -> Any:
    import xgboost

    class Progress(xgboost.callback.TrainingCallback):
        """Logs the first and last round and about ten between, and at least every 15 seconds."""

        def before_training(self, model: Any) -> Any:
            self.started = self.shown = time.perf_counter()
            return model

        def after_iteration(
            self,
            model: Any,  # noqa: ARG002 - the name is XGBoost's
            epoch: int,
            evals_log: Any,
        ) -> bool:
            now, done = time.perf_counter(), epoch + 1
            due = done in (1, rounds) or done % max(1, rounds // _LINES) == 0
            if due or now - self.shown > _SECONDS_BETWEEN_LINES:
                self.shown = now
                loss = {part: metrics["logloss"][-1] for part, metrics in evals_log.items()}
                logger.info(
                    "round %d/%d  train log loss %.5f  hold-out log loss %.5f  %s rows/s  %.0f s left",
                    done,
                    rounds,
                    loss["train"],
                    loss["holdout"],
                    f"{rows * done / (now - self.started):,.0f}",
                    (now - self.started) / done * (rounds - done),
                )
            return False

    return Progress()
