"""A specification: typed, judged before it is sent, the same after every round trip."""

from __future__ import annotations

import re
from typing import Any

import pytest

from airflow_provider_spcs.errors import SpecError
from airflow_provider_spcs.spec import (
    Container,
    Endpoint,
    Resources,
    SecretRef,
    ServiceSpec,
    StageVolume,
    VolumeMount,
)


def container(**changes: Any) -> dict[str, Any]:
    """One good container, changed."""
    return {"name": "main", "image": "/db/s/r/img:1", **changes}


def document(
    *, top: dict[str, Any] | None = None, volumes: Any = None, endpoints: Any = None, **changes: Any
) -> dict[str, Any]:
    """A good specification, changed."""
    body: dict[str, Any] = {"containers": [container(**changes)]}
    if volumes is not None:
        body["volumes"] = volumes
    if endpoints is not None:
        body["endpoints"] = endpoints
    return {"spec": body, **(top or {})}


def refused(given: Any) -> SpecError:
    """The error that a document is refused with."""
    with pytest.raises(SpecError) as caught:
        ServiceSpec.from_dict(given)
    return caught.value


FULL = """
spec:
  containers:
  - name: main
    image: registry.example.com/db/s/repo/img@sha256:abc
    command: [python, -m, train]
    args: [--rows, 1000]
    env: {PORT: 8085, RATE: 0.5, DEBUG: true, NAME: x}
    readinessProbe: {port: 8085, path: /ready, periodSeconds: 5, failureThreshold: 3}
    livenessProbe: {port: 8085, path: /live}
    volumeMounts:
    - {name: out, mountPath: /out}
    - {name: shm, mountPath: /dev/shm}
    resources:
      requests: {memory: 1Gi, cpu: 500m, nvidia.com/gpu: 1}
      limits: {memory: 2Gi, cpu: 1, nvidia.com/gpu: 1}
    sessionTokenConfig: {path: /var/token, permission: "0600", mountConnectionConfig: true}
    secrets:
    - snowflakeSecret: db.s.git
      envVarName: GIT_TOKEN
      secretKeyRef: password
    - snowflakeSecret: {objectReference: ref}
      directoryPath: /secrets
  volumes:
  - {name: out, source: stage, stageConfig: {name: "@db.s.st/dir", metadataCache: 1h30m, resources: {requests: {cpu: 0, memory: 0Gi}}}, uid: 0, gid: 5}
  - {name: shm, source: memory, size: 2Gi}
  - {name: tmp, source: local}
  - {name: disk, source: block, size: 10Gi, blockConfig: {iops: 3000, throughput: 125, encryption: SNOWFLAKE_SSE, snapshotOnDelete: false, snapshotDeleteAfter: 7d, initialContents: {fromSnapshot: snap}}}
  - {name: old, source: "@db.s.st"}
  endpoints:
  - {name: http, port: 8085, public: true}
  - {name: range, portRange: 32768-60999, protocol: TCP}
  logExporters: {eventTableConfig: {logLevel: ERROR}}
  platformMonitor: {metricConfig: {groups: [system, status]}}
  resourceManagement: {controlPolicy: {startupOrder: {type: FirstInstance}}}
capabilities: {securityContext: {executeAsCaller: true, enableCustomCredentials: false}}
serviceRoles: [{name: viewers, endpoints: [http]}]
"""  # noqa: E501


def test_full_specification_comes_back_the_same_by_every_way() -> None:
    """Every field of the reference survives dict, YAML and SQL text."""
    spec = ServiceSpec.from_yaml(FULL)
    assert ServiceSpec.from_dict(spec.to_dict()) == spec
    assert ServiceSpec.from_yaml(spec.to_yaml()) == spec
    assert ServiceSpec.from_yaml(spec.to_sql_text()) == spec
    assert spec.to_dict()["spec"]["containers"][0]["args"] == ["--rows", "1000"]


@pytest.mark.parametrize(
    ("given", "path", "says"),
    [
        ({}, "spec", "no 'spec' key"),
        ({"spec": None}, "spec", "no 'spec' key"),
        ({"spec": []}, "spec", "a list"),
        ({"spec": {}}, "spec.containers", "at least one"),
        ({"spec": {"containers": {}}}, "spec.containers", "list"),
        ({"specs": {}}, "specs", "Did you mean 'spec'"),
        ({"spec": {"contaners": []}}, "spec.contaners", "Did you mean 'containers'"),
        ({"spec": {"containers": [], "networkPolicyConfig": {}}}, "spec.networkPolicyConfig", "no such key"),
        (document(imagee="x"), "spec.containers[0].imagee", "Did you mean 'image'"),
        (document(name="Main"), "spec.containers[0].name", "lower-case"),
        (document(name="m-"), "spec.containers[0].name", "letter or digit"),
        (document(name="m" * 64), "spec.containers[0].name", "63"),
        (document(name=5), "spec.containers[0].name", "5"),
        (document(image=""), "spec.containers[0].image", "image"),
        (document(image="a b"), "spec.containers[0].image", "a b"),
        ({"spec": {"containers": [{"name": "m"}]}}, "spec.containers[0]", "'image'"),
        (document(command="python x"), "spec.containers[0].command", "list"),
        (document(args=[True]), "spec.containers[0].args[0]", "Quote it"),
        (document(args=["a\0b"]), "spec.containers[0].args[0]", "text"),
        (document(env={"A": None}), "spec.containers[0].env.A", "empty"),
        (document(env={"A": [1]}), "spec.containers[0].env.A", "list"),
        (document(env={"A B": 1}), "spec.containers[0].env.A B", "name"),
        (document(env={"A": float("inf")}), "spec.containers[0].env.A", "finite"),
        (document(env=["A=1"]), "spec.containers[0].env", "mapping"),
        (document(volumeMounts=[{"name": "v", "mountPath": "/x"}]), "spec.containers[0].volumeMounts[0].name", "'v'"),
        (
            document(volumeMounts=[{"name": "v", "mountPath": "x"}], volumes=[{"name": "v", "source": "local"}]),
            "spec.containers[0].volumeMounts[0].mountPath",
            "absolute",
        ),
        (
            document(volumeMounts=[{"name": "v", "mountPath": "/x/../y"}], volumes=[{"name": "v", "source": "local"}]),
            "spec.containers[0].volumeMounts[0].mountPath",
            "'..'",
        ),
        (
            document(
                volumeMounts=[{"name": "v", "mountPath": "/x"}, {"name": "v", "mountPath": "/x/"}],
                volumes=[{"name": "v", "source": "local"}],
            ),
            "spec.containers[0].volumeMounts[1].mountPath",
            "twice",
        ),
        (document(resources={"requests": {"memory": 5}}), "spec.containers[0].resources.requests.memory", "unit"),
        (document(resources={"requests": {"memory": "5"}}), "spec.containers[0].resources.requests.memory", "unit"),
        (document(resources={"limits": {"cpu": "two"}}), "spec.containers[0].resources.limits.cpu", "500m"),
        (
            document(resources={"requests": {"cpu": 2}, "limits": {"cpu": 1}}),
            "spec.containers[0].resources.requests.cpu",
            "above the limit",
        ),
        (document(resources={"requests": {"nvidia.com/gpu": 1}}), "spec.containers[0].resources", "same number"),
        (
            document(resources={"requests": {"nvidia.com/gpu": 0}, "limits": {"nvidia.com/gpu": 0}}),
            "spec.containers[0].resources.requests.nvidia.com/gpu",
            "from 1",
        ),
        (document(secrets=[{"snowflakeSecret": "s"}]), "spec.containers[0].secrets[0]", "nowhere"),
        (
            document(secrets=[{"snowflakeSecret": "s", "envVarName": "A", "directoryPath": "/a"}]),
            "spec.containers[0].secrets[0]",
            "one place",
        ),
        (
            document(secrets=[{"snowflakeSecret": "s", "directoryPath": "/a", "secretKeyRef": "password"}]),
            "spec.containers[0].secrets[0].secretKeyRef",
            "envVarName",
        ),
        (
            document(secrets=[{"snowflakeSecret": "s", "envVarName": "A", "secretKeyRef": "pass"}]),
            "spec.containers[0].secrets[0].secretKeyRef",
            "password",
        ),
        (
            document(secrets=[{"snowflakeSecret": {}, "envVarName": "A"}]),
            "spec.containers[0].secrets[0].snowflakeSecret",
            "exactly one",
        ),
        (
            document(env={"A": 1}, secrets=[{"snowflakeSecret": "s", "envVarName": "A"}]),
            "spec.containers[0].env.A",
            "one value",
        ),
        (document(readinessProbe={"port": 0, "path": "/"}), "spec.containers[0].readinessProbe.port", "65535"),
        (document(readinessProbe={"port": 1, "path": "x"}), "spec.containers[0].readinessProbe.path", "/"),
        (document(readinessProbe={"port": 1}), "spec.containers[0].readinessProbe", "'path'"),
        (document(mountSessionToken="no"), "spec.containers[0].mountSessionToken", "true or false"),
        (
            document(mountSessionToken=False, sessionTokenConfig={"path": "/a"}),
            "spec.containers[0].sessionTokenConfig",
            "mountSessionToken",
        ),
        (document(sessionTokenConfig={}), "spec.containers[0].sessionTokenConfig", "empty"),
        (document(sessionTokenConfig={"path": "/a/../b"}), "spec.containers[0].sessionTokenConfig.path", "absolute"),
        (document(sessionTokenConfig={"path": "/a/"}), "spec.containers[0].sessionTokenConfig.path", "end"),
        (
            document(sessionTokenConfig={"path": "/a", "permission": 600}),
            "spec.containers[0].sessionTokenConfig.permission",
            "quotes",
        ),
        (
            document(sessionTokenConfig={"path": "/a", "permission": "0666"}),
            "spec.containers[0].sessionTokenConfig.permission",
            "0644",
        ),
        (
            document(sessionTokenConfig={"path": "/a", "permission": "0044"}),
            "spec.containers[0].sessionTokenConfig.permission",
            "owner",
        ),
        (
            document(sessionTokenConfig={"permission": "0600"}),
            "spec.containers[0].sessionTokenConfig.permission",
            "path",
        ),
        (document(volumes=[{"name": "v", "source": "disk"}]), "spec.volumes[0].source", "local"),
        (document(volumes=[{"name": "v", "source": "memory"}]), "spec.volumes[0]", "'size'"),
        (document(volumes=[{"name": "v", "source": "memory", "size": "2"}]), "spec.volumes[0].size", "unit"),
        (document(volumes=[{"name": "v", "source": "block", "size": "2G"}]), "spec.volumes[0].size", "Gi"),
        (document(volumes=[{"name": "v", "source": "local", "size": "2Gi"}]), "spec.volumes[0].size", "no size"),
        (
            document(volumes=[{"name": "v", "source": "stage", "stageConfig": {"name": "db.s.st"}}]),
            "spec.volumes[0].stageConfig.name",
            "@db.schema.stage",
        ),
        (document(volumes=[{"name": "v", "source": "@a/../b"}]), "spec.volumes[0].source", "stage"),
        (
            document(volumes=[{"name": "v", "source": "local"}, {"name": "v", "source": "local"}]),
            "spec.volumes[1].name",
            "unique",
        ),
        (document(endpoints=[{"name": "e"}]), "spec.endpoints[0]", "neither"),
        (
            document(endpoints=[{"name": "e", "port": 1, "portRange": "1-2", "protocol": "TCP"}]),
            "spec.endpoints[0]",
            "both",
        ),
        (
            document(endpoints=[{"name": "e", "portRange": "9-2", "protocol": "TCP"}]),
            "spec.endpoints[0].portRange",
            "first-last",
        ),
        (document(endpoints=[{"name": "e", "portRange": "1-2"}]), "spec.endpoints[0]", "TCP"),
        (
            document(endpoints=[{"name": "e", "port": 1, "protocol": "UDP"}]),
            "spec.endpoints[0].protocol",
            "TCP or HTTP",
        ),
        (document(top={"serviceRoles": [{"name": "r", "endpoints": ["e"]}]}), "serviceRoles[0].endpoints", "'e'"),
        (
            document(top={"capabilities": {"securityContext": {"executeAsCaller": "yes"}}}),
            "capabilities.securityContext.executeAsCaller",
            "true or false",
        ),
    ],
)
def test_bad_specification_is_refused_with_its_path(given: Any, path: str, says: str) -> None:
    """Every rule of the reference, each with the place and what to do."""
    error = refused(given)
    assert error.where == path
    assert says in str(error)
    assert error.mend or error.rule


def test_every_problem_is_told_at_once() -> None:
    """A person mends a specification once, not once for each mistake."""
    error = refused(document(image="", args=[None], env={"A": None}))
    assert [other.where for other in error.others] == ["spec.containers[0].args[0]", "spec.containers[0].env.A"]


@pytest.mark.parametrize(
    ("key", "most", "entry"),
    [
        ("containers", 20, lambda i: container(name=f"c{i}")),
        ("volumes", 20, lambda i: {"name": f"v{i}", "source": "local"}),
        ("endpoints", 100, lambda i: {"name": f"e{i}", "port": 1000 + i}),
    ],
)
def test_counts_are_limited_as_the_guidelines_say(key: str, most: int, entry: Any) -> None:
    """The limit itself is fine, one more is not."""
    fine = document()
    fine["spec"][key] = [entry(i) for i in range(most)]
    ServiceSpec.from_dict(fine)
    fine["spec"][key].append(entry(most))
    assert f"at most {most}" in str(refused(fine))


def test_singular_keys_of_two_documentation_pages_are_read_with_a_warning() -> None:
    """Whether the server takes `container:` is not known; what is sent is the plural."""
    with pytest.warns(UserWarning, match="spec.container"):
        spec = ServiceSpec.from_dict({"spec": {"container": [container()]}})
    assert "containers" in spec.to_dict()["spec"]


def test_scaling_policies_are_refused_for_a_job() -> None:
    """They belong to services; a job has replicas."""
    given = document()
    given["spec"]["resourceManagement"] = {"autoScalingPolicies": {}}
    assert "replicas" in str(refused(given))


def test_spec_built_by_hand_is_judged_like_one_that_was_read() -> None:
    """Dataclasses and documents have the same rules."""
    with pytest.raises(SpecError, match=r"spec\.containers\[0\]\.volumeMounts\[0\]\.name"):
        ServiceSpec((Container("main", "/a/b/c/d", volume_mounts=[VolumeMount("v", "/x")]),))  # type: ignore[arg-type]


def test_lists_given_by_hand_become_tuples() -> None:
    """A specification is a value: equal ones are equal however they were built."""
    lists = ServiceSpec([Container("m", "i", args=["a"])])  # type: ignore[arg-type]
    assert lists == ServiceSpec((Container("m", "i", args=("a",)),))


def test_error_on_a_secret_value_does_not_show_it() -> None:
    """Messages reach logs."""
    with pytest.raises(SpecError) as caught:
        ServiceSpec((Container("m", "i", env={"API_TOKEN": "hunter2\0"}),))
    assert "hunter2" not in str(caught.value)


def test_repr_of_a_container_does_not_show_its_environment() -> None:
    """Tracebacks with locals reach logs."""
    assert "hunter2" not in repr(Container("m", "i", env={"A": "hunter2"}))


def test_container_is_found_by_name() -> None:
    """And an unknown one is a KeyError."""
    spec = ServiceSpec((Container("m", "i"),))
    assert spec.container("m").image == "i"
    assert spec.container_names == ("m",)
    with pytest.raises(KeyError):
        spec.container("x")


def test_resources_of_a_family_are_the_whole_node() -> None:
    """Requests and limits alike, GPUs counted."""
    whole = Resources.for_family("gpu_nv_m")
    assert (whole.cpu, whole.memory, whole.gpu, whole.memory_limit) == ("44000m", "178Gi", 4, "178Gi")
    ServiceSpec((Container("m", "i", resources=whole),))


def test_share_of_a_family_is_a_share_of_every_part() -> None:
    """Half of a node, and half of its GPUs."""
    half = Resources.for_family("GPU_NV_M", share=0.5)
    assert (half.cpu, half.memory, half.gpu) == ("22000m", "91136Mi", 2)


@pytest.mark.parametrize(
    ("family", "share", "says"), [("CPU_X", 1, "CPU_X64_S"), ("CPU_X64_S", 0, "share"), ("CPU_X64_S", 2, "share")]
)
def test_unknown_family_or_share_is_refused(family: str, share: float, says: str) -> None:
    """With what would be known."""
    with pytest.raises(SpecError, match=re.escape(says)):
        Resources.for_family(family, share=share)


def test_printed_yaml_hides_what_looks_secret() -> None:
    """For dry runs and rendered fields; what is sent is whole."""
    args = ("--token", "abc", "--rows=5")
    spec = ServiceSpec((Container("m", "i", args=args, env={"DB_PASSWORD": "p", "ROWS": 5}),))
    shown = spec.to_yaml(redact=True)
    assert "abc" not in shown
    assert "DB_PASSWORD: '***'" in shown
    assert "--rows=5" in shown
    assert "abc" in spec.to_yaml()


def test_secret_and_endpoint_are_written_as_snowflake_spells_them() -> None:
    """Names of the reference."""
    spec = ServiceSpec(
        (Container("m", "i", secrets=(SecretRef("s", env_var="A", key="password"),)),),
        volumes=(StageVolume("v", "@a.b.c"),),
        endpoints=(Endpoint("e", port=80),),
    )
    body = spec.to_dict()["spec"]
    assert body["containers"][0]["secrets"] == [
        {"snowflakeSecret": {"objectName": "s"}, "envVarName": "A", "secretKeyRef": "password"}
    ]
    assert body["endpoints"] == [{"name": "e", "port": 80}]
    assert body["volumes"] == [{"name": "v", "source": "stage", "stageConfig": {"name": "@a.b.c"}}]
