"""Cases: data connectors."""

from __future__ import annotations

from typing import Any

from cases import Place, SkippedError, case, same
from ml_session import session


def _connector(rows: int = 10) -> Any:
    from snowflake.ml.data import DataConnector

    frame = session().range(rows).select_expr("id", "id * 0.5::float as x", "'n' || id as name")
    return DataConnector.from_dataframe(frame)


@case
def connector_to_pandas(_place: Place) -> None:
    """All rows, and only so many."""
    frame = _connector().to_pandas()
    same((list(frame.columns), sorted(frame["ID"])), (["ID", "X", "NAME"], list(range(10))))
    same(len(_connector().to_pandas(limit=3)), 3)


@case
def connector_from_a_query(_place: Place) -> None:
    """``from_sql``."""
    from snowflake.ml.data import DataConnector

    frame = DataConnector.from_sql("select 1 as a union all select 2", session=session()).to_pandas()
    same(sorted(frame["A"]), [1, 2])


@case
def connector_of_a_large_table(_place: Place) -> None:
    """Many chunks arrive whole."""
    session().range(300_000).write.save_as_table("BIG", mode="overwrite")
    from snowflake.ml.data import DataConnector

    frame = DataConnector.from_dataframe(session().table("BIG")).to_pandas()
    same((len(frame), int(frame["ID"].sum())), (300_000, 299_999 * 150_000))


@case
def connector_to_torch(_place: Place) -> None:
    """Batches for PyTorch."""
    try:
        import torch  # noqa: F401
    except ImportError as missing:
        raise SkippedError("torch is not installed") from missing
    batches = list(_connector(5).to_torch_dataset(batch_size=2))
    same(sum(len(batch["ID"]) for batch in batches), 5)
