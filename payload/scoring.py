"""Raw rows through a stored model, as whoever serves it sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features import BOOLEAN, Layout, choose
from pipeline import moments
from problems import InputError
from source import Source

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline


def check_fits(source: Source, layout: Layout, *, labelled: bool = True) -> None:
    """Refuse a table that is not of the shape that the model was trained on.

    Args:
        source: The rows.
        layout: The model's columns.
        labelled: Whether the label must be there too.

    Raises:
        InputError: If a column is missing or of another kind.
    """
    kinds = dict(source.kinds())
    if not labelled:
        kinds.setdefault(layout.label, BOOLEAN)
    found = choose(kinds, source.name, label=layout.label, id_column=layout.id_column, features=list(layout.features))
    if found != layout:
        changed = sorted(set(found.numeric) ^ set(layout.numeric))
        raise InputError(
            f"--source_table={source.name}",
            f"columns {', '.join(changed)} have another kind than the model was trained on",
            "Numbers stay numbers and text stays text",
            "Score a table of the same shape, or train again",
        )


def probabilities(served: Pipeline, batch: pa.Table, layout: Layout) -> NDArray[np.float32]:
    """Of label 1, of shape (rows,)."""
    raw = batch.select(list(layout.features)).to_pandas()
    for name in layout.moments:
        raw[name] = moments(raw[name])
    scores: NDArray[np.float32] = served.predict_proba(raw)[:, 1]
    return scores
