"""Values made one ahead of their use."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator

import pytest
from ahead import ahead

_SECONDS = 60.0


class _Block:
    """Something large."""


def test_ahead_gives_the_same_values_in_their_order() -> None:
    """None is lost or doubled."""
    assert list(ahead(iter(range(1, 50)))) == list(range(1, 50))


def test_ahead_makes_the_next_value_while_one_is_used() -> None:
    """The second is begun before anybody asks for it."""
    begun = threading.Event()

    def values() -> Iterator[int]:
        yield 1
        begun.set()
        yield 2

    coming = ahead(values())
    assert next(coming) == 1
    assert begun.wait(_SECONDS)
    assert list(coming) == [2]


def test_ahead_of_a_failure_raises_it_in_its_place() -> None:
    """What was made before it is given first."""

    def values() -> Iterator[int]:
        yield 1
        raise ValueError("no second block")

    coming = ahead(values())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="no second block"):
        next(coming)


def test_ahead_keeps_at_most_two_values() -> None:
    """When a third is made, the first is gone: blocks are as large as memory allows."""
    made: list[weakref.ref[_Block]] = []
    alive: list[int] = []

    def values() -> Iterator[_Block]:
        for _ in range(5):
            alive.append(sum(each() is not None for each in made))
            block = _Block()
            made.append(weakref.ref(block))
            yield block
            del block

    coming = ahead(values())
    while next(coming, None):
        pass
    assert max(alive) == 1


def test_ahead_closed_early_waits_for_the_value_being_made() -> None:
    """Whoever stops early may remove the files that the values are made of."""
    begun, finish = threading.Event(), threading.Event()
    ended: list[bool] = []

    def values() -> Iterator[int]:
        yield 1
        begun.set()
        finish.wait(_SECONDS)
        ended.append(True)
        yield 2

    coming = ahead(values())
    next(coming)
    assert begun.wait(_SECONDS)
    finish.set()
    coming.close()
    assert ended == [True]
