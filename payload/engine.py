"""Which of three ways to hold the rows while training, and what it costs.

::

    in_memory   all rows binned in memory: every tree sees every row                    58 bytes a row at nine features
    external    all rows binned in a file that the kernel pages in and out              37
    blocks      rows divided into K blocks, each of which trains rounds / K of the trees; the bins of the next are made
                meanwhile

The figures are what ``tests/benchmarks/training.py`` measures from ten to a hundred million rows; the choice expects
more, because a container that runs out of memory loses hours.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machine import MemoryLimit, free_disk
from problems import InputError

IN_MEMORY, EXTERNAL, BLOCKS = "in_memory", "external", "blocks"
AUTO = "auto"
CHOICES = (AUTO, IN_MEMORY, EXTERNAL, BLOCKS)

#: What Python, XGBoost, the connector and one batch take before the first row counts.
CONSTANT_BYTES = 400_000_000
#: The share of the limit that a choice may be expected to take; the rest is for what the expectation misses.
_SHARE = 0.7


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Size:
    """How much there is to train on.

    Args:
        rows: Rows to learn from.
        features: Columns.
        missing: Whether a value is missing anywhere; XGBoost's bins take more room then.
        watched_rows: Rows of other parts that stand in memory beside, for the loss after each round.
    """

    rows: int
    features: int
    missing: bool
    watched_rows: int = 0


@dataclass(frozen=True)
class Engine:
    """A way to train, and why it was chosen.

    Args:
        name: ``"in_memory"``, ``"external"`` or ``"blocks"``.
        blocks: Number of parts that are trained on one after the other; 1 for the other two.
        reason: In words, with the numbers.
        memory_bytes: Expected peak.
        disk_bytes: Expected size of the file of bins.
        limit: What memory there is.
    """

    name: str
    blocks: int
    reason: str
    memory_bytes: int
    disk_bytes: int
    limit: MemoryLimit

    @property
    def description(self) -> str:
        """For the result."""
        words = {
            IN_MEMORY: "in memory, one byte a value",
            EXTERNAL: "external memory, one byte a value in a file",
            BLOCKS: f"{self.blocks} rotating blocks, one byte a value, one block in memory",
        }
        return words[self.name]

    def document(self) -> dict[str, Any]:
        """For the result: name, blocks, reason, expected bytes, limit."""
        return {
            "name": self.name,
            "blocks": self.blocks,
            "reason": self.reason,
            "expected_memory_bytes": self.memory_bytes,
            "expected_disk_bytes": self.disk_bytes,
            "memory_limit_bytes": self.limit.bytes,
            "memory_limit_origin": self.limit.origin,
        }


def bytes_per_row(engine: str, features: int, missing: bool) -> float:
    """Memory that a row of a training part takes at the peak of ``in_memory`` or ``external``."""
    if engine == EXTERNAL:
        return 37 + features * (2.6 if missing else 1.0)
    return 60 + features * (6.0 if missing else 3.0)


def _bytes_per_block_row(size: Size) -> float:
    """A row of the block that is trained on, and one of the next block, whose bins and labels are made meanwhile."""
    return bytes_per_row(IN_MEMORY, size.features, size.missing) + 4 + size.features * (2.0 if size.missing else 1.0)


def expected_memory(engine: str, size: Size, blocks: int = 1) -> int:
    """Peak of memory in bytes, in expectation."""
    base = CONSTANT_BYTES + size.watched_rows * bytes_per_row(IN_MEMORY, size.features, size.missing)
    if engine == BLOCKS:
        return int(base + size.rows / blocks * _bytes_per_block_row(size))
    return int(base + size.rows * bytes_per_row(engine, size.features, size.missing))


def choose_engine(size: Size, limit: MemoryLimit, rounds: int, forced: str = AUTO, blocks: int | None = None) -> Engine:
    """The engine for so many rows in so much memory.

    Args:
        size: What is to be trained on.
        limit: What memory there is.
        rounds: Number of trees, which bounds the number of blocks.
        forced: ``"auto"`` or the engine that the user wants.
        blocks: Number of blocks that the user wants; None derives it from the limit.

    Raises:
        InputError: If what is forced, or anything at all, cannot fit.
    """
    room = int(limit.bytes * _SHARE)
    if forced in (AUTO, IN_MEMORY, EXTERNAL) and blocks is None:
        for name in (IN_MEMORY, EXTERNAL) if forced == AUTO else (forced,):
            if expected_memory(name, size) <= room:
                return _engine(name, 1, size, limit, forced)
        if forced != AUTO:
            raise _too_large(f"--memory={forced}", expected_memory(forced, size), limit, "Use --memory auto")
    elif forced in (IN_MEMORY, EXTERNAL):
        raise InputError(
            f"--blocks={blocks}",
            f"--memory={forced} has none",
            "Blocks belong to --memory blocks",
            "Drop one of the two",
        )
    return _blocks(size, limit, rounds, forced, blocks)


def check_disk(directory: Path, rows: int, features: int, more: int = 0) -> None:
    """Say what the local copy may take, and refuse what does not fit on the disk.

    Args:
        directory: Where it is written.
        rows: Rows to copy.
        features: Columns; each value and label takes four bytes before compression.
        more: Further bytes.

    Raises:
        InputError: If more is needed than free.
    """
    needed, free = rows * (features + 1) * 4 + more, free_disk(directory)
    if rows:
        logger.info(
            "local copy of %s rows: at most %.1f MB in %s, where %.1f GB are free",
            f"{rows:,}",
            needed / 1e6,
            directory,
            free / 1e9,
        )
    if needed > free:
        raise InputError(
            f"--work_dir={directory}",
            f"the local copy may take {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free",
            "Rows are copied once from Snowflake, because XGBoost reads them several times",
            "Name a directory on a larger disk or a block volume with --work_dir, or use more instances",
        )


def check_blocks(engine: Engine, batches: int) -> None:
    """Refuse more blocks than there are batches.

    Raises:
        InputError: If a block would have no rows.
    """
    if engine.blocks > batches:
        raise InputError(
            f"--blocks={engine.blocks}",
            f"the rows come in {batches} batches",
            "Each block has at least one batch",
            "Use fewer blocks",
        )


def _blocks(size: Size, limit: MemoryLimit, rounds: int, forced: str, wanted: int | None) -> Engine:
    room = int(limit.bytes * _SHARE)
    rest = room - expected_memory(BLOCKS, Size(0, size.features, size.missing, size.watched_rows))
    each = _bytes_per_block_row(size)
    if rest <= 0:
        raise _too_large("memory", CONSTANT_BYTES, limit, "Give the container more memory")
    blocks = wanted or max(2, -(-int(size.rows * each) // rest))
    if blocks > rounds:
        raise InputError(
            f"--num_rounds={rounds}",
            f"{blocks} blocks are {'asked for' if wanted else f'needed to fit {limit.bytes / 1e9:.1f} GB'}",
            "Each block trains at least one tree",
            f"Use --num_rounds {blocks} or more, or give the container more memory",
        )
    expected = expected_memory(BLOCKS, size, blocks)
    if expected > limit.bytes:
        raise _too_large(f"--blocks={blocks}", expected, limit, "Use more blocks")
    return _engine(BLOCKS, blocks, size, limit, forced)


def _engine(name: str, blocks: int, size: Size, limit: MemoryLimit, forced: str) -> Engine:
    expected = expected_memory(name, size, blocks)
    gigabytes = f"{expected / 1e9:.2f} GB expected of {limit.bytes / 1e9:.2f} GB ({limit.origin})"
    if forced != AUTO:
        reason = f"--memory {forced}; {gigabytes}"
    elif name == IN_MEMORY:
        reason = f"the rows fit: {gigabytes}"
    else:
        in_memory = expected_memory(IN_MEMORY, size) / 1e9
        reason = f"in memory would take {in_memory:.2f} GB: {gigabytes}"
    disk = int(size.rows * size.features * (2.0 if size.missing else 1.0)) if name == EXTERNAL else 0
    return Engine(name, blocks, reason, expected, disk, limit)


def _too_large(where: str, expected: int, limit: MemoryLimit, mend: str) -> InputError:
    return InputError(
        where,
        f"it is expected to take {expected / 1e9:.2f} GB, and {limit.bytes / 1e9:.2f} GB are allowed by {limit.origin}",
        f"Training may be expected to take {_SHARE:.0%} of the limit",
        mend,
    )
