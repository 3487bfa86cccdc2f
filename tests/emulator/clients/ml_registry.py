"""Cases: the model registry."""

from __future__ import annotations

from typing import Any

from cases import Place, case, fails_saying, same
from ml_session import DATABASE, SCHEMA, session, trained


def _registry() -> Any:
    from snowflake.ml.registry import Registry

    return Registry(session(), database_name=DATABASE, schema_name=SCHEMA)


def _logged(name: str, version: str = "V1", **more: Any) -> Any:
    model, frame = trained()
    return _registry().log_model(
        model, model_name=name, version_name=version, sample_input_data=frame.head(10), **more
    )  # fmt: skip


@case
def run_on_pandas_and_snowpark(_place: Place) -> None:
    """``run`` predicts as the model itself, in the order of the rows; with a named function, too."""
    model, frame = trained()
    version = _logged("RUN")
    same(list(version.run(frame, function_name="predict").iloc[:, -1]), list(model.predict(frame)))
    chances = version.run(frame, function_name="predict_proba")
    same(
        [round(float(x), 4) for x in chances.iloc[:, -1]],
        [round(float(x), 4) for x in model.predict_proba(frame)[:, 1]],
    )
    remote = version.run(session().create_dataframe(frame), function_name="PREDICT").to_pandas()
    same(int(remote.iloc[:, -1].sum()), int(model.predict(frame).sum()))


@case
def run_in_sql(_place: Place) -> None:
    """``MODEL(name, version)!PREDICT(...)`` and ``WITH v AS MODEL``."""
    _logged("IN_SQL")
    session().create_dataframe(trained()[1]).write.save_as_table("ROWS", mode="overwrite")
    one = session().sql("select count(*) from (select IN_SQL!PREDICT(a, b, c) as p from ROWS)").first()[0]
    other = session().sql("select MODEL(IN_SQL, V1)!PREDICT(a, b, c):output_feature_0::int as p from ROWS").collect()
    same((one, sum(row[0] for row in other)), (200, int(trained()[0].predict(trained()[1]).sum())))


@case
def pipeline_of_scikit_learn(_place: Place) -> None:
    """A Pipeline is logged, loaded and run."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    frame = trained()[1]
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, frame.A > 0)
    version = _registry().log_model(pipeline, model_name="PIPELINE", sample_input_data=frame.head(5))
    same(list(version.load().predict(frame)), list(pipeline.predict(frame)))
    same(len(version.run(frame.head(3), function_name="predict_proba")), 3)


@case
def custom_model(place: Place) -> None:
    """A class of the user's own, with a file of its own."""
    import pandas as pd
    from ml_adder import Adder
    from snowflake.ml.model import custom_model as custom
    from snowflake.ml.model.model_signature import DataType, FeatureSpec, ModelSignature

    (place.directory / "bias.txt").write_text("2.5")
    context = custom.ModelContext(artifacts={"bias": str(place.directory / "bias.txt")})
    said = ModelSignature(inputs=[FeatureSpec("A", DataType.DOUBLE)], outputs=[FeatureSpec("TOTAL", DataType.DOUBLE)])
    version = _registry().log_model(Adder(context), model_name="ADDER", version_name="V1", signatures={"predict": said})
    same(list(version.run(pd.DataFrame({"A": [1.0, 2.0]}))["TOTAL"]), [3.5, 4.5])


@case
def metrics_of_a_version(_place: Place) -> None:
    """Set, read, all, deleted; of numpy, nested."""
    import numpy as np

    version = _logged("METRICS", metrics={"auc": np.float64(0.75)})
    version.set_metric("confusion", [[1, 2], [3, 4]])
    same(version.show_metrics(), {"auc": 0.75, "confusion": [[1, 2], [3, 4]]})
    version.delete_metric("auc")
    same(_registry().get_model("METRICS").version("V1").show_metrics(), {"confusion": [[1, 2], [3, 4]]})
    with fails_saying("auc"):
        version.get_metric("auc")


@case
def comments_and_tags(_place: Place) -> None:
    """Of model and version."""
    version = _logged("TOLD", comment="the first")
    version.comment = "it's changed"
    same(_registry().get_model("TOLD").version("V1").comment, "it's changed")
    model = _registry().get_model("TOLD")
    model.comment = "of the model"
    same(model.description, "of the model")
    session().sql(f"create or replace tag {DATABASE}.{SCHEMA}.STAGE_OF").collect()
    model.set_tag("STAGE_OF", "live")
    same((model.get_tag("STAGE_OF"), list(model.show_tags().values())), ("live", ["live"]))


@case
def versions_default_alias(_place: Place) -> None:
    """Shown, chosen, found by alias, first and last, deleted."""
    _logged("SEVERAL", "V1"), _logged("SEVERAL", "V2")
    model = _registry().get_model("SEVERAL")
    same([each.version_name for each in model.versions()], ["V1", "V2"])
    model.default = model.version("V2")
    model.version("V1").set_alias("champion")
    same((model.default.version_name, model.version("champion").version_name), ("V2", "V1"))
    same((model.first().version_name, model.last().version_name), ("V1", "V2"))
    shown = model.show_versions()
    same([("champion" in str(row).lower()) for row in shown["aliases"]], [True, False])
    with fails_saying("default"):
        model.delete_version("V2")
    model.delete_version("V1")
    same([each.version_name for each in model.versions()], ["V2"])


@case
def taken_and_missing_names(_place: Place) -> None:
    """A version is never overwritten; a model or version that is not there is said to be missing."""
    _logged("TAKEN")
    with fails_saying("already exist"):
        _logged("TAKEN")
    with fails_saying("NO_SUCH_MODEL"):
        _registry().get_model("NO_SUCH_MODEL")
    with fails_saying("NO_SUCH"):
        _registry().get_model("TAKEN").version("NO_SUCH")


@case
def export_and_load(place: Place) -> None:
    """The whole package and the model alone; a package is loaded without the registry."""
    from snowflake.ml.model import ExportMode

    version = _logged("EXPORTED")
    for mode, name in ((ExportMode.FULL, "full"), (ExportMode.MODEL, "model")):
        (place.directory / name).mkdir()
        version.export(str(place.directory / name), export_mode=mode)
        assert any((place.directory / name).rglob("model.yaml"))
    same(list(version.load(force=True).predict(trained()[1])), list(trained()[0].predict(trained()[1])))


@case
def models_listed_renamed_deleted(_place: Place) -> None:
    """``models``, ``show_models``, ``rename``, ``delete_model``."""
    _logged("LISTED")
    assert "LISTED" in [model.name for model in _registry().models()]
    assert "LISTED" in list(_registry().show_models()["name"])
    _registry().get_model("LISTED").rename("LISTED_AGAIN")
    _registry().delete_model("LISTED_AGAIN")
    assert not {"LISTED", "LISTED_AGAIN"} & {model.name for model in _registry().models()}


@case
def options_of_logging(place: Place) -> None:
    """Platforms, requirements, code and files of the user's own."""
    module = place.directory / "mine"
    module.mkdir()
    (module / "__init__.py").write_text("VALUE = 3\n")
    (place.directory / "notes.txt").write_text("notes")
    version = _logged(
        "OPTIONS",
        pip_requirements=["xgboost"],
        target_platforms=["SNOWPARK_CONTAINER_SERVICES"],
        code_paths=[str(module)],
        user_files={"docs": [str(place.directory / "notes.txt")]},
        options={"relax_version": False},
    )
    same({each["name"] for each in version.show_functions()}, {"PREDICT", "PREDICT_PROBA"})


@case
def version_copied_to_another_model(_place: Place) -> None:
    """``log_model`` of a version."""
    made = _registry().log_model(_logged("COPIED"), model_name="COPY", version_name="W1")
    same((made.model_name, made.version_name), ("COPY", "W1"))
    same(list(made.load().predict(trained()[1])), list(trained()[0].predict(trained()[1])))
