"""Models' methods run by the account: mv.run() of the registry's client, and SQL that calls models."""

# No `from __future__ import annotations`: the client reads the annotations of a custom model as classes.
import contextlib
import os
from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_spcs.emulator import RunningAccount


@pytest.fixture(scope="module")
def snowpark(account: RunningAccount) -> Iterator[Any]:
    """A Snowpark session in a schema of the module's own."""
    from snowflake.snowpark import Session

    with contextlib.closing(Session.builder.configs(account.connection_kwargs).create()) as made:
        made.sql("create or replace schema INFERENCE").collect()
        yield made
        made.sql("drop schema INFERENCE").collect()


@pytest.fixture(scope="module")
def registry(snowpark: Any) -> Any:
    """The registry of that schema."""
    from snowflake.ml.registry import Registry

    return Registry(snowpark)


@pytest.fixture(scope="module")
def frame() -> Any:
    """Numbers, and text with a gap."""
    import numpy as np
    import pandas as pd

    drawn = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 2)), columns=["A", "B"])
    return drawn.assign(KIND=np.where(drawn.A > 0, "car", 'it\'s "new"'))


@pytest.fixture(scope="module")
def pipeline(frame: Any) -> Any:
    """A scikit-learn pipeline that encodes text."""
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns = make_column_transformer((OneHotEncoder(), ["KIND"]), (StandardScaler(), ["A", "B"]))
    return make_pipeline(columns, LogisticRegression()).fit(frame, (frame.A + frame.B > 0).astype(int))


@pytest.fixture(scope="module")
def version(registry: Any, pipeline: Any, frame: Any) -> Any:
    """The pipeline as version V1 of LOANS."""
    return registry.log_model(pipeline, model_name="LOANS", version_name="V1", sample_input_data=frame.head(20))


@pytest.fixture(scope="module")
def rows(snowpark: Any, frame: Any) -> str:
    """The frame as a table."""
    snowpark.create_dataframe(frame).write.save_as_table("APPLICATIONS", mode="overwrite")
    return "APPLICATIONS"


def test_run_on_a_frame_predicts_as_the_model_does(version: Any, pipeline: Any, frame: Any) -> None:
    """run() of a pandas frame gives the same labels and probabilities, in the frame's order."""
    import numpy as np

    assert (version.run(frame, function_name="predict").iloc[:, 0].to_numpy() == pipeline.predict(frame)).all()
    found = version.run(frame, function_name="PREDICT_PROBA").to_numpy()
    assert np.allclose(found, pipeline.predict_proba(frame), atol=1e-12)


def test_run_on_a_table_keeps_its_columns(version: Any, pipeline: Any, frame: Any, rows: str, snowpark: Any) -> None:
    """run() of a Snowpark frame gives its columns and the predictions beside them, and can be worked on."""
    found = version.run(snowpark.table(rows), function_name="predict")
    assert found.columns == ["A", "B", "KIND", '"output_feature_0"']
    counted = {row[0]: row[1] for row in found.group_by('"output_feature_0"').count().collect()}
    labels = pipeline.predict(frame)
    assert counted == {0: int((labels == 0).sum()), 1: int((labels == 1).sum())}


@pytest.mark.usefixtures("version")
@pytest.mark.parametrize(
    "written",
    [
        "SELECT MODEL(LOANS, V1)!PREDICT(A, B, KIND):output_feature_0::int AS y FROM {rows}",
        "select model(inference.loans)!predict(a, b, kind)['output_feature_0'] as y from {rows}",
        "SELECT loans!predict(a, b, kind):output_feature_0 AS y FROM {rows}",
        "WITH mv AS MODEL loans VERSION last SELECT mv!predict(a, b, kind):output_feature_0 AS y FROM {rows}",
        "WITH q AS (SELECT * FROM {rows}), mv AS MODEL loans SELECT mv!predict(a, b, kind):output_feature_0 y FROM q",
    ],
)
def test_sql_calls_a_model_in_every_form(written: str, rows: str, pipeline: Any, frame: Any, snowpark: Any) -> None:
    """MODEL(name, version), MODEL(name), the name alone, and names given by WITH call the same method."""
    found = snowpark.sql(f"SELECT SUM(y::int) FROM ({written.format(rows=rows)})").collect()[0][0]
    assert found == int(pipeline.predict(frame).sum())


@pytest.mark.usefixtures("version")
def test_column_without_alias_is_called_by_its_text(rows: str, snowpark: Any) -> None:
    """A call names its column as other expressions do."""
    found = snowpark.sql(f"SELECT MODEL(loans, v1)!predict(a, b, kind) FROM {rows} LIMIT 1").to_pandas()
    assert list(found.columns) == ["MODEL(LOANS, V1)!PREDICT(A, B, KIND)"]


@pytest.mark.usefixtures("version")
@pytest.mark.parametrize(
    ("expression", "errno"),
    [
        ("MODEL(loans, v9)!predict(a, b, kind)", 2003),
        ("MODEL(nothing)!predict(a, b, kind)", 2003),
        ("MODEL(loans)!nothing(a, b, kind)", 2140),
        ("MODEL(loans)!predict(a, b)", 938),
        ("MODEL(loans)!predict(a, b, kind, 1)", 939),
        ("MODEL(loans)!predict(kind, b, kind)", 100038),
    ],
)
def test_call_that_cannot_be_is_refused(connect: Any, rows: str, expression: str, errno: int) -> None:
    """What is missing, or has the wrong arguments, is an error of SQL."""
    import snowflake.connector

    with pytest.raises(snowflake.connector.ProgrammingError) as caught:
        connect(schema="INFERENCE").cursor().execute(f"SELECT {expression} FROM {rows}")
    assert caught.value.errno == errno


def custom(registry: Any, name: str, **options: Any) -> Any:
    """A model of Python code: a doubling method, one for partitions, and one that fails."""
    import pandas as pd
    from snowflake.ml.model import custom_model, model_signature

    class Shop(custom_model.CustomModel):
        @custom_model.inference_api
        def double(self, data: pd.DataFrame) -> pd.DataFrame:
            print("a model may print")
            return pd.DataFrame({"TWICE": data["X"] * 2, "TEXT": data["S"] + "!"})

        @custom_model.inference_api
        def fail(self, data: pd.DataFrame) -> pd.DataFrame:
            raise ValueError(f"no {len(data)} shops here")

        @custom_model.inference_api
        def die(self, data: pd.DataFrame) -> pd.DataFrame:
            os._exit(3)

        @custom_model.partitioned_api
        def total(self, data: pd.DataFrame) -> pd.DataFrame:
            return pd.DataFrame({"TOTAL": [float(data["X"].sum())], "ROWS": [len(data)]})

    sample = pd.DataFrame({"X": [1.0, 2.0], "S": ["a", "b"]})
    model = Shop(custom_model.ModelContext())
    number, text = model_signature.DataType.DOUBLE, model_signature.DataType.STRING
    inputs = [model_signature.FeatureSpec("X", number), model_signature.FeatureSpec("S", text)]
    one = model_signature.ModelSignature(inputs, [model_signature.FeatureSpec("TWICE", number)])
    double = model_signature.ModelSignature(
        inputs, [model_signature.FeatureSpec("TWICE", number), model_signature.FeatureSpec("TEXT", text)]
    )
    total = model_signature.ModelSignature(
        inputs,
        [
            model_signature.FeatureSpec("TOTAL", number),
            model_signature.FeatureSpec("ROWS", model_signature.DataType.INT64),
        ],
    )
    del sample
    return registry.log_model(
        model,
        model_name=name,
        version_name="V1",
        signatures={"double": double, "fail": one, "die": one, "total": total},
        options={
            "method_options": {
                "double": options,
                "fail": {"function_type": "FUNCTION"},
                "die": {"function_type": "FUNCTION"},
                "total": {"function_type": "TABLE_FUNCTION"},
            }
        },
    )


@pytest.fixture(scope="module")
def shop(registry: Any) -> Any:
    """The custom model, its doubling method a table function."""
    return custom(registry, "SHOP", function_type="TABLE_FUNCTION")


@pytest.fixture(scope="module")
def sales(snowpark: Any) -> Any:
    """Three sales in two places."""
    found = snowpark.create_dataframe([[1.0, "n"], [2.0, "s"], [5.0, "n"]], schema=["X", "S"])
    return found.cache_result()


def test_table_function_of_a_model_answers_each_row(shop: Any, sales: Any) -> None:
    """A method that is a table function gives its columns beside the row's."""
    found = shop.run(sales, function_name="double").collect()
    assert sorted(tuple(row) for row in found) == [
        (1.0, "n", 2.0, "n!"),
        (2.0, "s", 4.0, "s!"),
        (5.0, "n", 10.0, "n!"),
    ]


def test_partitioned_method_answers_each_partition(shop: Any, sales: Any) -> None:
    """A partitioned method sees all rows of a partition at once."""
    found = shop.run(sales, function_name="total", partition_column="S").collect()
    assert sorted((row["S"], row["TOTAL"], row["ROWS"]) for row in found) == [("n", 6.0, 2), ("s", 2.0, 1)]
    whole = shop.run(sales, function_name="total").collect()
    assert [(row["TOTAL"], row["ROWS"]) for row in whole] == [(8.0, 3)]


@pytest.mark.parametrize(("method", "said"), [("fail", "ValueError: no 3 shops here"), ("die", "ended with code 3")])
def test_error_of_the_models_code_carries_its_traceback(shop: Any, sales: Any, method: str, said: str) -> None:
    """What the code raises, or how its process died, is the statement's error; the next call works."""
    from snowflake.snowpark.exceptions import SnowparkSQLException

    with pytest.raises(SnowparkSQLException, match=said) as caught:
        shop.run(sales, function_name=method).collect()
    assert caught.value.sql_error_code == 100357
    assert len(shop.run(sales, function_name="double").collect()) == 3


def test_dropped_model_leaves_no_process(registry: Any, sales: Any, account: RunningAccount) -> None:
    """The process that ran a model ends with it; a new model of the name runs its own code."""
    from airflow_provider_spcs.emulator.names import Name

    custom(registry, "GONE", function_type="FUNCTION").run(sales, function_name="double").collect()
    models = account.account.models
    directory = models.directory(models.get(Name("EMULATOR", "INFERENCE", "GONE")), "V1")
    (running,) = (child for child in children() if str(directory) in " ".join(child.cmdline()))
    registry.delete_model("GONE")
    assert not running.is_running()


def children() -> list[Any]:
    """Processes that this one started."""
    import psutil

    return psutil.Process().children()
