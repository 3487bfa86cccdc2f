"""Which columns of a table a model sees, and as what.

A number or a boolean is a number, a text is a category, and a date or a time without zone is the number of days since
the first of January 2000. Such a moment is a feature only when it is named: taken by default, the time at which a row
was written would teach a model the past.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from names import find, quote
from problems import InputError

#: A column's kind, of those that matter here: what it may be used for.
NUMERIC, BOOLEAN, TEXT, VARIANT, TIME = "numeric", "boolean", "text", "variant", "time"
ZONED, OTHER = "time with zone", "other"

_FEATURE_TYPES = "number, boolean, text, date or timestamp without zone (a view can cast it)"

#: Moments are counted in days from here; nearer to the data than 1970, so that single precision tells minutes apart.
EPOCH = "2000-01-01"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Layout:
    """The columns of a model, by their stored names.

    Args:
        numeric: Features that are numbers; booleans count as 0 and 1.
        categorical: Features that are text.
        label: What is to be predicted: boolean, or a number that is 0 or 1.
        id_column: What identifies a row, and so decides which part it belongs to.
        moments: Features that are dates or times; the model sees days since `EPOCH`.
    """

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    label: str
    id_column: str
    moments: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[str, ...]:
        """The features that the model sees as numbers, in its order."""
        return self.numeric + self.moments

    @property
    def features(self) -> tuple[str, ...]:
        """All features, in the order that the model knows."""
        return self.numbers + self.categorical

    def expressions(self, kinds: Mapping[str, str], *, labelled: bool = True) -> list[str]:
        """The select list that brings these columns, with or without the label, in the types that training wants."""
        numbers = [
            f"CAST({_number(column, kinds[column])} AS FLOAT) AS {quote(column)}"
            for column in (*self.numbers, *([self.label] if labelled else []))
        ]
        texts = [f"CAST({quote(column)} AS VARCHAR) AS {quote(column)}" for column in self.categorical]
        return [*numbers, *texts, quote(self.id_column)]


def choose(
    kinds: Mapping[str, str], table: str, *, label: str, id_column: str, features: Sequence[str] | None = None
) -> Layout:
    """Decide the columns of a model on ``table``.

    Args:
        kinds: Name of each column to its kind.
        table: The table's name, for messages.
        label: Name of the label as the user wrote it.
        id_column: Name of the identifying column as the user wrote it.
        features: Names of the features; None takes every number, boolean and text but label and id.

    Raises:
        InputError: If a column is missing or cannot be used so.
    """
    label = find(label, kinds, "--label", table)
    id_column = find(id_column, kinds, "--id_column", table)
    _refuse_unless(kinds[label] in (NUMERIC, BOOLEAN), f"--label={label}", kinds[label], "BOOLEAN, or a number 0 or 1")
    _refuse_unless(kinds[id_column] in (NUMERIC, TEXT), f"--id_column={id_column}", kinds[id_column], "number or text")
    if features:
        chosen = [find(name, kinds, "--features", table) for name in features]
    else:
        chosen = [name for name in kinds if name not in (label, id_column) and kinds[name] not in (TIME, ZONED, OTHER)]
        left = [name for name in kinds if name not in (label, id_column, *chosen)]
        if left:
            logger.info("columns not used as features: %s", ", ".join(f"{name} ({kinds[name]})" for name in left))
    _check_features(chosen, kinds, table, (label, id_column))
    return Layout(
        numeric=tuple(name for name in chosen if kinds[name] in (NUMERIC, BOOLEAN)),
        moments=tuple(name for name in chosen if kinds[name] == TIME),
        categorical=tuple(name for name in chosen if kinds[name] in (TEXT, VARIANT)),
        label=label,
        id_column=id_column,
    )


def _check_features(chosen: Sequence[str], kinds: Mapping[str, str], table: str, taken: Sequence[str]) -> None:
    if not chosen:
        raise InputError(
            f"table {table}", "it has no column to learn from", "A feature is a number, boolean or text", "Add one"
        )
    for name in chosen:
        _refuse_unless(kinds[name] not in (ZONED, OTHER), f"--features={name}", kinds[name], _FEATURE_TYPES)
        if set("[]<") & set(name):
            raise InputError(
                f"--features={name}",
                "its name has [, ] or <",
                "XGBoost takes no such name",
                "Read a view that names it otherwise, or leave it out with --features",
            )
        if name in taken or list(chosen).count(name) > 1:
            raise InputError(
                f"--features={name}",
                "it is named twice, or is the label or the id",
                "A column has one part to play",
                "Take it out of --features",
            )


def _refuse_unless(allowed: bool, where: str, kind: str, rule: str) -> None:
    if not allowed:
        raise InputError(where, f"its type is of kind {kind}", f"It is of type {rule}", "Choose another column")


def _number(column: str, kind: str) -> str:
    if kind == TIME:
        # A date counts as its midnight. Seconds are whole: finer ones are below what single precision holds.
        return f"DATEDIFF('second', '{EPOCH} 00:00:00'::TIMESTAMP_NTZ, {quote(column)}::TIMESTAMP_NTZ) / 86400"
    # Not every engine casts BOOLEAN to FLOAT directly; Snowflake itself goes by way of a number.
    return f"CAST({quote(column)} AS INTEGER)" if kind == BOOLEAN else quote(column)
