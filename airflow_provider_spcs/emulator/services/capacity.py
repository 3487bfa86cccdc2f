"""Which node has room for which instance."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_provider_spcs.emulator.services.families import Resources


class Nodes:
    """The used room of a pool's nodes.

    Args:
        size: What one node holds.
        count: Nodes there are.
        used: Node index and amount of every instance that holds one.
    """

    def __init__(self, size: Resources, count: int, used: Iterable[tuple[int, Resources]] = ()) -> None:
        self._size = size
        self._used = [Resources(0, 0)] * count
        self._refused: list[Resources] = []
        for index, amount in used:
            while index >= len(self._used):
                self._used.append(Resources(0, 0))
            self._used[index] += amount

    def place(self, amount: Resources) -> int | None:
        """Reserve room on the first node that has it; its index, or None."""
        if any(refused.fits(amount) for refused in self._refused):
            return None
        for index, used in enumerate(self._used):
            if (used + amount).fits(self._size):
                self._used[index] = used + amount
                return index
        self._refused.append(amount)
        return None

    @property
    def busy(self) -> list[int]:
        """Indexes of nodes that hold something."""
        return [index for index, used in enumerate(self._used) if used != Resources(0, 0)]


def nodes_wanted(size: Resources, limit: int, used: list[tuple[int, Resources]], waiting: list[Resources]) -> int:
    """How many nodes would hold all that is placed and all that waits, at most ``limit``."""
    nodes = Nodes(size, limit, used)
    for amount in waiting:
        nodes.place(amount)
    return min(limit, max(nodes.busy, default=-1) + 1)
