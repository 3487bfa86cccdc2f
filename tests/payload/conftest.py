"""Small tables to train on, without a Snowflake, and the payload's modules as scripts find them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.payload.training_processes import TrainingProcesses

PAYLOAD = Path(__file__).resolve().parents[2] / "payload"
sys.path.insert(0, str(PAYLOAD))


class ArrowSource:
    """A table in memory that is read as Snowflake's is: numbers as double, text as string, in batches."""

    name = "MEMORY.PUBLIC.LOANS"

    def __init__(self, columns: dict[str, Any], kinds: dict[str, str], best: float | None = None, batches: int = 5):
        self._columns, self._kinds, self._best, self._batches = columns, kinds, best, batches

    def kinds(self) -> dict[str, str]:
        """See `source.Source`."""
        return self._kinds

    def best_achievable_auc(self) -> float | None:
        """See `source.Source`."""
        return self._best

    def count(self) -> int:
        """See `source.Source`."""
        return len(self._columns["APPLICATION_ID"])

    def batches(self, layout: Any, instance: Any = None) -> Iterator[Any]:
        """See `source.Source`; of several instances each has the ids that leave its index as remainder."""
        import pyarrow as pa

        arrays = {name: pa.array(self._columns[name], pa.float64(), from_pandas=True)
                  for name in (*layout.numbers, layout.label)}  # fmt: skip
        arrays |= {name: pa.array(self._columns[name], pa.string()) for name in layout.categorical}
        arrays[layout.id_column] = pa.array(self._columns[layout.id_column])
        table = pa.table(arrays)
        if instance is not None and instance.count > 1:
            ids = table[layout.id_column].to_numpy()
            table = table.filter(pa.array(ids % instance.count == instance.index))
        step = max(1, -(-table.num_rows // self._batches))
        for start in range(0, table.num_rows, step):
            yield table.slice(start, step).combine_chunks()


KINDS = {
    "APPLICATION_ID": "numeric",
    "AGE": "numeric",
    "INCOME": "numeric",
    "CREDIT_SCORE": "numeric",
    "EMPLOYMENT_LENGTH": "numeric",
    "LOAN_AMOUNT": "numeric",
    "DEBT_TO_INCOME": "numeric",
    "NUMBER_OF_CREDIT_LINES": "numeric",
    "PREVIOUS_DEFAULTS": "numeric",
    "LOAN_PURPOSE": "text",
    "IS_DEFAULT": "boolean",
    "CREATED_AT": "time",
}


def loan_columns(rows: int, seed: int = 1) -> dict[str, Any]:
    """Columns of so many loan applications, drawn by numpy from the documented formula."""
    import numpy as np
    from ceiling import draw, true_probability

    generator = np.random.default_rng(seed)
    applicants = draw(rows, generator)
    labels = generator.random(rows) < true_probability(applicants)
    ids = np.arange(1, rows + 1)
    return {**applicants, "APPLICATION_ID": ids, "IS_DEFAULT": labels.astype(float), "CREATED_AT": ids}


@pytest.fixture(scope="session")
def loans() -> Callable[..., dict[str, Any]]:
    """``loans(rows, seed)``: see `loan_columns`."""
    return loan_columns


@pytest.fixture(scope="session")
def kinds() -> dict[str, str]:
    """Kinds of the loan applications' columns."""
    return dict(KINDS)


@pytest.fixture(scope="session")
def table(loans: Callable[..., dict[str, Any]]) -> Callable[..., ArrowSource]:
    """``table(rows, edits, kinds)``: a source of so many loan applications, with some columns or kinds changed."""

    def build(
        rows: int, edits: dict[str, Callable[[Any], Any]] | None = None, changed: dict[str, str] | None = None
    ) -> ArrowSource:
        columns = loans(rows)
        for name, edit in (edits or {}).items():
            columns[name] = edit(columns[name])
        return ArrowSource(columns, {**KINDS, **(changed or {})}, best=0.8204)

    return build


@pytest.fixture(scope="session")
def trainings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrainingProcesses]:
    """Trainings in processes of their own."""
    processes = TrainingProcesses(tmp_path_factory.mktemp("trainings"))
    yield processes
    processes.close()


@pytest.fixture
def train_arguments() -> Callable[..., argparse.Namespace]:
    """``train_arguments("--num_rounds", "5")``: what train.py makes of a command line."""
    import train

    def parse(*argv: str) -> argparse.Namespace:
        # One thread: many tests run side by side, and threads that wait for each other wait long then.
        return train.parser().parse_args(["--device", "cpu", "--threads", "1", *argv])

    return parse


@pytest.fixture(scope="module")
def account() -> Iterator[Any]:
    """An emulated account."""
    from airflow_provider_spcs.emulator import start

    with start() as running:
        yield running


@pytest.fixture(scope="module")
def session(account: Any) -> Iterator[Any]:
    """A session of a person who looks at what the jobs did."""
    from snowflake.snowpark import Session

    opened = Session.builder.configs(dict(account.connection_kwargs)).create()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def command(account: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., dict[str, Any]]]:
    """``command(train, "--num_rounds", "5")``: run a command in a container's environment; returns its result file."""
    import train

    file = tmp_path_factory.mktemp("xcom") / "return.json"
    with pytest.MonkeyPatch.context() as patch:
        for key, value in account.connection_kwargs.items():
            patch.setenv(f"SNOWFLAKE_{key.upper()}", str(value))
        patch.setenv("SNOWFLAKE_SSL", "off")
        patch.setenv("SPCS_RESULT_FILE", str(file))

        def execute(module: Any, *arguments: str) -> dict[str, Any]:
            file.unlink(missing_ok=True)
            module.main([*arguments, "--threads", "1"] if module is train else arguments)
            result: dict[str, Any] = json.loads(file.read_text())
            return result

        yield execute


@pytest.fixture(scope="module")
def generated(command: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """The table, with 30,000 rows made in five chunks."""
    import generate_data

    return command(generate_data, "--rows", "30000", "--chunk_rows", "7000")
