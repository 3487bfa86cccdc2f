"""The four commands one after the other, over a socket to an emulated account, as a job's container runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import evaluate
import generate_data
import model_files
import numpy as np
import pytest
import register
import score
import train
from pipeline import frame, load_booster, pipeline
from problems import InputError, run

pytest.importorskip("duckdb")

Command = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def trained(command: Command, generated: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A model of that table."""
    return command(train, "--num_rounds", "30", "--threads", "1", "--output_dir", str(tmp_path_factory.mktemp("model")))


def _copy(trained: dict[str, Any], directory: Path, auc: float, rounds_from: dict[str, Any] | None = None) -> Path:
    stored = model_files.read(Path((rounds_from or trained)["model_dir"]))
    metrics = {"metrics": {**stored.metrics["metrics"], "auc": auc}}
    model_files.write(directory, stored.model, metrics, stored.sample, stored.result)
    return directory


def test_train_reads_the_table_and_knows_its_best_achievable_auc(trained: dict[str, Any]) -> None:
    """The ceiling comes with the table; the files are where the result says."""
    assert trained["rows"] == 30_000
    assert trained["best_achievable_auc"] == 0.8204
    assert trained["auc"] > 0.79
    assert {path.name for path in Path(trained["model_dir"]).iterdir()} == {
        "model.ubj",
        "metrics.json",
        "sample.json",
        "result.json",
        "evaluation.json",
        "rounds.jsonl",
        "report.html",
    }


def test_evaluate_of_the_stored_model_repeats_the_metrics_of_training(
    command: Command, trained: dict[str, Any]
) -> None:
    """Read again from the table, the hold-out is the same rows."""
    result = command(evaluate, "--model_dir", trained["model_dir"])
    assert result["rows"] == trained["holdout_rows"]
    assert result["auc"] == pytest.approx(trained["auc"], rel=1e-6)


def test_register_first_version_is_the_default_and_predicts_as_the_booster(
    command: Command, trained: dict[str, Any], session: Any
) -> None:
    """Loaded back from the registry, the model scores raw rows, text included, as it did before."""
    from snowflake.ml.registry import Registry

    result = command(register, "--model_dir", trained["model_dir"], "--model_name", "FIRST_MODEL", "--version", "V1")
    assert (result["version"], result["is_default"], result["previous_default"]) == ("V1", True, None)
    version = Registry(session).get_model("FIRST_MODEL").default
    assert version.show_metrics()["auc"] == trained["auc"]
    stored = model_files.read(Path(trained["model_dir"]))
    booster = load_booster(stored.model, "")
    raw = frame(stored.sample, booster)
    assert isinstance(raw["LOAN_PURPOSE"].iloc[0], str)
    np.testing.assert_array_equal(version.load().predict_proba(raw), pipeline(booster).predict_proba(raw))


def test_registered_model_scores_a_table_inside_the_account(
    command: Command, trained: dict[str, Any], session: Any
) -> None:
    """The registry's run() on a table, text included, gives what the booster gives."""
    from snowflake.ml.registry import Registry

    command(register, "--model_dir", trained["model_dir"], "--model_name", "SCORING", "--version", "V1")
    rows = session.table(trained["source_table"]).filter("APPLICATION_ID <= 500")
    scored = Registry(session).get_model("SCORING").default.run(rows, function_name="predict_proba").to_pandas()
    booster = load_booster(model_files.read(Path(trained["model_dir"])).model, "")
    expected = pipeline(booster).predict_proba(frame(scored.to_dict("records"), booster))
    np.testing.assert_allclose(scored[["output_feature_0", "output_feature_1"]].to_numpy(), expected, rtol=1e-5)


def test_register_promotes_only_what_beats_the_default_by_the_threshold(
    command: Command, trained: dict[str, Any], tmp_path: Path
) -> None:
    """Equal is not better; better by less than the threshold is not enough."""
    outcomes = []
    for version, auc, threshold in (("A", 0.80, 0), ("B", 0.80, 0), ("C", 0.81, 0.02), ("D", 0.81, 0.005)):
        (tmp_path / version).mkdir()
        directory = _copy(trained, tmp_path / version, auc)
        result = command(
            register, "--model_dir", str(directory), "--model_name", "GATED", "--version", version,
            "--threshold", str(threshold),
        )  # fmt: skip
        outcomes.append((version, result["is_default"], result["previous_default"], result["previous_value"]))
    assert outcomes == [("A", True, None, None), ("B", False, "A", 0.8), ("C", False, "A", 0.8), ("D", True, "A", 0.8)]


def test_register_again_after_a_crash_takes_the_version_that_is_there(
    command: Command, trained: dict[str, Any], session: Any
) -> None:
    """A retried task neither fails nor makes a second version."""
    from snowflake.ml.registry import Registry

    results = [command(register, "--model_dir", trained["model_dir"], "--model_name", "RETRIED") for _ in range(2)]
    assert results[0] == results[1]
    assert len(Registry(session).get_model("RETRIED").versions()) == 1


def test_register_another_model_under_a_taken_version_is_refused(
    command: Command, trained: dict[str, Any], tmp_path: Path
) -> None:
    """A version never changes."""
    other = command(train, "--num_rounds", "2", "--threads", "1", "--output_dir", str(tmp_path))
    command(register, "--model_dir", trained["model_dir"], "--model_name", "TAKEN", "--version", "V1")
    with pytest.raises(InputError, match=r"--version=V1: .*holds another model"):
        command(register, "--model_dir", other["model_dir"], "--model_name", "TAKEN", "--version", "V1")


def test_train_into_the_registry_leaves_the_model_there(
    command: Command, generated: dict[str, Any], session: Any
) -> None:
    """The seed's second way of saving."""
    from snowflake.ml.registry import Registry

    result = command(train, "--num_rounds", "2", "--threads", "1", "--save_mode", "registry", "--model_name", "DIRECT")
    assert Registry(session).get_model("DIRECT").version(result["version"]).show_metrics()["auc"] == result["auc"]


@pytest.mark.parametrize(
    ("module", "arguments", "words"),
    [
        (train, ["--source_table", "NO_SUCH_TABLE"], "--source_table=NO_SUCH_TABLE: it does not exist"),
        (train, ["--label", "DEFAULTED"], "--label=DEFAULTED: table LOAN_APPLICATIONS has no such column"),
        (train, ["--source_table", "EMPTY_LOANS"], "table EMPTY_LOANS: it has no rows"),
        (generate_data, ["--table", "NO_SUCH_DB.PUBLIC.LOANS"], "--table=NO_SUCH_DB.PUBLIC.LOANS: its database"),
    ],
    ids=["missing table", "missing label", "empty table", "missing database"],
)
def test_command_with_input_that_snowflake_does_not_have_exits_with_2(  # noqa: PLR0917 - pytest's fixtures
    command: Command,
    generated: dict[str, Any],
    session: Any,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    module: Any,
    arguments: list[str],
    words: str,
) -> None:
    """One message says what is missing and where it was looked for."""
    session.sql("CREATE TABLE IF NOT EXISTS EMPTY_LOANS LIKE LOAN_APPLICATIONS").collect()
    extra = ["--output_dir", str(tmp_path)] if module is train else []
    assert run(lambda: command(module, *arguments, *extra)) == 2
    assert words in capfd.readouterr().err


def test_evaluate_writes_the_scores_of_all_rows_to_a_table(
    command: Command, trained: dict[str, Any], session: Any
) -> None:
    """Each id once, with the probability from which the metrics were counted."""
    from sklearn.metrics import roc_auc_score

    result = command(evaluate, "--model_dir", trained["model_dir"], "--rows", "all", "--scores_table", "LOAN_SCORES")
    assert result["scored_rows"] == 30_000
    assert result["scores_table"] == "LOAN_SCORES"
    scores = session.table("LOAN_SCORES").to_pandas()
    assert sorted(scores["APPLICATION_ID"]) == list(range(1, 30_001))
    both = scores.merge(session.table("LOAN_APPLICATIONS").to_pandas(), on="APPLICATION_ID")
    assert roc_auc_score(both["IS_DEFAULT"], both["PROBABILITY"]) == pytest.approx(result["auc"], abs=1e-5)
    assert (scores["PREDICTION"] == (scores["PROBABILITY"] >= 0.5)).all()


def test_score_with_the_registered_model_writes_a_table_without_needing_labels(
    command: Command, trained: dict[str, Any], session: Any
) -> None:
    """Each row once, with what the registered model says of it; the table says which version that was."""
    command(register, "--model_dir", trained["model_dir"], "--model_name", "SCORER", "--version", "V1")
    session.sql(
        "CREATE OR REPLACE TABLE NEW_ONES AS SELECT * EXCLUDE (IS_DEFAULT) FROM LOAN_APPLICATIONS "
        "WHERE APPLICATION_ID <= 700"
    ).collect()
    result = command(
        score, "--model_name", "SCORER", "--source_table", "NEW_ONES", "--scores_table", "NEW_SCORES"
    )  # fmt: skip
    assert (result["rows"], result["version"]) == (700, "V1")
    scores = session.table("NEW_SCORES").to_pandas().sort_values("APPLICATION_ID", ignore_index=True)
    raw = session.table("NEW_ONES").to_pandas().sort_values("APPLICATION_ID", ignore_index=True)
    served = pipeline(load_booster(model_files.read(Path(trained["model_dir"])).model, ""))
    np.testing.assert_allclose(scores["PROBABILITY"], served.predict_proba(raw)[:, 1], rtol=1e-6)
    comment = next(row["comment"] for row in session.sql("SHOW TABLES LIKE 'NEW_SCORES'").collect())
    assert json.loads(comment)["version"] == "V1"
    with pytest.raises(InputError, match=r"--version=V9: .* has no such version\. Its versions are V1"):
        command(score, "--model_name", "SCORER", "--version", "V9", "--source_table", "NEW_ONES", "--scores_table", "X")
    with pytest.raises(InputError, match=r"--model_name=.*NO_MODEL: the registry has no such model"):
        command(score, "--model_name", "NO_MODEL", "--source_table", "NEW_ONES", "--scores_table", "X")


def test_columns_of_every_type_are_learned_from_and_scored_alike(
    command: Command, generated: dict[str, Any], session: Any, tmp_path: Path
) -> None:
    """Integers, decimals, booleans, dates, timestamps and text, with NULL in each; the served model says the same."""
    session.sql(
        """CREATE OR REPLACE TABLE EVERY_TYPE AS SELECT APPLICATION_ID AS ID, IS_DEFAULT::INT AS Y,
             CASE WHEN MOD(APPLICATION_ID, 7) > 0 THEN CREDIT_SCORE::INT END AS I,
             CASE WHEN MOD(APPLICATION_ID, 11) > 0 THEN DEBT_TO_INCOME::NUMBER(10, 2) END AS D,
             CASE WHEN MOD(APPLICATION_ID, 13) > 0 THEN PREVIOUS_DEFAULTS > 1 END AS B,
             CASE WHEN MOD(APPLICATION_ID, 5) > 0 THEN DATEADD('day', -INCOME::INT / 100, CREATED_AT)::DATE END AS DAY,
             CASE WHEN MOD(APPLICATION_ID, 3) > 0 THEN DATEADD('second', LOAN_AMOUNT::INT, CREATED_AT) END AS MOMENT,
             CASE WHEN MOD(APPLICATION_ID, 17) > 0 THEN LOAN_PURPOSE END AS T
           FROM LOAN_APPLICATIONS"""
    ).collect()
    columns = ["--label", "Y", "--id_column", "ID", "--features", "I", "D", "B", "DAY", "MOMENT", "T"]
    result = command(
        train,
        "--source_table",
        "EVERY_TYPE",
        *columns,
        "--num_rounds",
        "20",
        "--threads",
        "1",
        "--output_dir",
        str(tmp_path),
    )
    assert set(result["features"]) == {"I", "D", "B", "DAY", "MOMENT", "T"}
    assert result["auc"] > 0.74
    again = command(evaluate, "--model_dir", str(tmp_path), "--source_table", "EVERY_TYPE")
    assert again["auc"] == pytest.approx(result["auc"], rel=1e-6)
    raw = session.table("EVERY_TYPE").to_pandas().head(500)
    stored = model_files.read(tmp_path)
    probabilities = pipeline(load_booster(stored.model, "")).predict_proba(raw)[:, 1]
    assert ((probabilities > 0) & (probabilities < 1)).all()


def test_register_model_of_columns_without_values_scores_rows_that_have_some(
    command: Command, generated: dict[str, Any], session: Any, tmp_path: Path
) -> None:
    """A column may be empty today and filled tomorrow; of what type it is, the model knows."""
    session.sql(
        """CREATE OR REPLACE TABLE EMPTY_COLUMNS AS
           SELECT APPLICATION_ID, IS_DEFAULT, AGE, NULL::FLOAT AS N, NULL::VARCHAR AS T, NULL::DATE AS D
           FROM LOAN_APPLICATIONS LIMIT 2000"""
    ).collect()
    columns = ["--source_table", "EMPTY_COLUMNS", "--features", "AGE", "N", "T", "D", "--num_rounds", "2"]
    command(train, *columns, "--output_dir", str(tmp_path))
    command(register, "--model_dir", str(tmp_path), "--model_name", "OF_EMPTY_COLUMNS")
    session.sql(
        """CREATE OR REPLACE TABLE FILLED AS
           SELECT * REPLACE (5 AS N, 'x' AS T, '2024-01-01'::DATE AS D) FROM EMPTY_COLUMNS"""
    ).collect()
    command(score, "--model_name", "OF_EMPTY_COLUMNS", "--source_table", "FILLED", "--scores_table", "OF_FILLED")
    assert session.sql("SELECT COUNT(*) FROM OF_FILLED WHERE PROBABILITY > 0").collect()[0][0] == 2000
