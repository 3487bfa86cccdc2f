"""Which part a row belongs to, decided by its id alone.

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


def held_out(ids: pa.ChunkedArray, fraction: float, id_column: str) -> NDArray[np.bool_]:
    """Which rows are held out.

    Args:
        ids: Integers or text, of shape (rows,).
        fraction: Share of rows to hold out, in (0, 1).
        id_column: The column's name, for the message.

    Raises:
        InputError: If an id is missing, or is neither an integer nor text.
    """
    import numpy as np

    mixed = _hash(ids, id_column)
    held: NDArray[np.bool_] = mixed < np.uint64(int(fraction * 2**64))
    return held


def _hash(ids: pa.ChunkedArray, id_column: str) -> NDArray[np.uint64]:
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
