"""What is rendered, and which strings name a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG

from airflow_provider_spcs import Container, GitSource, Resources, SecretRef, ServiceSpec, SpcsJobOperator, StageVolume
from airflow_provider_spcs.composition import parse

FILE = "spec:\n  containers:\n    - {name: main, image: /d/s/r/i:1, args: ['{{ params.rows }}', last.yaml]}"


def rendered(tmp_path: Path, **parameters: Any) -> SpcsJobOperator:
    """An operator after rendering, in a DAG whose folder has ``job.yaml`` and ``query.sql``."""
    (tmp_path / "job.yaml").write_text(FILE)
    (tmp_path / "query.sql").write_text("SELECT {{ params.rows }}")
    with DAG("templates", schedule=None, template_searchpath=[str(tmp_path)], params={"rows": 5}) as dag:
        operator = SpcsJobOperator(task_id="t", compute_pool="P", **parameters)
    operator.render_template_fields({"params": {"rows": 5}, "run_id": "r1", "dag": dag})  # type: ignore[arg-type]
    return operator


def test_template_spec_file_is_loaded_and_rendered(tmp_path: Path) -> None:
    """A local .yaml beside the DAG is a template."""
    spec = parse(rendered(tmp_path, spec="job.yaml").spec)
    assert isinstance(spec, ServiceSpec)
    assert spec.containers[0].args == ("5", "last.yaml")


@pytest.mark.parametrize(
    "parameters", [{"spec": "@s/dir/job.yaml"}, {"spec": "job.yaml", "spec_stage": "@s"}, {"spec": FILE + "\n# a.yaml"}]
)
def test_template_what_is_no_local_file_stays_text(tmp_path: Path, parameters: dict[str, Any]) -> None:
    """A file on a stage, a file name beside spec_stage, and YAML text that happens to end in .yaml."""
    spec = rendered(tmp_path, **parameters).spec
    assert spec == parameters["spec"].replace("{{ params.rows }}", "5")


def test_template_argument_that_looks_like_a_file_of_the_container_stays(tmp_path: Path) -> None:
    """Only a name that is there in the search path is read; a container's own file is an argument."""
    operator = rendered(tmp_path, image="i", args=["--config", "config.yaml", "query.sql", "{{ run_id }}"])
    assert operator.args == ["--config", "config.yaml", "SELECT 5", "r1"]


def test_template_typed_objects_are_rendered_field_by_field(tmp_path: Path) -> None:
    """Frozen dataclasses work like dicts do, and what was given stays as it was."""
    git = GitSource("https://h/r.git", "{{ run_id }}")
    operator = rendered(
        tmp_path,
        image="i",
        git=git,
        secrets=[SecretRef("{{ run_id }}", env_var="X")],
        volumes={"/a": StageVolume("v", "@s/{{ run_id }}")},
        resources=Resources(memory="1Gi"),
    )
    assert operator.git is not None
    assert operator.git.ref == "r1"
    assert git.ref == "{{ run_id }}"
    assert operator.secrets == [SecretRef("r1", env_var="X")]
    assert operator.volumes == {"/a": StageVolume("v", "@s/r1")}
    assert operator.container_resources == Resources(memory="1Gi")


def test_template_spec_object_becomes_a_readable_document(tmp_path: Path) -> None:
    """The UI shows a document, in which Airflow hides values under secret-looking keys."""
    spec = ServiceSpec(containers=(Container(name="main", image="/d/s/r/i:1", args=("{{ run_id }}",)),))
    shown = rendered(tmp_path, spec=spec).spec
    assert shown["spec"]["containers"][0]["args"] == ["r1"]


def test_default_args_reach_every_parameter(tmp_path: Path) -> None:
    """What a team sets once for a DAG counts, ``resources`` too, which Airflow has a word of its own for."""
    defaults = {"compute_pool": "P", "resources": Resources(memory="1Gi"), "durable": False, "stage": "@s"}
    with DAG("defaults", schedule=None, default_args=defaults):
        operator = SpcsJobOperator(task_id="t", image="i")
    assert operator.compute_pool == "P"
    assert operator.container_resources == Resources(memory="1Gi")
    assert operator.resources is None
    assert (operator.durable, operator.stage) == (False, "@s")


def test_every_template_field_is_an_attribute(tmp_path: Path) -> None:
    """Airflow fails a task whose template field is missing."""
    operator = rendered(tmp_path, image="i")
    assert [field for field in operator.template_fields if not hasattr(operator, field)] == []
