"""The hold-out: which rows belong to it."""

from __future__ import annotations

import pyarrow as pa
import pytest
from problems import InputError
from split import held_out


def test_held_out_share_is_the_fraction() -> None:
    """Consecutive ids spread evenly."""
    held = held_out(pa.chunked_array([pa.array(range(100_000))]), 0.2, "ID")
    assert held.mean() == pytest.approx(0.2, abs=0.005)


def test_held_out_row_stays_so_in_any_order_and_batch() -> None:
    """The id alone decides."""
    ids = list(range(-50, 1000))
    whole = dict(zip(ids, held_out(pa.chunked_array([pa.array(ids)]), 0.3, "ID"), strict=True))
    for identity in reversed(ids):
        assert held_out(pa.chunked_array([pa.array([identity])]), 0.3, "ID")[0] == whole[identity]


def test_held_out_integer_type_does_not_matter() -> None:
    """Snowflake sends the same NUMBER as int8 or decimal, whatever the batch needs."""
    small = held_out(pa.chunked_array([pa.array(range(100), pa.int8())]), 0.5, "ID")
    decimal = held_out(pa.chunked_array([pa.array(range(100), pa.int64()).cast(pa.decimal128(38, 0))]), 0.5, "ID")
    assert (small == decimal).all()


def test_held_out_larger_fraction_keeps_what_was_held() -> None:
    """Raising --test_fraction never moves a row from hold-out to training."""
    ids = pa.chunked_array([pa.array(range(5000))])
    less, more = held_out(ids, 0.1, "ID"), held_out(ids, 0.3, "ID")
    assert not (less & ~more).any()


def test_held_out_of_text_ids_is_even() -> None:
    """An id may be text."""
    held = held_out(pa.chunked_array([pa.array([f"A-{number}" for number in range(20_000)])]), 0.25, "ID")
    assert held.mean() == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("ids", [[1, None], [0.5, 1.0]], ids=["null", "fraction"])
def test_held_out_without_a_usable_id_is_refused(ids: list[object]) -> None:
    """A row without an id could land in either part."""
    with pytest.raises(InputError, match="--id_column=ID"):
        held_out(pa.chunked_array([pa.array(ids)]), 0.2, "ID")
