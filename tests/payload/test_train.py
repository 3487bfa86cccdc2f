"""Training: how good the model is, and what is written."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import evaluate
import model_files
import numpy as np
import pyarrow as pa
import pytest
import train
from pipeline import load_booster, pipeline
from problems import InputError

Arguments = Callable[..., argparse.Namespace]
Table = Callable[..., Any]


@pytest.fixture
def small(table: Table) -> Any:
    """Five thousand rows."""
    return table(5000)


def _frame(columns: dict[str, Any], layout: list[str], rows: int) -> Any:
    import pandas as pd

    return pd.DataFrame({name: columns[name][:rows] for name in layout})


def test_train_on_generated_rows_comes_near_the_best_achievable_auc(
    table: Table, train_arguments: Arguments, tmp_path: Path
) -> None:
    """200,000 rows and 60 trees reach the ceiling to 0.01: reading, binning and text are right."""
    trained = train.train(table(200_000), train_arguments("--num_rounds", "60"), tmp_path)
    metrics = trained.metrics["metrics"]
    assert metrics["auc_gap"] < 0.01
    assert metrics["auc"] < 0.8204 + 3 * metrics["auc_standard_error"]
    assert metrics["log_loss"] == pytest.approx(0.3252, abs=0.008)
    assert metrics["mean_prediction"] == pytest.approx(metrics["label_rate"], abs=0.005)


def test_train_with_the_same_seed_gives_the_same_model(small: Any, train_arguments: Arguments, tmp_path: Path) -> None:
    """A run can be repeated."""
    models = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        models.append(train.train(small, train_arguments("--num_rounds", "5"), tmp_path / name).model)
    assert models[0] == models[1]


def test_train_holds_out_rows_by_id_whatever_the_seed(small: Any, train_arguments: Arguments, tmp_path: Path) -> None:
    """Two models are compared on the same rows."""
    results = [
        train.train(small, train_arguments("--num_rounds", "2", "--seed", seed), tmp_path).result for seed in "12"
    ]
    assert results[0]["holdout_rows"] == results[1]["holdout_rows"]
    assert results[0]["train_rows"] + results[0]["holdout_rows"] == 5000


def test_train_result_says_how_the_model_came_about(
    small: Any, train_arguments: Arguments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arguments, versions, commit and rows are in the result, which is JSON."""
    import xgboost

    monkeypatch.setenv("GIT_COMMIT", "0123abcd")
    result = train.train(small, train_arguments("--num_rounds", "2"), tmp_path).result
    assert result["commit"] == "0123abcd"
    assert result["arguments"]["num_rounds"] == 2
    assert result["versions"]["xgboost"] == xgboost.__version__
    assert json.loads(json.dumps(result, allow_nan=False))["rows"] == 5000


def test_pipeline_on_raw_rows_predicts_what_the_booster_does(
    loans: Table, table: Table, train_arguments: Arguments, tmp_path: Path
) -> None:
    """A batch that holds only some of the categories, as plain text, scores as in training."""
    import pandas as pd
    import xgboost

    columns = loans(5000)
    trained = train.train(table(5000), train_arguments("--num_rounds", "20"), tmp_path)
    booster = load_booster(trained.model, "")
    raw = _frame(columns, booster.feature_names, 40)
    raw["LOAN_PURPOSE"] = raw["LOAN_PURPOSE"].astype(object)
    some = raw[raw["LOAN_PURPOSE"].isin(["business", "other"])]
    assert 0 < some["LOAN_PURPOSE"].nunique() < 8
    served = pipeline(booster).predict_proba(some)[:, 1]
    every = sorted(set(columns["LOAN_PURPOSE"]))
    coded = some.assign(LOAN_PURPOSE=pd.Categorical(some["LOAN_PURPOSE"], categories=every)).astype(
        dict.fromkeys(booster.feature_names[:-1], "float32")
    )
    np.testing.assert_array_equal(served, booster.predict(xgboost.DMatrix(coded, enable_categorical=True)))


def test_pipeline_of_texts_outside_of_ascii_predicts_what_the_booster_does(
    table: Table, train_arguments: Arguments, tmp_path: Path
) -> None:
    """Names of people and places are in every alphabet; XGBoost itself misreads them in pandas' categories."""
    import pandas as pd

    names = ["Büro", "Möbel", "Zürich", "café", "住宅", "😀 other"]
    source = table(5000, {"LOAN_PURPOSE": lambda texts: [names[len(text) % 6] for text in texts]})
    trained = train.train(source, train_arguments("--num_rounds", "20"), tmp_path)
    booster = load_booster(trained.model, "")
    raw = pd.DataFrame([{**trained.sample[0], "LOAN_PURPOSE": name} for name in names])
    numbers = {name: pa.array(raw[name], pa.float32()) for name in booster.feature_names[:-1]}
    codes = pa.DictionaryArray.from_arrays(pa.array(range(6), pa.int32()), names)
    coded = pa.table({**numbers, "LOAN_PURPOSE": codes})
    served = pipeline(booster).predict_proba(raw)[:, 1]
    np.testing.assert_array_equal(served, booster.inplace_predict(coded))


def test_pipeline_takes_missing_and_unknown_values_as_missing(
    small: Any, train_arguments: Arguments, tmp_path: Path
) -> None:
    """A new loan purpose in production is scored, not refused."""
    import pandas as pd

    trained = train.train(small, train_arguments("--num_rounds", "20"), tmp_path)
    served = pipeline(load_booster(trained.model, ""))
    row = {**trained.sample[0], "APPLICATION_ID": 1}
    rows = pd.DataFrame([{**row, "LOAN_PURPOSE": value} for value in ("unheard of", None)])
    unknown, missing = served.predict_proba(rows)[:, 1]
    assert unknown == missing
    assert 0 < unknown < 1


def test_train_with_missing_numbers_and_texts_learns_from_the_rest(
    table: Table, train_arguments: Arguments, tmp_path: Path
) -> None:
    """NULL in a feature is a value like others: no row is lost."""
    edits = {
        "INCOME": lambda values: np.where(np.arange(20_000) % 10 == 0, np.nan, values),
        "LOAN_PURPOSE": lambda texts: [None if i % 7 == 0 else text for i, text in enumerate(texts)],
    }
    trained = train.train(table(20_000, edits), train_arguments("--num_rounds", "40"), tmp_path)
    assert trained.result["rows"] == 20_000
    assert trained.metrics["metrics"]["auc"] > 0.78


def test_train_with_a_text_column_that_is_all_null_learns_from_the_rest(
    table: Table, train_arguments: Arguments, tmp_path: Path
) -> None:
    """A table of any kind has such columns; they are features by default."""
    source = table(3000, {"LOAN_PURPOSE": lambda texts: [None] * len(texts)})
    directory = model_files.prepare(tmp_path / "model")
    trained = train.train(source, train_arguments("--num_rounds", "5"), tmp_path)
    train.save_to_directory(trained, directory)
    again = evaluate.evaluate(source, model_files.read(directory), "holdout")
    assert again["auc"] == pytest.approx(trained.result["auc"], rel=1e-6)


def test_stored_model_evaluates_as_it_did_in_training(small: Any, train_arguments: Arguments, tmp_path: Path) -> None:
    """The files hold the whole model: scored through the served pipeline, the hold-out gives the same metrics."""
    trained = train.train(small, train_arguments("--num_rounds", "20"), tmp_path)
    directory = model_files.prepare(tmp_path / "model")
    train.save_to_directory(trained, directory)
    result = evaluate.evaluate(small, model_files.read(directory), "holdout")
    assert result["rows"] == trained.result["holdout_rows"]
    assert result["metrics"] == pytest.approx(trained.metrics["metrics"], rel=1e-6)


def test_stored_model_is_readable_by_xgboost_alone(small: Any, train_arguments: Arguments, tmp_path: Path) -> None:
    """model.ubj is a plain XGBoost model with the names of its columns and categories."""
    import xgboost

    trained = train.train(small, train_arguments("--num_rounds", "3"), tmp_path)
    train.save_to_directory(trained, tmp_path)
    classifier = xgboost.XGBClassifier(enable_categorical=True)
    classifier.load_model(tmp_path / "model.ubj")
    assert list(classifier.feature_names_in_) == trained.result["features"]


def test_evaluate_table_where_a_number_became_text_is_refused(
    small: Any, table: Table, train_arguments: Arguments, tmp_path: Path
) -> None:
    """A table of another shape is not scored silently."""
    train.save_to_directory(train.train(small, train_arguments("--num_rounds", "2"), tmp_path), tmp_path)
    other = table(100, changed={"AGE": "text"})
    with pytest.raises(InputError, match="AGE have another kind"):
        evaluate.evaluate(other, model_files.read(tmp_path), "all")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"IS_DEFAULT": lambda label: label * 2}, "--label=IS_DEFAULT: it holds 2"),
        ({"IS_DEFAULT": lambda label: np.where(label == 1, np.nan, label)}, "--label=IS_DEFAULT.*no label"),
        ({"IS_DEFAULT": lambda label: label * 0}, "0 positive of"),
        ({"INCOME": lambda values: values * np.inf}, "column INCOME: it holds -?inf"),
        ({"INCOME": lambda values: values * 1e40}, r"column INCOME: it holds .*e\+4"),
        ({"LOAN_PURPOSE": lambda texts: [f"t{i}" for i in range(len(texts))]}, "LOAN_PURPOSE: it has more than 10000"),
    ],
    ids=["not 0 or 1", "missing", "one class", "infinite", "too large", "free text"],
)
def test_train_on_rows_that_teach_nothing_is_refused(
    table: Table,
    train_arguments: Arguments,
    tmp_path: Path,
    change: dict[str, Callable[[Any], Any]],
    words: str,
) -> None:
    """The message names the column and what is in it."""
    with pytest.raises(InputError, match=words):
        train.train(table(12_000, change), train_arguments("--num_rounds", "2"), tmp_path)


def test_train_on_an_empty_table_is_refused(table: Table, train_arguments: Arguments, tmp_path: Path) -> None:
    """No rows, no model."""
    with pytest.raises(InputError, match=r"MEMORY.PUBLIC.LOANS: it has no rows"):
        train.train(table(0), train_arguments(), tmp_path)
