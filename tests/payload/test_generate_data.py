"""Tables made in Snowflake's SQL, over a socket to an emulated account, as a job's container makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import generate_data
import numpy as np
import pytest
from ceiling import true_probability
from problems import InputError

pytest.importorskip("duckdb")

Command = Callable[..., dict[str, Any]]


def test_generate_data_makes_the_asked_rows_with_the_documented_label_rate(generated: dict[str, Any]) -> None:
    """The result is read back from the table."""
    assert generated["rows"] == 30_000
    assert generated["label_rate"] == pytest.approx(0.1498, abs=0.008)
    assert generated["best_achievable_auc"] == 0.8204
    assert generated["rows_per_second"] > 0


def test_generate_data_labels_follow_the_formula(session: Any, generated: dict[str, Any]) -> None:
    """SQL and numpy say the same formula: ranked by its probability the labels have the best achievable AUC."""
    from sklearn.metrics import roc_auc_score

    rows = session.table(generated["table"]).to_pandas()
    probability = true_probability({name: rows[name].to_numpy() for name in rows})
    assert probability.mean() == pytest.approx(rows["IS_DEFAULT"].mean(), abs=0.008)
    # Four standard errors at 30,000 rows.
    assert roc_auc_score(rows["IS_DEFAULT"], probability) == pytest.approx(0.8204, abs=0.016)
    assert sorted(rows["APPLICATION_ID"]) == list(range(1, 30_001))
    assert rows["LOAN_PURPOSE"].value_counts(normalize=True).between(0.11, 0.14).all()


def test_generate_data_with_the_same_seed_gives_the_same_rows_in_any_chunks(command: Command, session: Any) -> None:
    """Each row is a function of seed and id."""
    tables = []
    for name, chunk, seed in (("ONCE", "3000", "7"), ("CHUNKS", "800", "7"), ("OTHER", "3000", "8")):
        command(generate_data, "--rows", "3000", "--table", name, "--chunk_rows", chunk, "--seed", seed)
        tables.append(session.table(name).to_pandas().sort_values("APPLICATION_ID", ignore_index=True))
    once, chunks, other = tables
    assert once.equals(chunks)
    assert not np.isclose(once["INCOME"], other["INCOME"]).mean() > 0.01


def test_generate_data_with_missing_values_hides_that_share_of_each_feature(command: Command, session: Any) -> None:
    """Independently of each other; the rows are otherwise those of the same seed, and their ceiling is not known."""
    whole = command(generate_data, "--rows", "6000", "--table", "WHOLE")
    holes = command(generate_data, "--rows", "6000", "--table", "HOLES", "--missing_rate", "0.2")
    assert (whole["best_achievable_auc"], holes["best_achievable_auc"]) == (0.8204, None)
    before, after = (session.table(name).to_pandas().sort_values("APPLICATION_ID", ignore_index=True)
                     for name in ("WHOLE", "HOLES"))  # fmt: skip
    features = list(before.columns[1:-2])
    missing = after[features].isna()
    assert missing.mean().between(0.17, 0.23).all()
    assert np.abs(missing.astype(float).corr().to_numpy() - np.eye(len(features))).max() < 0.06
    assert (before[features].astype(object).where(~missing) == after[features].astype(object)).sum().sum() == (
        ~missing
    ).sum().sum()
    assert before["IS_DEFAULT"].equals(after["IS_DEFAULT"])


def test_generate_data_with_drift_makes_worse_applicants(command: Command, session: Any) -> None:
    """For tests of what watches a model: features move, and defaults with them."""
    plain = command(generate_data, "--rows", "6000", "--table", "PLAIN")
    drifted = command(generate_data, "--rows", "6000", "--table", "DRIFTED", "--drift", "0.5")
    assert drifted["label_rate"] > plain["label_rate"] + 0.05
    means = [session.table(name).to_pandas()["CREDIT_SCORE"].mean() for name in ("PLAIN", "DRIFTED")]
    assert means[0] - means[1] == pytest.approx(25, abs=0.5)


def test_generate_data_goes_on_after_the_chunks_of_a_failed_run(command: Command, session: Any) -> None:
    """What a run left, cut off between two chunks, is not made again; the rows are those of a run in one go."""
    from loan_applications import create, insert

    once = command(generate_data, "--rows", "3000", "--table", "RESUMED")
    rows = session.table("RESUMED").to_pandas().sort_values("APPLICATION_ID", ignore_index=True)
    comment = next(row["comment"] for row in session.sql("SHOW TABLES LIKE 'RESUMED'").collect())
    session.sql(create('"RESUMED__BUILDING_1"', comment)).collect()
    session.sql(insert('"RESUMED__BUILDING_1"', 1, 1000, 42)).collect()
    again = command(generate_data, "--rows", "3000", "--table", "RESUMED", "--resume", "--chunk_rows", "500")
    assert (once["resumed_after"], again["resumed_after"]) == (0, 1000)
    assert rows.equals(session.table("RESUMED").to_pandas().sort_values("APPLICATION_ID", ignore_index=True))
    assert session.sql("SHOW TABLES LIKE '%BUILDING%'").collect() == []


class _Interrupted:
    """A session that lets something else happen before its second INSERT."""

    def __init__(self, session: Any, meanwhile: Callable[[], object]) -> None:
        self._session, self._meanwhile, self._inserts = session, meanwhile, 0

    def sql(self, statement: str) -> Any:
        self._inserts += "INSERT INTO" in statement
        if self._inserts == 2:
            self._inserts += 1
            self._meanwhile()
        return self._session.sql(statement)


def test_generate_data_twice_at_once_gives_each_row_once(command: Command, session: Any) -> None:
    """A second run that begins and ends in the middle of the first neither doubles nor loses rows."""
    arguments = generate_data.parser().parse_args(["--rows", "900", "--chunk_rows", "300", "--table", "AT_ONCE"])
    first = _Interrupted(session, lambda: generate_data.generate(session, arguments))
    assert generate_data.generate(first, arguments)["rows"] == 900
    assert sorted(session.table("AT_ONCE").to_pandas()["APPLICATION_ID"]) == list(range(1, 901))
    assert session.sql("SHOW TABLES LIKE '%BUILDING%'").collect() == []


def test_generate_data_whose_rows_another_run_resumes_ends_and_says_so(command: Command, session: Any) -> None:
    """The run that was believed dead loses its rows to the one that goes on with them, which is whole."""
    line = ["--rows", "900", "--chunk_rows", "300", "--table", "TAKEN_OVER", "--resume"]
    arguments = generate_data.parser().parse_args(line)
    later: list[dict[str, Any]] = []
    first = _Interrupted(session, lambda: later.append(generate_data.generate(session, arguments)))
    with pytest.raises(InputError, match="another run with --resume"):
        generate_data.generate(first, arguments)
    assert later[0]["resumed_after"] == 300
    assert sorted(session.table("TAKEN_OVER").to_pandas()["APPLICATION_ID"]) == list(range(1, 901))
