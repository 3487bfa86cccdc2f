"""How an operator's parameters become one specification."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_spcs.composition import (
    RESULT_DIRECTORY,
    RESULT_VOLUME,
    Parts,
    compose,
    mounted,
    result_stage,
    stage_path,
)
from airflow_provider_spcs.errors import SpecError
from airflow_provider_spcs.git import TOKEN_VARIABLE, GitSource
from airflow_provider_spcs.spec import Container, Resources, SecretRef, ServiceSpec, StageVolume
from airflow_provider_spcs.sql import SpecFile

IMAGE = "/db/schema/repo/image:1"
SPEC = """
spec:
  containers:
    - name: worker
      image: /db/schema/repo/worker:1
      command: [python, work.py]
      args: [--slowly]
      env: {A: "1", B: "2"}
    - name: helper
      image: /db/schema/repo/helper:1
"""


def composed(**parts: Any) -> ServiceSpec:
    """A specification that is not a file on a stage."""
    spec = compose(Parts(**parts))
    assert isinstance(spec, ServiceSpec)
    return spec


def test_compose_image_alone_makes_one_container_named_main() -> None:
    """The shortest job: an image and a command."""
    spec = composed(image=IMAGE, command=["python", "-V"], resources=Resources(memory="1Gi"))
    (container,) = spec.containers
    assert (container.name, container.image, container.command) == ("main", IMAGE, ("python", "-V"))


def test_compose_single_parameters_win_over_the_spec_in_the_base_container() -> None:
    """Parameters change the named container, and no other."""
    spec = composed(spec=SPEC, base_container_name="worker", args=["--fast"], env={"B": "3", "C": 4})
    worker, helper = spec.containers
    assert worker.args == ("--fast",)
    assert dict(worker.env) == {"A": "1", "B": "3", "C": 4}
    assert worker.command == ("python", "work.py")
    assert helper.args == ()


def test_compose_overrides_win_over_everything() -> None:
    """The last word is the user's."""
    overrides = {"spec": {"containers": [{"name": "worker", "args": ["--last"]}]}}
    spec = composed(spec=SPEC, base_container_name="worker", args=["--fast"], overrides=overrides)
    assert spec.containers[0].args == ("--last",)


def test_compose_volumes_by_path_are_declared_and_mounted() -> None:
    """A stage in short form and a volume object are both mounted at their path."""
    models = StageVolume("models", "@s/models")
    spec = composed(image=IMAGE, volumes={"/data": "@s/data", "/models": models})
    assert {mount.path for mount in spec.containers[0].volume_mounts} == {"/data", "/models"}
    assert {volume.stage for volume in spec.volumes if isinstance(volume, StageVolume)} == {"@s/data", "@s/models"}


def test_compose_git_wraps_the_command_and_adds_the_secret() -> None:
    """The clone step becomes the command; the token comes from the secret, by name."""
    git = GitSource("https://github.com/o/r.git", "main", "TOKEN")
    (container,) = composed(image=IMAGE, command=["python", "train.py"], args=["--x"], git=git).containers
    assert container.command == ("/bin/sh", "-c")
    assert container.args[-3:] == ("python", "train.py", "--x")
    assert SecretRef("TOKEN", env_var=TOKEN_VARIABLE, key="secret_string") in container.secrets
    assert container.env["SPCS_GIT_REF"] == "main"


def test_compose_stage_reference_stays_a_reference() -> None:
    """Only Snowflake reads a file on a stage."""
    assert isinstance(compose(Parts(spec="@db.schema.stage/dir/job.yaml")), SpecFile)


@pytest.mark.parametrize(
    ("parts", "where"),
    [
        ({}, "spec"),
        ({"spec": 5}, "spec"),
        ({"spec": SPEC, "args": ["x"]}, "base_container_name"),
        ({"spec": SPEC, "base_container_name": "wrong", "args": ["x"]}, "base_container_name"),
        ({"image": IMAGE, "args": "--rows 5"}, "args"),
        ({"image": IMAGE, "env": {"A": ["list"]}}, "env_vars['A']"),
        ({"image": IMAGE, "git": GitSource("https://h/r.git")}, "git"),
        ({"spec": "@s/job.yaml", "image": IMAGE}, "spec"),
        ({"spec": "@s/job.yaml", "overrides": {"spec": {}}}, "spec"),
    ],
)
def test_compose_bad_input_names_the_parameter(parts: dict[str, Any], where: str) -> None:
    """Every refusal says where."""
    with pytest.raises(SpecError) as caught:
        compose(Parts(**parts))
    assert caught.value.where == where
    assert caught.value.mend


def test_mounted_result_directory_is_found_again() -> None:
    """The stage behind /airflow/xcom is where the result is read."""
    spec = mounted(composed(image=IMAGE), None, RESULT_VOLUME, "@s/results/J", RESULT_DIRECTORY)
    assert result_stage(spec, None) == "@s/results/J"


def test_mounted_leaves_a_users_own_mount_alone() -> None:
    """Who mounts a stage there has chosen where results go."""
    spec = composed(image=IMAGE, volumes={RESULT_DIRECTORY: "@mine/out"})
    assert mounted(spec, None, RESULT_VOLUME, "@s/results/J", RESULT_DIRECTORY) == spec
    assert result_stage(spec, None) == "@mine/out"


def test_compose_does_not_change_what_it_was_given() -> None:
    """A specification shared by several tasks stays as it is."""
    spec = ServiceSpec(containers=(Container(name="main", image=IMAGE),))
    before = replace(spec)
    composed(spec=spec, args=["x"], env={"A": 1})
    assert spec == before


@pytest.mark.parametrize(
    ("path", "staged"),
    [
        ("/out/run/report.html", "@db.s.stage/base/run/report.html"),
        ("/out/deep/report.html", "@db.s.other/report.html"),
        ("/outside/report.html", None),
        ("/out/../etc/passwd", None),
        ("/tmp/report.html", None),
        ("report.html", None),
    ],
)
def test_stage_path_of_a_file_is_below_the_deepest_mount(path: str, staged: str | None) -> None:
    """A file that the container wrote to a mounted stage is found there; any other is in the container only."""
    spec = composed(image=IMAGE, volumes={"/out": "@db.s.stage/base/", "/out/deep": "@db.s.other"})
    assert stage_path(spec, None, path) == staged
