"""Boosting round by round: segments between checkpoints, early stopping, a line for each round."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from machine import resident_memory
from matrix import Matrices
from table_cache import VALIDATION

if TYPE_CHECKING:
    import xgboost

_LINES = 10
_SECONDS_BETWEEN_LINES = 15.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Segment:
    """Rounds that run without interruption on one block; after them there is a checkpoint.

    Args:
        first: First round, from 0.
        last: Round after the last one.
        block: Which block of the rows.
    """

    first: int
    last: int
    block: int


@dataclass
class State:
    """Where a training stands between two segments.

    Args:
        rounds: Rounds done.
        model: The booster as UBJSON; None before the first segment.
        history: Name of a part to its log loss after each round.
        lines: One for each round: losses, seconds, rows per second, memory.
        best_round: Round with the least log loss on the validation part, from 0.
        best_model: The booster after it as UBJSON; None without early stopping.
        stopped: Whether early stopping has ended the training.
    """

    rounds: int = 0
    model: bytes | None = None
    history: dict[str, list[float]] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    best_round: int = 0
    best_model: bytes | None = None
    stopped: bool = False


def segments(rounds: int, blocks: int, every: int | None) -> Iterator[Segment]:
    """All rounds, cut between blocks and after every so many rounds.

    Args:
        rounds: How many there are.
        blocks: Parts of the rows, each of which trains as many trees as the others, to one.
        every: Rounds between two checkpoints; None has none inside a block.
    """
    for block in range(blocks):
        start, end = rounds * block // blocks, rounds * (block + 1) // blocks
        step = every or max(1, end - start)
        for first in range(start, end, step):
            yield Segment(first, min(end, first + step), block)


class Boosting:
    """Trains one tree a round.

    Args:
        parameters: XGBoost's own, beside the objective.
        rounds: Number of trees.
        patience: Rounds without a better validation loss after which training stops; None never stops.
        on_round: Called after each round with its line of `State.lines`; may raise to end the work.
    """

    def __init__(
        self, parameters: dict[str, Any], rounds: int, patience: int | None, on_round: Callable[[dict[str, Any]], None]
    ) -> None:
        # With a seed for each round, what was drawn before does not matter: a resumed training draws the same.
        fixed = {"objective": "binary:logistic", "eval_metric": "logloss", "tree_method": "hist"}
        self._parameters = {**fixed, "seed_per_iteration": True, **parameters}
        self._rounds, self._patience, self._on_round = rounds, patience, on_round
        self._started = self._shown = time.perf_counter()
        self._done_before = 0

    def run(
        self,
        state: State,
        plan: Iterator[Segment],
        matrices: Callable[[int], Matrices],
        on_segment: Callable[[State], None],
    ) -> None:
        """Go on from ``state`` to the end.

        Args:
            state: Where the training stands; is changed.
            plan: All segments; those that the state has behind it are left out.
            matrices: Gives the matrices of a block.
            on_segment: Called after each segment, with the state.
        """
        self._done_before = state.rounds
        for segment in plan:
            if segment.last <= state.rounds or state.stopped:
                continue
            self._segment(state, segment, matrices(segment.block))
            on_segment(state)

    def _segment(self, state: State, segment: Segment, matrices: Matrices) -> None:
        import xgboost

        watched = [(matrix, part) for part, matrix in matrices.watched.items()]
        # A fresh booster each time, also where nothing was interrupted: a resumed training goes the same way.
        booster = xgboost.Booster(
            self._parameters,
            [matrices.train, *matrices.watched.values()],
            model_file=bytearray(state.model) if state.model else None,
        )
        for index in range(segment.first, segment.last):
            started = time.perf_counter()
            booster.update(matrices.train, index)
            losses = _losses(booster.eval_set(watched, index))
            self._note(state, segment, losses, matrices.train.num_row() / (time.perf_counter() - started))
            self._on_round(state.lines[-1])
            if self._patience and self._decide(state, booster, losses[VALIDATION]):
                break
        state.model = bytes(booster.save_raw("ubj"))

    def _note(self, state: State, segment: Segment, losses: dict[str, float], speed: float) -> None:
        state.rounds += 1
        for part, loss in losses.items():
            state.history.setdefault(part, []).append(round(loss, 6))
        seconds = time.perf_counter() - self._started
        left = seconds / (state.rounds - self._done_before) * (self._rounds - state.rounds)
        state.lines.append(
            {
                "round": state.rounds,
                "block": segment.block,
                "log_loss": {part: round(loss, 6) for part, loss in losses.items()},
                "rows_per_second": round(speed),
                "seconds": round(seconds, 3),
                "seconds_left": round(left, 1),
                "memory_bytes": resident_memory()[0],
            }
        )
        self._show(state, speed, left)

    def _show(self, state: State, speed: float, left: float) -> None:
        """Log the first and last round and about ten between, and at least every 15 seconds."""
        now = time.perf_counter()
        due = state.rounds in (1, self._rounds) or state.rounds % max(1, self._rounds // _LINES) == 0
        if due or now - self._shown > _SECONDS_BETWEEN_LINES:
            self._shown = now
            line = state.lines[-1]
            logger.info(
                "round %d/%d  train log loss %.5f  hold-out log loss %.5f  %s rows/s  %.2f GB  %.0f s left",
                state.rounds,
                self._rounds,
                line["log_loss"]["train"],
                line["log_loss"]["holdout"],
                f"{speed:,.0f}",
                line["memory_bytes"] / 1e9,
                left,
            )

    def _decide(self, state: State, booster: xgboost.Booster, loss: float) -> bool:
        """Whether to stop; keeps the booster if it is the best so far."""
        best = min(state.history[VALIDATION][:-1], default=float("inf"))
        if round(loss, 6) < best:
            # XGBoost's own slicing to the best round would lose the names of the categories.
            state.best_round, state.best_model = state.rounds - 1, bytes(booster.save_raw("ubj"))
        state.stopped = state.rounds - 1 - state.best_round >= (self._patience or self._rounds)
        if state.stopped:
            logger.info("stopped after round %d: round %d was the best", state.rounds, state.best_round + 1)
        return state.stopped


def _losses(line: str) -> dict[str, float]:
    r"""``[3]\ttrain-logloss:0.41\tholdout-logloss:0.42`` as a dictionary by part."""
    pairs = (field.rpartition(":") for field in line.split("\t")[1:])
    return {name.removesuffix("-logloss"): float(value) for name, _, value in pairs}
