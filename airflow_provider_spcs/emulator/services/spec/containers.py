"""The ``spec.containers`` list of a specification."""

from __future__ import annotations

import re

from airflow_provider_spcs.emulator.services.spec.model import Amounts, Container, Probe, SecretUse, TokenMount
from airflow_provider_spcs.emulator.services.spec.node import Node
from airflow_provider_spcs.emulator.services.spec.quantity import cores, memory, memory_request

GPU = "nvidia.com/gpu"
MAX_SECRETS = 50
"""Of all containers together. Source: Guidelines and limitations."""
SIDECAR_MEMORY = 2**29
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_IMAGE = re.compile(
    r"[A-Za-z0-9./_-]+(:[0-9]+/[A-Za-z0-9./_-]+)?(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?\Z"
)
_TOKEN_PATH = re.compile(r"(/[A-Za-z0-9_.-]+)+\Z")
_KEYS = ("username", "password", "secret_string", "access_token")
_FIELDS = (
    "command", "args", "env", "readinessProbe", "livenessProbe", "volumeMounts", "resources", "mountSessionToken",
    "sessionTokenConfig", "secrets", "sha256",
)  # fmt: skip


def container(node: Node) -> Container:
    """One container, checked."""
    fields = node.fields(_FIELDS, required=("name", "image"))
    requests, limits = _resources(fields.get("resources"))
    return Container(
        name=fields["name"].label(),
        image=_image(fields["image"]),
        command=fields["command"].texts() if "command" in fields else None,
        args=fields["args"].texts() if "args" in fields else None,
        env=_env(fields.get("env")),
        mounts=_mounts(fields.get("volumeMounts")),
        requests=requests,
        limits=limits,
        readiness=_probe(fields.get("readinessProbe"), period=5),
        liveness=_probe(fields.get("livenessProbe"), period=10),
        secrets=_secrets(fields.get("secrets")),
        token=_token(fields.get("mountSessionToken"), fields.get("sessionTokenConfig")),
    )


def _image(node: Node) -> str:
    image = node.text()
    if not _IMAGE.match(image) or "//" in image:
        raise node.fail(f"Image '{image}' must look like /<db>/<schema>/<repository>/<name>:<tag>.")
    return image


def _env(node: Node | None) -> tuple[tuple[str, str], ...]:
    if node is None:
        return ()
    if not isinstance(node.value, dict):
        raise node.fail("Value must be a mapping of names to scalars.")
    for name in node.value:
        if not _ENV_NAME.match(name):
            raise node.fail(f"Variable '{name}' must have letters, digits and '_' and not begin with a digit.")
    return tuple((name, Node(f"{node.path}.{name}", value).scalar()) for name, value in node.value.items())


def absolute(node: Node) -> str:
    """An absolute path without ``..``."""
    path = node.text()
    if not path.startswith("/") or ".." in path.split("/") or "\0" in path:
        raise node.fail(f"Path '{path}' must be absolute and without '..'.")
    return path


def _mounts(node: Node | None) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for item in node.items() if node else []:
        fields = item.fields((), required=("name", "mountPath"))
        path = absolute(fields["mountPath"]).rstrip("/") or "/"
        if path == "/":
            raise fields["mountPath"].fail("A volume cannot be mounted at '/'.")
        if path in {mounted for _, mounted in found}:
            raise fields["mountPath"].fail(f"Path '{path}' is used twice.")
        found.append((fields["name"].text(), path))
    return tuple(found)


def _amounts(node: Node | None) -> Amounts:
    if node is None:
        return Amounts()
    fields = node.fields(("cpu", "memory", GPU))
    return Amounts(
        cpu=cores(fields["cpu"]) if "cpu" in fields else None,
        memory=memory(fields["memory"]) if "memory" in fields else None,
        gpu=fields[GPU].integer(0, 64) if GPU in fields else None,
    )


def _resources(node: Node | None) -> tuple[Amounts, Amounts]:
    if node is None:
        return Amounts(), Amounts()
    fields = node.fields(("requests", "limits"))
    requests, limits = _amounts(fields.get("requests")), _amounts(fields.get("limits"))
    if requests.gpu is not None and limits.gpu is not None and requests.gpu != limits.gpu:
        raise node.fail(f"'{GPU}' is {requests.gpu} in requests and {limits.gpu} in limits; they must be equal.")
    for what, low, high in (("cpu", requests.cpu, limits.cpu), ("memory", requests.memory, limits.memory)):
        if low is not None and high is not None and low > high:
            raise node.fail(f"'{what}' in requests must not be more than in limits.")
    return requests, limits


def sidecar_requests(node: Node | None) -> Amounts:
    """What a stage volume's sidecar reserves; requests may be 0.

    Source: service specification reference: 0 CPU and 0.5Gi by default.
    """
    parts = node.fields(("requests", "limits")) if node else {}
    amounts = {name: _sidecar_amounts(part) for name, part in parts.items()}
    asked = amounts.get("requests", Amounts())
    return Amounts(asked.cpu or 0, SIDECAR_MEMORY if asked.memory is None else asked.memory)


def _sidecar_amounts(node: Node) -> Amounts:
    fields = node.fields(("cpu", "memory"))
    return Amounts(
        cpu=cores(fields["cpu"]) if "cpu" in fields else None,
        memory=memory_request(fields["memory"]) if "memory" in fields else None,
    )


def _probe(node: Node | None, period: int) -> Probe | None:
    if node is None:
        return None
    fields = node.fields(("periodSeconds", "failureThreshold"), required=("port", "path"))
    path = fields["path"].text()
    if not path.startswith("/"):
        raise fields["path"].fail(f"Path '{path}' must begin with '/'.")
    seconds = fields["periodSeconds"].integer(1, 3600) if "periodSeconds" in fields else period
    failures = fields["failureThreshold"].integer(1, 1000) if "failureThreshold" in fields else 3
    return Probe(fields["port"].integer(1, 65535), path, seconds, failures)


def _token(mounted: Node | None, config: Node | None) -> TokenMount | None:
    if mounted is not None and not mounted.boolean():
        if config is not None:
            raise config.fail("It cannot be set together with mountSessionToken: false.")
        return None
    if config is None:
        return TokenMount()
    fields = config.fields(("path", "permission", "mountConnectionConfig"))
    if not fields:
        raise config.fail("Value is empty.")
    directory = fields["path"].text() if "path" in fields else TokenMount().directory
    if not _TOKEN_PATH.match(directory) or {".", ".."} & set(directory.split("/")):
        raise fields["path"].fail(f"Path '{directory}' must be an absolute, normalised directory.")
    permission = TokenMount().permission
    if "permission" in fields:
        permission = _permission(fields["permission"], with_path="path" in fields)
    connection = "mountConnectionConfig" in fields and fields["mountConnectionConfig"].boolean()
    return TokenMount(directory, permission, connection)


def _permission(node: Node, *, with_path: bool) -> int:
    content = node.text()
    if not with_path:
        raise node.fail("It needs 'path' beside it.")
    if node.value.plain or not re.fullmatch(r"0[0-7]{3}", content):
        raise node.fail('Value must be a quoted string of four octal digits, for example "0600".')
    mode = int(content, 8)
    if mode & ~0o644 or not mode & 0o400:
        raise node.fail(f"Value '{content}' must not exceed 0644 and must let the owner read.")
    return mode


def _secrets(node: Node | None) -> tuple[SecretUse, ...]:
    return tuple(_secret(item) for item in node.items(MAX_SECRETS)) if node else ()


def _secret(node: Node) -> SecretUse:
    fields = node.fields(("directoryPath", "envVarName", "secretKeyRef"), required=("snowflakeSecret",))
    directory, env_name = fields.get("directoryPath"), fields.get("envVarName")
    if (directory is None) == (env_name is None):
        raise node.fail("Exactly one of 'directoryPath' and 'envVarName' must be set.")
    key = fields.get("secretKeyRef")
    if directory is not None:
        if key is not None:
            raise key.fail("It can be set only with 'envVarName'.")
        return SecretUse(_secret_name(fields["snowflakeSecret"]), directory=absolute(directory))
    assert env_name is not None  # noqa: S101  for the type checker; the test above left no other case
    if not _ENV_NAME.match(env_name.text()):
        raise env_name.fail(f"Variable '{env_name.text()}' must have letters, digits and '_' only.")
    if key is None:
        raise node.fail("'secretKeyRef' must be set with 'envVarName'.")
    return SecretUse(_secret_name(fields["snowflakeSecret"]), env_name=env_name.text(), key=key.choice(*_KEYS))


def _secret_name(node: Node) -> str:
    if not isinstance(node.value, dict):
        return node.text()
    fields = node.fields(("objectName", "objectReference"))
    if "objectReference" in fields:
        raise fields["objectReference"].fail("References belong to Native Apps; give 'objectName'.")
    if "objectName" not in fields:
        raise node.fail("'objectName' must be set.")
    return fields["objectName"].text()
