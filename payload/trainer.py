"""One training, from the first row to the last metric."""

from __future__ import annotations

import argparse
import logging
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boosting
import provenance
from ahead import import_ahead
from checkpoints import Checkpoints, engine_before, prepare_checkpoints
from engine import AUTO, CHOICES, Engine, Size, check_blocks, check_disk, choose_engine
from evaluation import evaluate_holdout, importance
from features import choose
from fingerprint import Fingerprint
from instances import ALONE, Instance, explained, gather, together
from machine import free_now, memory_limit, peak_memory, processors
from matrix import WATCHED_ROWS, MatrixMaker
from memory_watch import MemoryWatch
from rounds import Boosting, State, segments
from source import Source
from table_cache import HOLDOUT, MAX_BATCH_ROWS, MIN_BATCH_ROWS, TRAIN, VALIDATION, TableCache
from tracking import OFF, Tracking
from training_arguments import check

_SAMPLE_ROWS = 10
#: The local copy has about so many batches, until they reach their largest size.
_BATCHES = 40
#: Arguments that may change between two runs of one training.
_WITHOUT_EFFECT = ("work_dir", "checkpoint_dir", "output_dir", "compare_with", "no_report", "memory_limit", "tracking",
                   "tracking_uri", "experiment", "tracking_required")  # fmt: skip

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """A model and what is known of it.

    Args:
        model: UBJSON.
        metrics: On the hold-out, and the log loss after each round.
        sample: A few raw rows.
        result: How the model came about.
        evaluation: Curves, slices, importance of the columns, losses by round.
        rounds: One line for each round.
    """

    model: bytes
    metrics: dict[str, Any]
    sample: list[dict[str, Any]]
    result: dict[str, Any]
    evaluation: dict[str, Any]
    rounds: list[dict[str, Any]]


def train(
    source: Source,
    arguments: argparse.Namespace,
    work: Path,
    instance: Instance = ALONE,
    tracking: Tracking = OFF,
) -> Trained:
    """Read, train and evaluate.

    Args:
        source: Rows to learn from.
        arguments: As `parser` gives them.
        work: Directory for the local copy of the rows.
        instance: Which of the job's instances this is.
        tracking: Is told of the parameters and of each round.

    Raises:
        InputError: If an argument does not fit the rows.
    """
    check(arguments)
    boosting.check_version()
    device = boosting.choose_device(arguments.device)
    limit = memory_limit(arguments.memory_limit)
    with MemoryWatch(limit).watching() as watch:
        try:
            return _Run(source, arguments, work, instance, device, watch, tracking).train()
        except Exception as error:
            reason = explained(instance, error)
            if reason is error:
                raise
            raise reason from error


class _Run:
    """One training from the first row to the last metric."""

    def __init__(  # noqa: PLR0917 - what one training is made of
        self,
        source: Source,
        arguments: argparse.Namespace,
        work: Path,
        instance: Instance,
        device: str,
        watch: MemoryWatch,
        tracking: Tracking,
    ) -> None:
        self._tracking = tracking
        self._source, self._arguments, self._work, self._instance = source, arguments, work, instance
        self._device, self._watch = device, watch
        self._threads = arguments.threads or processors()
        self._clock = _Clock()

    def train(self) -> Trained:
        cache, parts_rows = self._read()
        engine = self._choose(cache)
        self._tracking.begin(self._known(cache, engine, parts_rows))
        state = self._boost(cache, engine, parts_rows)
        booster = boosting.load(state.best_model or state.model or b"", self._threads)
        boosting.remember_layout(booster, cache)
        self._clock.lap("train")
        judged = evaluate_holdout(booster, cache, self._instance, self._source.best_achievable_auc())
        evaluation = {**judged.document(), "importance": importance(booster, cache)}
        self._clock.lap("evaluate")
        _log_metrics(judged.metrics)
        rows = sum(parts_rows.values())
        seconds = self._clock.seconds
        result = {
            "source_table": self._source.name,
            "rows": rows,
            "train_rows": parts_rows[TRAIN],
            "validation_rows": parts_rows.get(VALIDATION, 0),
            "holdout_rows": parts_rows[HOLDOUT],
            "fingerprint": self._fingerprint(cache),
            "metrics": judged.metrics,
            "auc": judged.metrics["auc"],
            "best_achievable_auc": judged.metrics["best_achievable_auc"],
            "num_rounds": self._arguments.num_rounds,
            "trees": booster.num_boosted_rounds(),
            "stopped_early": state.stopped,
            "features": list(cache.layout.features),
            "device": self._device,
            "threads": self._threads,
            "instances": self._instance.count,
            "matrix": engine.description,
            "engine": engine.document(),
            "cache_bytes": cache.bytes,
            "seconds": seconds,
            "rows_per_second": round(rows / sum(seconds.values())),
            "peak_memory_bytes": peak_memory(),
            "peak_unreclaimable_bytes": self._watch.peak,
            "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "tracking": self._tracking.run,
            "commit": provenance.commit(),
            "arguments": _plain(self._arguments),
            "versions": provenance.versions(),
        }
        return Trained(
            model=bytes(booster.save_raw("ubj")),
            metrics={"metrics": judged.metrics, "log_loss_by_round": state.history},
            sample=cache.sample(_SAMPLE_ROWS),
            result=result,
            evaluation={**evaluation, "learning": state.history},
            rounds=state.lines,
        )

    def _known(self, cache: TableCache, engine: Engine, rows: dict[str, int]) -> dict[str, Any]:
        """What a record of the training says of it before its first round."""
        return {
            **_plain(self._arguments),
            **{f"{part}_rows": count for part, count in rows.items()},
            "source_table": self._source.name,
            "features": ", ".join(cache.layout.features),
            "fingerprint": self._fingerprint(cache),
            "engine": engine.description,
            "commit": provenance.commit(),
            "instances": self._instance.count,
            "job": os.environ.get("SNOWFLAKE_SERVICE_NAME"),
        }

    def _read(self) -> tuple[TableCache, dict[str, int]]:
        """The local copy of this instance's rows, and the rows of each part over all instances."""
        arguments = self._arguments
        layout = choose(
            self._source.kinds(),
            self._source.name,
            label=arguments.label,
            id_column=arguments.id_column,
            features=arguments.features,
        )
        expected = -(-self._source.count() // self._instance.count)
        check_disk(self._work, expected, len(layout.features))
        batch_rows = min(MAX_BATCH_ROWS, max(MIN_BATCH_ROWS, expected // _BATCHES))
        cache = TableCache(self._work, layout, self._instance, batch_rows)
        validation = arguments.validation_fraction if arguments.early_stopping_rounds else 0.0
        # While Snowflake begins to answer.
        import_ahead("xgboost")
        with together(self._instance, f"read {self._source.name}"):
            cache.fill(self._source, arguments.test_fraction, validation)
        rows = cache.agree(self._source.name)
        self._clock.lap("read")
        logger.info(
            "read %s rows in %.1f s; local copy %.1f MB in %s",
            f"{sum(cache.rows.values()):,}",
            self._clock.seconds["read"],
            cache.bytes / 1e6,
            self._work,
        )
        return cache, rows

    def _choose(self, cache: TableCache) -> Engine:
        arguments = self._arguments
        beside = sum(min(rows, WATCHED_ROWS[part]) for part, rows in cache.rows.items())
        size = Size(cache.rows[TRAIN], len(cache.layout.features), cache.missing > 0, beside)
        least_batches = min(gather(self._instance, cache.batch_count(TRAIN)))
        # A training that goes on does so with the engine it began with, whatever memory is free now.
        auto = arguments.memory == AUTO and arguments.blocks is None and arguments.checkpoint_dir is not None
        before = engine_before(arguments.checkpoint_dir) if auto else None
        forced, blocks = before or (arguments.memory, arguments.blocks)
        with together(self._instance, "choose how to hold the rows"):
            own = choose_engine(size, free_now(self._watch.limit), arguments.num_rounds, forced, blocks)
        # All instances go the same way: that of the one with the least room.
        engine: Engine = max(gather(self._instance, own), key=lambda each: (CHOICES.index(each.name), each.blocks))
        check_blocks(engine, least_batches)
        check_disk(self._work, 0, 0, engine.disk_bytes)
        logger.info("%s: %s", engine.description, engine.reason)
        return engine

    def _boost(self, cache: TableCache, engine: Engine, rows: dict[str, int]) -> State:
        arguments = self._arguments
        # Instances talk to each other while they build as while they train, and a GPU has one queue.
        overlapped = self._instance.count == 1 and self._device == "cpu"
        maker = MatrixMaker(
            cache, engine, self._work, rows[TRAIN], self._threads, self._watch.check, overlapped=overlapped
        )
        checkpoints = self._checkpoints(cache, engine)
        loaded = checkpoints.load() if checkpoints and self._instance.leads else None
        state = gather(self._instance, loaded)[0] or State()
        if engine.blocks == 1 and state.rounds < arguments.num_rounds:
            maker.segment(0)
        self._clock.lap("prepare")
        logger.info("training on %s: %s rows, %d features", self._device, f"{rows[TRAIN]:,}",
                    len(cache.layout.features))  # fmt: skip

        def told(line: dict[str, Any]) -> None:
            self._watch.check()
            self._tracking.round(line)

        if not arguments.no_report and self._instance.leads:
            # While XGBoost leaves a processor free.
            import_ahead("matplotlib.backends.backend_svg")
        every = arguments.checkpoint_rounds if checkpoints and engine.blocks == 1 else None
        boost = Boosting(
            _parameters(arguments, self._device, self._threads),
            arguments.num_rounds,
            arguments.early_stopping_rounds,
            told,
        )

        def save(state: State) -> None:
            if checkpoints and self._instance.leads:
                checkpoints.save(state)

        boost.run(state, segments(arguments.num_rounds, engine.blocks, every), maker.segment, save)
        return state

    def _checkpoints(self, cache: TableCache, engine: Engine) -> Checkpoints | None:
        arguments = self._arguments
        if arguments.checkpoint_dir is None:
            return None
        kept = _plain(arguments)
        for name in _WITHOUT_EFFECT:
            del kept[name]
        versions = provenance.versions()
        identity = {
            **kept,
            "source_table": self._source.name,
            "fingerprint": self._fingerprint(cache),
            "engine": engine.name,
            "blocks": engine.blocks,
            "instances": self._instance.count,
            "xgboost": versions["xgboost"],
        }
        return Checkpoints(prepare_checkpoints(arguments.checkpoint_dir), identity)

    def _fingerprint(self, cache: TableCache) -> str:
        return Fingerprint.text(gather(self._instance, cache.fingerprint.value()))


def _plain(arguments: argparse.Namespace) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, Path) else value for key, value in vars(arguments).items()}


class _Clock:
    """Seconds that each step took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self.seconds[step] = round(now - self._last, 3)
        self._last = now


def _parameters(arguments: argparse.Namespace, device: str, threads: int) -> dict[str, Any]:
    return {
        "device": device,
        "nthread": threads,
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
