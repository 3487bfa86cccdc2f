"""Columns of Parquet files whose names differ only in case."""

from __future__ import annotations

from pathlib import Path

import pytest


def test_column_that_duckdb_numbers_has_its_own_name_back(tmp_path: Path) -> None:
    """DuckDB reads the second of two such columns under a number; a column that is named so stays."""
    duckdb = pytest.importorskip("duckdb")
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    from airflow_provider_spcs.emulator.stages.parquet_names import given

    file = tmp_path / "f.parquet"
    pq.write_table(pa.table([pa.array([1]), pa.array([2]), pa.array([3])], names=["a", "A", "b_1"]), file)
    with duckdb.connect() as connection:
        read = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{file}')").fetchall()]
        found = given(connection, f"'{file}'", read)
    assert list(found.values()) == ["a", "A", "b_1"]
