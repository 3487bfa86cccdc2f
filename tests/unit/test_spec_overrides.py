"""Overrides are merged by what things are called."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_spcs.errors import SpecError
from airflow_provider_spcs.spec import Container, LocalVolume, SecretRef, ServiceSpec, VolumeMount

BASE = ServiceSpec(
    (
        Container(
            "main",
            "i",
            args=("a",),
            env={"A": 1, "B": 2},
            volume_mounts=(VolumeMount("v", "/v"),),
            secrets=(SecretRef("s", env_var="S"),),
        ),
        Container("side", "j"),
    ),
    volumes=(LocalVolume("v"),),
)


def merged(overrides: dict[str, Any]) -> dict[str, Any]:
    """The merged specification's body."""
    body: dict[str, Any] = BASE.merge_overrides(overrides).to_dict()["spec"]
    return body


def test_container_is_merged_by_name_and_the_others_are_left() -> None:
    """Only what is named changes, in its place."""
    containers = merged({"spec": {"containers": [{"name": "side", "image": "k"}]}})["containers"]
    assert [(entry["name"], entry["image"]) for entry in containers] == [("main", "i"), ("side", "k")]


def test_outer_spec_key_may_be_left_out() -> None:
    """`{"containers": [...]}` is what people write first."""
    assert merged({"containers": [{"name": "main", "args": ["b"]}]})["containers"][0]["args"] == ["b"]


def test_mapping_is_merged_by_key_and_none_removes() -> None:
    """As JSON merge patch says."""
    env = merged({"containers": [{"name": "main", "env": {"A": None, "C": 3}}]})["containers"][0]["env"]
    assert env == {"B": 2, "C": 3}


def test_mount_is_merged_by_path_and_secret_by_target() -> None:
    """One volume may be mounted twice, so its name does not identify a mount."""
    changes = {
        "volumeMounts": [{"name": "v", "mountPath": "/w"}],
        "secrets": [{"snowflakeSecret": "t", "envVarName": "S"}],
    }
    main = merged({"containers": [{"name": "main", **changes}]})["containers"][0]
    assert [mount["mountPath"] for mount in main["volumeMounts"]] == ["/v", "/w"]
    secret = {"snowflakeSecret": {"objectName": "t"}, "envVarName": "S", "secretKeyRef": "secret_string"}
    assert main["secrets"] == [secret]


def test_new_container_needs_an_image_and_a_misspelt_one_is_told() -> None:
    """A misspelt name must not become a second container."""
    with pytest.raises(SpecError, match="Did you mean 'main'"):
        BASE.merge_overrides({"containers": [{"name": "mian", "env": {"A": 1}}]})
    assert len(merged({"containers": [{"name": "new", "image": "n"}]})["containers"]) == 3


def test_result_is_judged_again() -> None:
    """Overrides cannot make a bad specification."""
    with pytest.raises(SpecError, match=r"spec\.containers\[0\]\.image"):
        BASE.merge_overrides({"containers": [{"name": "main", "image": "a b"}]})


def test_overrides_change_neither_the_base_nor_themselves() -> None:
    """Both are values that others hold."""
    overrides = {"spec": {"containers": [{"name": "main", "env": {"A": 9}}]}}
    before = BASE.to_dict()
    BASE.merge_overrides(overrides)
    assert BASE.to_dict() == before
    assert overrides == {"spec": {"containers": [{"name": "main", "env": {"A": 9}}]}}


def test_overrides_that_are_no_mapping_are_refused() -> None:
    """A list or a text is a mistake."""
    with pytest.raises(SpecError, match="mapping"):
        BASE.merge_overrides([])  # type: ignore[arg-type]
