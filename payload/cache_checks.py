"""What rows must be like to be learned from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from problems import InputError

if TYPE_CHECKING:
    import pyarrow as pa


def label_values(labels: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Labels as float32, each 0 or 1.

    Raises:
        InputError: If a label is missing or is another number.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if labels.null_count:
        raise InputError(
            f"--label={name}",
            f"{labels.null_count} of {len(labels)} rows read have no label",
            "Each row to learn from needs a label",
            "Read a view that leaves out rows without one",
        )
    wrong = labels.filter(pc.invert(pc.is_in(labels, pa.array([0, 1], labels.type))))
    if len(wrong):
        raise InputError(
            f"--label={name}",
            f"it holds {wrong[0].as_py():g}",
            "A label is BOOLEAN, or a number that is 0 or 1",
            "Name another column, or read a view that compares it with a threshold",
        )
    return labels.cast(pa.float32())


def number_values(numbers: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Numbers as float32; null and NaN stay.

    Raises:
        InputError: If one is infinite, or too large for single precision, which no tree can divide.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    single = numbers.cast(pa.float32(), safe=False)
    if pc.any(pc.is_inf(single)).as_py():
        value = numbers.filter(pc.is_inf(single))[0].as_py()
        raise InputError(
            f"column {name}",
            f"it holds {value:g}",
            "A number to learn from is finite and below 3.4e38",
            "Read a view that clips it, or leave the column out with --features",
        )
    return single


def check_parts(table: str, label: str, rows: Mapping[str, int], positives: Mapping[str, int]) -> None:
    """Refuse parts that teach or show nothing.

    Args:
        table: Its name.
        label: The label's name.
        rows: Part to its number of rows.
        positives: Part to its number of rows with label 1.

    Raises:
        InputError: If there is no row, or a part lacks a class.
    """
    if not sum(rows.values()):
        raise InputError(f"table {table}", "it has no rows", "There must be rows to learn from", "Fill it first")
    for part, count in rows.items():
        if not 0 < positives[part] < count:
            raise InputError(
                f"table {table}, label {label}",
                f"the {part} part has {positives[part]} positive of {count} rows",
                "Each part needs both classes",
                "Use a table with more rows, another --test_fraction, or another --label",
            )


def too_many_categories(column: str, most: int) -> InputError:
    """The refusal of a text column that is no category."""
    return InputError(
        f"column {column}",
        f"it has more than {most} different texts",
        "A text feature is a category",
        "Name the features to use with --features, without this one",
    )
