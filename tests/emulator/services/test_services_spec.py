"""The specification reader: what is accepted, what is refused, and that each error names its path."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.services import families, spec
from airflow_provider_spcs.emulator.services.merge import merged
from airflow_provider_spcs.emulator.services.template import render

NODE = families.node("CPU_X64_S")


def _parsed(container: dict[str, Any] | None = None, **others: Any) -> spec.ServiceSpec:
    main = {"name": "main", "image": "/db/s/r/i:1", **(container or {})}
    return spec.parse(spec.load(json.dumps({"spec": {"containers": [main], **others}})))


@pytest.mark.parametrize(
    ("container", "others", "said"),
    [
        ({"name": "Main"}, {}, "spec.containers[0].name"),
        ({"name": "a" * 64}, {}, "spec.containers[0].name"),
        ({"image": "has space"}, {}, "spec.containers[0].image"),
        ({"foo": 1}, {}, "unknown option 'foo' for 'spec.containers[0]'"),
        ({"command": "ls"}, {}, "spec.containers[0].command"),
        ({"env": {"A-B": 1}}, {}, "spec.containers[0].env"),
        ({"env": {"A": [1]}}, {}, "spec.containers[0].env.A"),
        ({"volumeMounts": []}, {}, "invalid 'spec.containers[0].volumeMounts'. Value is empty"),
        ({"volumeMounts": [{"name": "v", "mountPath": "/x"}]}, {}, "Volume 'v' is not defined"),
        ({"resources": {"requests": {"memory": "5"}}}, {}, "spec.containers[0].resources.requests.memory"),
        ({"resources": {"requests": {"cpu": "1 core"}}}, {}, "spec.containers[0].resources.requests.cpu"),
        ({"resources": {"requests": {"cpu": 2}, "limits": {"cpu": 1}}}, {}, "'cpu' in requests"),
        (
            {"resources": {"requests": {"nvidia.com/gpu": 1}, "limits": {"nvidia.com/gpu": 2}}},
            {},
            "must be equal",
        ),
        ({"readinessProbe": {"port": 0, "path": "/"}}, {}, "readinessProbe.port"),
        ({"secrets": [{"snowflakeSecret": "s"}]}, {}, "spec.containers[0].secrets[0]"),
        (
            {"secrets": [{"snowflakeSecret": "s", "directoryPath": "/a", "envVarName": "B"}]},
            {},
            "Exactly one of",
        ),
        (
            {"secrets": [{"snowflakeSecret": "s", "directoryPath": "/a", "secretKeyRef": "password"}]},
            {},
            "secrets[0].secretKeyRef",
        ),
        ({"secrets": [{"snowflakeSecret": "s", "envVarName": "B"}]}, {}, "'secretKeyRef' must be set"),
        ({"mountSessionToken": False, "sessionTokenConfig": {"path": "/a"}}, {}, "sessionTokenConfig"),
        ({"sessionTokenConfig": {"path": "/a/../b"}}, {}, "normalised"),
        ({"sessionTokenConfig": {"path": "/a", "permission": "0777"}}, {}, "must not exceed 0644"),
        ({"sessionTokenConfig": {"permission": "0600"}}, {}, "needs 'path'"),
        ({}, {"volumes": [{"name": "v", "source": "nfs"}]}, "spec.volumes[0].source"),
        ({}, {"volumes": [{"name": "v", "source": "memory"}]}, "'size' must be set"),
        ({}, {"volumes": [{"name": "v", "source": "block", "size": "1.5Gi"}]}, "spec.volumes[0].size"),
        ({}, {"volumes": [{"name": "v", "source": "stage"}]}, "'stageConfig' must be set"),
        ({}, {"volumes": [{"name": "v", "source": "local", "size": "1Gi"}]}, "spec.volumes[0].size"),
        ({}, {"volumes": [{"name": "v", "source": "local"}] * 2}, "is used twice"),
        ({}, {"volumes": [{"name": f"v{i}", "source": "local"} for i in range(21)]}, "at most 20"),
        ({}, {"endpoints": [{"name": "e"}]}, "Exactly one of 'port' and 'portRange'"),
        ({}, {"endpoints": [{"name": "e", "portRange": "1-9"}]}, "needs protocol TCP"),
        ({}, {"endpoints": [{"name": "e", "port": 70000}]}, "spec.endpoints[0].port"),
        ({}, {"logExporters": {"eventTableConfig": {"logLevel": "LOUD"}}}, "logLevel"),
        ({}, {"platformMonitor": {"metricConfig": {"groups": ["all"]}}}, "groups[0]"),
        ({}, {"networkPolicyConfig": {}}, "unknown option 'networkPolicyConfig' for 'spec'"),
    ],
)
def test_spec_that_breaks_a_rule_is_refused_with_its_path(
    container: dict[str, Any], others: dict[str, Any], said: str
) -> None:
    """Every rule of the reference has its own error, which names the place."""
    with pytest.raises(SnowflakeError) as caught:
        _parsed(container, **others)
    assert caught.value.errno == 395018
    assert caught.value.message.startswith("Invalid spec: ")
    assert said in caught.value.message


def test_secrets_are_counted_over_all_containers() -> None:
    """Fifty for the whole service."""
    one = {"snowflakeSecret": "s", "envVarName": "A", "secretKeyRef": "password"}
    containers = [{"name": name, "image": "/d/s/r/i:1", "secrets": [one] * 26} for name in ("a", "b")]
    with pytest.raises(SnowflakeError, match="52 secrets"):
        spec.parse(spec.load(json.dumps({"spec": {"containers": containers}})))


def test_singular_keys_of_snowflakes_examples_are_taken_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """``container`` and ``endpoint`` are in some of its pages, but not in its reference."""
    text = "spec: {container: [{name: a, image: /d/s/r/i:1}], endpoint: [{name: e, port: 80}]}"
    parsed = spec.parse(spec.load(text))
    assert (parsed.containers[0].name, parsed.endpoints[0].port) == ("a", 80)
    assert "'container' is taken for 'containers'" in caplog.text


def test_auto_scaling_is_refused_as_not_emulated() -> None:
    """It is in the reference, so it is no unknown option."""
    with pytest.raises(SnowflakeError) as caught:
        _parsed({}, resourceManagement={"autoScalingPolicies": []})
    assert caught.value.errno == 2


def test_stage_volume_reserves_what_its_sidecar_asks() -> None:
    """Half a gibibyte by default; what the specification says otherwise."""
    stages = [
        {"name": "a", "source": "stage", "stageConfig": {"name": "@s"}},
        {"name": "b", "source": "stage", "stageConfig": {"name": "@s", "resources": {"requests": {"memory": "2Gi"}}}},
        {"name": "c", "source": "@s"},
    ]
    needs = families.instance_needs(_parsed({"resources": {"requests": {"memory": "1Gi"}}}, volumes=stages), NODE)
    assert (needs.memory, needs.stages) == (int(3.5 * 2**30), 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- 1", "mapping"),
        ("other: 1", "unknown option 'other'"),
        ("{}", "missing 'spec'"),
        ("spec: [", "line 1"),
        ("spec: {containers: []}", "Value is empty"),
        ("spec:\n  containers: 1\n  containers: 2", "duplicate key 'containers' in line 3"),
        ("spec: {containers: [{name: a}]}", "missing 'image' for 'spec.containers[0]'"),
    ],
)
def test_text_that_is_no_specification_is_refused(text: str, said: str) -> None:
    """Broken YAML and wrong shapes say what and where."""
    with pytest.raises(SnowflakeError, match="Invalid spec: ") as caught:
        spec.parse(spec.load(text))
    assert said in caught.value.message


def test_scalars_keep_the_text_they_were_written_with() -> None:
    """Neither ``1.10`` nor ``no`` nor a date changes on its way into the environment."""
    text = "spec: {containers: [{name: a, image: i, env: {V: 1.10, B: no, D: 2024-01-01, E: '', N: }}]}"
    assert dict(spec.parse(spec.load(text)).containers[0].env) == {
        "V": "1.10", "B": "no", "D": "2024-01-01", "E": "", "N": "",
    }  # fmt: skip


def test_json_escapes_are_read_as_json_means_them() -> None:
    r"""``\u0024`` is a dollar, and an escaped surrogate pair is one character."""
    text = '{"spec":{"containers":[{"name":"a","image":"i","env":{"A":"\\u0024$","B":"\\ud83d\\ude00"}}]}}'
    assert dict(spec.parse(spec.load(text)).containers[0].env) == {"A": "$$", "B": "\U0001f600"}


def test_shown_specification_has_digests_and_reads_as_yaml() -> None:
    """DESCRIBE SERVICE's text gives the same containers, with an image digest and quoted scalars."""
    data = spec.load("spec: {containers: [{name: a, image: i:1, env: {PORT: 8085}}], endpoints: [{name: e, port: 80}]}")
    shown = spec.canonical(data, {"i:1": "sha256:" + "0" * 64})
    assert 'image: "i:1"' in shown
    found = yaml.safe_load(shown)["spec"]
    assert found["containers"][0]["sha256"] == "@sha256:" + "0" * 64
    assert found["containers"][0]["env"] == {"PORT": "8085"}
    assert found["endpoints"][0]["port"] == 80


@pytest.mark.parametrize(
    ("template", "values", "rendered"),
    [
        ("{{ a }}", {"a": 42}, "42"),
        ("{{a}}", {"a": True}, "true"),
        ("{{ a | default('x y') }}", {}, "x y"),
        ("{{ a|default(5) }}", {}, "5"),
        ("{{ a | default('x', true) }}", {"a": ""}, "x"),
        ("{{ a }}", {"a": '["p", 1]'}, '["p", 1]'),
        ("{{ A }}-{{ a }}", {"A": 1, "a": 2}, "1-2"),
    ],
)
def test_template_variables_are_replaced(template: str, values: dict[str, object], rendered: str) -> None:
    """Values, defaults and JSON; names are case-sensitive."""
    assert render(template, values) == rendered


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("{{ a }}", {}),
        ("{{ a }}", {"A": 1}),
        ("{{ a }}", {"a": "x: y"}),
        ("{% if a %}", {"a": 1}),
        ("{{ a + 1 }}", {"a": 1}),
    ],
)
def test_template_without_a_value_is_refused(template: str, values: dict[str, object]) -> None:
    """A missing value, one that is neither alphanumeric nor JSON, and any other expression are 395069."""
    with pytest.raises(SnowflakeError, match="Unable to render service spec from given template") as caught:
        render(template, values)
    assert (caught.value.errno, caught.value.sqlstate) == (395069, "23001")


def test_overrides_merge_named_lists_by_name() -> None:
    """A patch reaches into the container of the same name, null removes, other lists are replaced."""
    base = {"c": [{"name": "main", "env": {"A": 1, "B": 2}, "args": [1]}]}
    patch = {"c": [{"name": "main", "env": {"A": None, "C": 3}, "args": [2]}, {"name": "more"}]}
    assert merged(base, patch) == {"c": [{"name": "main", "env": {"B": 2, "C": 3}, "args": [2]}, {"name": "more"}]}
