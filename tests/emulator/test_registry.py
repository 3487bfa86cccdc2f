"""The model registry through snowflake-ml-python's own client, over a socket."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_spcs.emulator import RunningAccount
from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError


@pytest.fixture
def registry(account: RunningAccount, schema: str) -> Iterator[Any]:
    """A registry in a schema of the test's own."""
    from snowflake.ml.registry import Registry
    from snowflake.snowpark import Session as Snowpark

    made = Snowpark.builder.configs(account.connection_kwargs).create()
    with contextlib.closing(made):
        database, _, name = schema.partition(".")
        yield Registry(made, database_name=database, schema_name=name)


@pytest.fixture(scope="module")
def trained() -> tuple[Any, Any]:
    """A small XGBoost classifier and the frame that it was trained on."""
    import numpy as np
    import pandas as pd
    import xgboost

    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(200, 3)), columns=["A", "B", "C"])
    return xgboost.XGBClassifier(n_estimators=5).fit(frame, (frame.A + frame.B > 0).astype(int)), frame


def log(registry: Any, trained: tuple[Any, Any], version: str, **more: Any) -> Any:
    """Log the model as a version of LOANS."""
    model, frame = trained
    return registry.log_model(model, model_name="LOANS", version_name=version, sample_input_data=frame.head(10), **more)


def test_logged_model_is_loaded_back_and_predicts_the_same(registry: Any, trained: tuple[Any, Any]) -> None:
    """What load() gives predicts as what was logged; metrics and comment come back."""
    model, frame = trained
    log(registry, trained, "V1", metrics={"auc": 0.9}, comment="first")
    version = registry.get_model("LOANS").version("V1")
    assert (version.load().predict(frame) == model.predict(frame)).all()
    assert (version.get_metric("auc"), version.comment) == (0.9, "first")
    version.set_metric("nested", {"f1": [1, 2]})
    assert version.show_metrics() == {"auc": 0.9, "nested": {"f1": [1, 2]}}
    assert {function["name"] for function in version.show_functions()} == {"PREDICT", "PREDICT_PROBA"}


def test_versions_default_and_aliases_follow_the_statements(registry: Any, trained: tuple[Any, Any]) -> None:
    """The first version is the default until another is chosen; aliases find versions."""
    log(registry, trained, "V1"), log(registry, trained, "V2")
    model = registry.get_model("LOANS")
    assert list(model.show_versions()["name"]) == ["V1", "V2"]
    assert (model.default.version_name, model.first().version_name, model.last().version_name) == ("V1", "V1", "V2")
    model.default = "V2"
    assert registry.get_model("LOANS").default.version_name == "V2"
    model.version("V1").set_alias("prod")
    assert model.version("prod").version_name == "V1"
    model.version("V1").unset_alias("prod")
    with pytest.raises(ValueError, match="PROD"):
        model.version("prod")


def test_export_gives_every_file(registry: Any, trained: tuple[Any, Any], tmp_path: Path) -> None:
    """export(FULL) brings the package with its manifest."""
    from snowflake.ml.model import ExportMode

    log(registry, trained, "V1").export(str(tmp_path), export_mode=ExportMode.FULL)
    assert (tmp_path / "MANIFEST.yml").is_file()
    assert (tmp_path / "model" / "model.yaml").is_file()


def test_rename_tag_delete_change_what_the_registry_shows(registry: Any, trained: tuple[Any, Any], schema: str) -> None:
    """Comment, tags, renaming, deleting a version and the model all show."""
    log(registry, trained, "V1"), log(registry, trained, "V2")
    model = registry.get_model("LOANS")
    model.comment = "hello"
    assert model.comment == "hello"
    registry._model_manager._model_ops._session.sql(f"create tag {schema}.stage_of").collect()
    model.set_tag("stage_of", "live")
    assert list(model.show_tags().values()) == ["live"]
    model.unset_tag("stage_of")
    assert model.show_tags() == {}
    model.rename("CREDIT")
    renamed = registry.get_model("CREDIT")
    renamed.default = "V2"
    renamed.delete_version("V1")
    assert list(renamed.show_versions()["name"]) == ["V2"]
    registry.delete_model("CREDIT")
    assert registry.models() == []


def package(session: Session, stage: str = "s") -> None:
    """A stage with the least package that a model can be made of."""
    session.execute(f"CREATE STAGE IF NOT EXISTS {stage}")
    root = session.account.stages.path(session, f"@{stage}/m")
    root.mkdir(parents=True, exist_ok=True)
    (root / "MANIFEST.yml").write_text(
        "manifest_version: '1.0'\nmethods:\n- {name: PREDICT, type: FUNCTION, inputs: [{name: A, type: DOUBLE}], "
        "outputs: [{type: OBJECT}], handler: f.g}\n"
    )


def test_create_model_without_manifest_leaves_nothing(session: Session) -> None:
    """A package without MANIFEST.yml is refused, and no model stays behind."""
    session.execute("CREATE STAGE s")
    with pytest.raises(SnowflakeError, match=r"MANIFEST\.yml"):
        session.execute("CREATE MODEL m WITH VERSION v FROM @s/nothing")
    assert session.rows("SHOW MODELS") == []


def test_model_files_are_read_by_snow_url_and_never_written(session: Session) -> None:
    """LIST finds a version's files under its name or alias; PUT and REMOVE are refused."""
    package(session)
    session.execute("CREATE MODEL m WITH VERSION v FROM @s/m")
    for version in ("V", "DEFAULT", "LAST"):
        assert session.rows(f"LIST 'snow://model/m/versions/{version}/'")[0][0] == "versions/V/MANIFEST.yml"
    for sql in ("REMOVE 'snow://model/m/versions/V/'", "PUT file:///tmp/a 'snow://model/m/versions/V/'"):
        with pytest.raises(SnowflakeError) as caught:
            session.execute(sql)
        assert caught.value.errno == 3001


def test_default_version_cannot_be_dropped(session: Session) -> None:
    """A model is never without its default version."""
    package(session)
    session.execute("CREATE MODEL m WITH VERSION v FROM @s/m")
    session.execute("ALTER MODEL m ADD VERSION w FROM MODEL m VERSION v")
    with pytest.raises(SnowflakeError, match="default version"):
        session.execute("ALTER MODEL m DROP VERSION v")
    session.execute("ALTER MODEL m DROP VERSION w")
    assert [row[1] for row in session.rows("SHOW VERSIONS IN MODEL m")] == ["V"]


def test_drop_model_removes_its_files(session: Session) -> None:
    """Nothing of a dropped model is left on disk."""
    package(session)
    session.execute("CREATE MODEL m WITH VERSION v FROM @s/m")
    directory = session.account.stages.path(session, "snow://model/m/versions/V")
    assert directory.is_dir()
    session.execute("DROP MODEL m")
    assert not directory.exists()


def test_dependencies_platforms_and_options_are_kept(registry: Any, trained: tuple[Any, Any]) -> None:
    """What log_model() is told of the environment comes back with the version."""
    from snowflake.ml.model import target_platform, task

    log(registry, trained, "V1", conda_dependencies=["xgboost"], target_platforms=target_platform.WAREHOUSE_ONLY)
    kind = task.Task.TABULAR_BINARY_CLASSIFICATION
    log(registry, trained, "V2", pip_requirements=["xgboost"], options={"target_methods": ["predict"]}, task=kind)
    model = registry.get_model("LOANS")
    shown = model.show_versions().set_index("name")
    assert shown.loc["V1", "runnable_in"] == '["WAREHOUSE"]'
    assert [function["name"] for function in model.version("V2").show_functions()] == ["PREDICT"]
    assert model.version("V2").get_model_task() is kind


def test_version_name_is_made_up_when_none_is_given_and_never_given_twice(
    registry: Any, trained: tuple[Any, Any]
) -> None:
    """A version without a name gets one; a taken name is refused."""
    made = registry.log_model(trained[0], model_name="LOANS", sample_input_data=trained[1].head(5))
    with pytest.raises(ValueError, match="already existed"):
        log(registry, trained, made.version_name)
    assert [version.version_name for version in registry.get_model("LOANS").versions()] == [made.version_name]


def test_version_of_one_model_becomes_another_model(registry: Any, trained: tuple[Any, Any]) -> None:
    """A ModelVersion can be logged again under a new name, without its files leaving the account."""
    log(registry, trained, "V1")
    copied = registry.log_model(registry.get_model("LOANS").version("V1"), model_name="COPIED", version_name="X")
    assert (copied.load().predict(trained[1]) == trained[0].predict(trained[1])).all()
    assert sorted(registry.show_models()["name"]) == ["COPIED", "LOANS"]


def test_models_with_quoted_names_move_between_schemas(registry: Any, trained: tuple[Any, Any], schema: str) -> None:
    """Names with spaces, functions in lower case and other schemas work everywhere."""
    model, frame = trained
    options = {"target_methods": ["predict"], "method_options": {"predict": {"case_sensitive": True}}}
    names = {"model_name": '"my model"', "version_name": '"v 1"'}
    registry.log_model(model, **names, sample_input_data=frame.head(5), options=options)
    found = registry.get_model('"my model"')
    version = found.version('"v 1"')
    assert [function["name"] for function in version.show_functions()] == ['"predict"']
    assert (version.run(frame, function_name='"predict"').iloc[:, 0] == model.predict(frame)).all()
    registry._model_manager._model_ops._session.sql(f"create schema {schema}_OTHER").collect()
    found.rename(f"{schema}_OTHER.MOVED")
    assert registry.get_model(f"{schema}_OTHER.MOVED").default.version_name == '"v 1"'
    registry._model_manager._model_ops._session.sql(f"drop schema {schema}_OTHER").collect()


def test_data_connector_reads_tables_and_queries(registry: Any, trained: tuple[Any, Any]) -> None:
    """snowflake.ml.data brings rows to pandas, whole or limited, from frames and SQL."""
    from snowflake.ml.data.data_connector import DataConnector

    session = registry._model_manager._model_ops._session
    session.create_dataframe(trained[1]).write.save_as_table("ROWS_TO_READ", table_type="temporary")
    table = session.table("ROWS_TO_READ")
    assert DataConnector.from_dataframe(table).to_pandas().equals(table.to_pandas())
    assert DataConnector.from_dataframe(table.filter("A > 0").select("A")).to_pandas(limit=3).shape == (3, 1)
    assert list(DataConnector.from_sql("SELECT B FROM ROWS_TO_READ", session=session).to_pandas().columns) == ["B"]
