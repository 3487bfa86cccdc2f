"""Which part a row belongs to, decided by its id alone: hold-out, validation or training.

The same row is held out whatever the size of the table, the order of its rows, the seed of the training or the number
of instances, so that two models are compared on rows that neither has seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from problems import InputError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


TRAIN, VALIDATION, HOLDOUT = "train", "validation", "holdout"


def held_out(ids: pa.ChunkedArray, fraction: float, id_column: str) -> NDArray[np.bool_]:
    """Which rows are held out.

    Args:
        ids: Integers or text, of shape (rows,).
        fraction: Share of rows to hold out, in (0, 1).
        id_column: The column's name, for the message.

    Raises:
        InputError: If an id is missing, or is neither an integer nor text.
    """
    return divide(hashes(ids, id_column), fraction)[HOLDOUT]


def divide(
    mixed: NDArray[np.uint64], holdout_fraction: float, validation_fraction: float = 0.0
) -> dict[str, NDArray[np.bool_]]:
    """Name of each part to the mask of its rows, each of shape (rows,).

    Args:
        mixed: As `hashes` gives them, of shape (rows,).
        holdout_fraction: Share of all rows that is held out.
        validation_fraction: Share of the rest that decides when training stops; 0 has no such part.
    """
    import numpy as np

    held = mixed < np.uint64(int(holdout_fraction * 2**64))
    if not validation_fraction:
        return {TRAIN: ~held, HOLDOUT: held}
    validated = (
        mixed < np.uint64(int((holdout_fraction + (1 - holdout_fraction) * validation_fraction) * 2**64))
    ) & ~held
    return {TRAIN: ~(held | validated), VALIDATION: validated, HOLDOUT: held}


def hashes(ids: pa.ChunkedArray, id_column: str) -> NDArray[np.uint64]:
    """A number from each id, evenly spread over 64 bits, of shape (rows,).

    Raises:
        InputError: If an id is missing, or is neither an integer nor text.
    """
    import numpy as np
    import pyarrow as pa

    if ids.null_count:
        raise InputError(
            f"--id_column={id_column}",
            f"{ids.null_count} of {len(ids)} rows read have no value there",
            "The id decides which rows are held out, so each row needs one",
            "Name a column without NULL, or read a view that filters",
        )
    if pa.types.is_string(ids.type) or pa.types.is_large_string(ids.type):
        from pandas.util import hash_array

        texts: NDArray[Any] = ids.to_numpy()
        return _mix(np.asarray(hash_array(texts, categorize=False), dtype=np.uint64))
    try:
        integers = ids.cast(pa.int64())
    except pa.ArrowInvalid as error:
        raise InputError(
            f"--id_column={id_column}",
            f"it holds values that are not 64-bit integers ({error})",
            "An id is an integer or text",
            "Name another column",
        ) from error
    return _mix(integers.to_numpy().astype(np.uint64))


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finalizer of SplitMix64: each bit of the id changes half of the bits of the result.

    Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    """
    import numpy as np

    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
