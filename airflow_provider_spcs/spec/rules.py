"""The rules of a service specification, as Snowflake's reference states them; each problem with its path.

``Source:`` service specification reference; limits on counts from Guidelines and limitations.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, cast

from airflow_provider_spcs.errors import SpecError
from airflow_provider_spcs.redaction import hide
from airflow_provider_spcs.spec.quantities import cores, memory_bytes
from airflow_provider_spcs.spec.volume_rules import volume_problems

if TYPE_CHECKING:
    from airflow_provider_spcs.spec.model import (
        Container,
        Endpoint,
        Probe,
        Resources,
        SecretRef,
        ServiceSpec,
        SessionToken,
    )

_REFERENCE = "service specification reference"
_LIMITS = "Guidelines and limitations"
_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
_ENV = re.compile(r"[A-Za-z_.-][A-Za-z0-9_.-]*\Z")
_IMAGE = re.compile(r"[A-Za-z0-9_./:@$-]+\Z")
_TOKEN_PATH = re.compile(r"(?:/[A-Za-z0-9_.-]+)+\Z")
_RANGE = re.compile(r"([0-9]{1,5})-([0-9]{1,5})\Z")
_KEYS = ("username", "password", "secret_string", "access_token")
_GROUPS = ("system", "system_limits", "status", "network", "storage")
_LEVELS = ("INFO", "ERROR", "NONE")

Problems = Iterator[SpecError]


def check(spec: ServiceSpec) -> None:
    """Judge a whole specification.

    Raises:
        SpecError: The first problem, with all others as ``others``.
    """
    problems = list(_problems(spec))
    if problems:
        first = problems[0]
        raise SpecError(first.where, first.what, first.rule, first.mend, first.source, others=problems[1:])


def _problem(where: str, what: str, rule: str, mend: str, source: str = _REFERENCE) -> SpecError:
    return SpecError(where, what, rule, mend, source)


def _problems(spec: ServiceSpec) -> Problems:
    if not spec.containers:
        yield _problem("spec.containers", "there is none", "A job has at least one container", "Add one")
    yield from _counts(spec)
    yield from _names("spec.containers", [container.name for container in spec.containers])
    yield from _names("spec.volumes", [volume.name for volume in spec.volumes])
    yield from _names("spec.endpoints", [endpoint.name for endpoint in spec.endpoints])
    volumes = {volume.name for volume in spec.volumes if isinstance(volume.name, str)}
    for index, container in enumerate(spec.containers):
        yield from _container(f"spec.containers[{index}]", container, volumes)
    for index, volume in enumerate(spec.volumes):
        yield from volume_problems(f"spec.volumes[{index}]", volume)
    for index, endpoint in enumerate(spec.endpoints):
        yield from _endpoint(f"spec.endpoints[{index}]", endpoint)
    yield from _settings(spec)


def _counts(spec: ServiceSpec) -> Problems:
    secrets = sum(len(container.secrets) for container in spec.containers)
    counted = (
        ("spec.containers", len(spec.containers), 20),
        ("spec.volumes", len(spec.volumes), 20),
        ("spec.endpoints", len(spec.endpoints), 100),
        ("spec.containers[*].secrets", secrets, 50),
    )
    for where, count, most in counted:
        if count > most:
            yield _problem(where, f"there are {count}", f"A job has at most {most}", "Use fewer", _LIMITS)


def _names(where: str, names: Iterable[object]) -> Problems:
    seen: dict[object, int] = {}
    for index, name in enumerate(names):
        if not isinstance(name, str) or not _NAME.match(name):
            yield _problem(
                f"{where}[{index}].name",
                f"{name!r} is not a name",
                "A name has 1 to 63 lower-case letters, digits and '-', first a letter, last a letter or digit",
                "Rename it",
            )
        elif name in seen:
            yield _problem(
                f"{where}[{index}].name", f"{name!r} is also {where}[{seen[name]}]", "Names are unique", "Rename one"
            )
        else:
            seen[name] = index


def _container(where: str, container: Container, volumes: set[str]) -> Problems:
    if not isinstance(container.image, str) or not _IMAGE.match(container.image):
        yield _problem(
            f"{where}.image",
            f"{container.image!r} is not an image",
            "An image is /db/schema/repository/name:tag, with letters, digits and _ . / : @ -",
            "Copy it from SHOW IMAGE REPOSITORIES and the name that was pushed",
        )
    for part, words in (("command", container.command), ("args", container.args)):
        yield from _words(f"{where}.{part}", words)
    yield from _env(f"{where}.env", container)
    yield from _mounts(f"{where}.volumeMounts", container, volumes)
    if container.resources is not None:
        yield from _resources(f"{where}.resources", container.resources)
    for index, secret in enumerate(container.secrets):
        yield from _secret(f"{where}.secrets[{index}]", secret)
    for key, probe in (("readinessProbe", container.readiness_probe), ("livenessProbe", container.liveness_probe)):
        if probe is not None:
            yield from _probe(f"{where}.{key}", probe)
    yield from _flag(f"{where}.mountSessionToken", container.mount_session_token)
    if container.session_token is not None:
        yield from _session_token(f"{where}.sessionTokenConfig", container.session_token)
        if container.mount_session_token is False:
            yield _problem(
                f"{where}.sessionTokenConfig",
                "mountSessionToken is false",
                "A token that is not mounted has no place",
                "Remove one of the two",
            )


def _words(where: str, words: object) -> Problems:
    if not isinstance(words, tuple):
        yield _problem(where, f"it is {words!r}", "It is a list of texts, one for each word", f"Write [{words!r}]")
        return
    for index, word in enumerate(words):
        if not isinstance(word, str) or not _sendable(word):
            shown = type(word).__name__ if isinstance(word, str) else repr(word)
            yield _problem(f"{where}[{index}]", f"{shown} is not a plain text", "Every word is a text", "Quote it")


def _sendable(text: str) -> bool:
    """Whether a process can be given ``text``: no NUL, and writable as UTF-8."""
    return "\0" not in text and not any(0xD800 <= ord(letter) <= 0xDFFF for letter in text)


def _env(where: str, container: Container) -> Problems:
    for name, value in cast("Mapping[object, object]", container.env).items():
        path = f"{where}.{name}"
        if not isinstance(name, str) or not _ENV.match(name):
            rule = "A variable's name has letters, digits, '_', '.' and '-', first no digit"
            yield _problem(path, f"{name!r} is not a variable's name", rule, "Rename it")
        elif not isinstance(value, str | int | float):
            kind = "empty" if value is None else f"a {type(value).__name__}"
            yield _problem(path, f"its value is {kind}", "A value is a text, a number or a boolean", "Quote it")
        elif isinstance(value, float) and not math.isfinite(value):
            yield _problem(path, f"{value}", "A number is finite", "Quote it to send it as text")
        elif isinstance(value, str) and not _sendable(value):
            shown = hide(name, "its value")
            yield _problem(path, f"{shown} has a character that no process can be given", "No NUL", "Remove it")
    targets = [secret.env_var for secret in container.secrets if secret.env_var]
    for name in sorted(set(targets) & set(container.env)):
        yield _problem(f"{where}.{name}", "a secret sets it too", "A variable has one value", "Remove one of the two")
    for name in sorted({name for name in targets if targets.count(name) > 1}):
        rule = "A variable has one value"
        yield _problem(where.replace(".env", ".secrets"), f"{name!r} is set by two secrets", rule, "Remove one")


def _mounts(where: str, container: Container, volumes: set[str]) -> Problems:
    paths: set[str] = set()
    for index, mount in enumerate(container.volume_mounts):
        path = f"{where}[{index}]"
        if mount.name not in volumes:
            rule = f"The spec has {', '.join(sorted(volumes))}" if volumes else "The spec has no volumes"
            yield _problem(f"{path}.name", f"there is no volume {mount.name!r}", rule, "Add it to spec.volumes")
        if not isinstance(mount.path, str) or not _absolute(mount.path):
            rule = "It is an absolute path without '.' and '..'"
            yield _problem(f"{path}.mountPath", f"{mount.path!r} is not a place", rule, "Write it from /")
            continue
        place = mount.path.rstrip("/")
        if place in paths:
            rule = "One volume is at one place"
            yield _problem(f"{path}.mountPath", f"{mount.path!r} is mounted twice", rule, "Choose another path")
        paths.add(place)


def _absolute(path: str) -> bool:
    parts = path.split("/")
    return path.startswith("/") and len(path) > 1 and _sendable(path) and not {".", ".."} & set(parts)


def _resources(where: str, resources: Resources) -> Problems:
    for part, cpu, memory in (
        ("requests", resources.cpu, resources.memory),
        ("limits", resources.cpu_limit, resources.memory_limit),
    ):
        if cpu is not None and cores(cpu) is None:
            rule = "cpu is a number above 0 (0.5) or thousandths of one (500m)"
            yield _problem(f"{where}.{part}.cpu", f"{cpu!r} is no amount", rule, "Write 1 or 500m")
        if memory is not None and memory_bytes(memory) is None:
            rule = "memory is a number above 0 with a unit of M, Mi, G, Gi"
            yield _problem(f"{where}.{part}.memory", f"{memory!r} is no amount", rule, "Write 2Gi")
    gpu = resources.gpu
    if gpu is not None and (isinstance(gpu, bool) or not isinstance(gpu, int) or gpu < 1):
        rule = "It is a whole number from 1"
        yield _problem(f"{where}.requests.nvidia.com/gpu", f"{gpu!r} GPUs", rule, "Leave it out for none")
    wanted = (cores(resources.cpu), memory_bytes(resources.memory))
    allowed = (cores(resources.cpu_limit), memory_bytes(resources.memory_limit))
    for key, request, limit in zip(("cpu", "memory"), wanted, allowed, strict=True):
        if request is not None and limit is not None and request > limit:
            rule = "A request is at most its limit"
            yield _problem(f"{where}.requests.{key}", "it is above the limit", rule, "Raise the limit")


def _secret(where: str, secret: SecretRef) -> Problems:
    if not isinstance(secret.name, str) or not secret.name.strip():
        yield _problem(f"{where}.snowflakeSecret", f"{secret.name!r}", "It names a SECRET object", "Name one")
    if secret.env_var is not None and secret.directory is not None:
        yield _problem(
            where,
            f"both envVarName={secret.env_var!r} and directoryPath={secret.directory!r} are set",
            "A secret goes to one place",
            "Remove one of them",
        )
    elif secret.env_var is None and secret.directory is None:
        rule = "A secret goes to a variable (envVarName) or to files (directoryPath)"
        yield _problem(where, f"{secret.name!r} goes nowhere", rule, "Add one of them")
    if secret.env_var is not None and (not isinstance(secret.env_var, str) or not _ENV.match(secret.env_var)):
        rule = "It is the name of an environment variable"
        yield _problem(f"{where}.envVarName", f"{secret.env_var!r}", rule, "Use letters, digits and '_'")
    if secret.directory is not None and (not isinstance(secret.directory, str) or not _absolute(secret.directory)):
        yield _problem(f"{where}.directoryPath", f"{secret.directory!r}", "It is an absolute path", "Write it from /")
    if secret.key is not None and secret.env_var is None:
        rule = "It chooses what a variable gets; files get all of the secret"
        yield _problem(f"{where}.secretKeyRef", f"{secret.key!r} without envVarName", rule, "Remove it")
    if secret.key is not None and secret.key not in _KEYS:
        yield _problem(f"{where}.secretKeyRef", f"{secret.key!r}", f"It is one of {', '.join(_KEYS)}", "Use one")


def _probe(where: str, probe: Probe) -> Problems:
    yield from _port(f"{where}.port", probe.port)
    if not isinstance(probe.path, str) or not probe.path.startswith("/"):
        yield _problem(f"{where}.path", f"{probe.path!r}", "It is the path of a URL", "Begin it with /")
    for key, value in (("periodSeconds", probe.period_seconds), ("failureThreshold", probe.failure_threshold)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            yield _problem(f"{where}.{key}", f"{value!r}", "It is a whole number from 1", "Use one")


def _port(where: str, port: object) -> Problems:
    if isinstance(port, bool) or not isinstance(port, int) or not 1 <= port <= 65535:
        yield _problem(where, f"{port!r} is not a port", "A port is a whole number from 1 to 65535", "Use one")


def _flag(where: str, value: object) -> Problems:
    if value is not None and not isinstance(value, bool):
        yield _problem(where, f"{value!r}", "It is true or false, unquoted", "Write true or false")


def _session_token(where: str, token: SessionToken) -> Problems:
    if token.path is None and token.permission is None and token.mount_connection_config is None:
        yield _problem(where, "it is empty", "It has at least one of its fields", "Remove it")
    yield from _flag(f"{where}.mountConnectionConfig", token.mount_connection_config)
    if token.path is not None and (
        not isinstance(token.path, str) or not _TOKEN_PATH.match(token.path) or not _absolute(token.path)
    ):
        rule = "It is an absolute directory of letters, digits, '-', '_', '.', without '.', '..' or a slash at its end"
        yield _problem(f"{where}.path", f"{token.path!r}", rule, "Write it like /var/run/token")
    if token.permission is None:
        return
    if not isinstance(token.permission, str) or not re.match(r"0[0-7]{3}\Z", token.permission):
        rule = "It is four octal digits in quotes"
        yield _problem(f"{where}.permission", f"{token.permission!r}", rule, 'Write "0600"')
    elif int(token.permission, 8) & ~0o644 or not int(token.permission, 8) & 0o400:
        rule = 'It is at most "0644", and the owner can read'
        yield _problem(f"{where}.permission", f"{token.permission!r}", rule, 'Write "0600"')
    if token.path is None:
        yield _problem(f"{where}.permission", "there is no path", "It needs path", "Add path")


def _endpoint(where: str, endpoint: Endpoint) -> Problems:
    if (endpoint.port is None) == (endpoint.port_range is None):
        which = "neither" if endpoint.port is None else "both"
        rule = "An endpoint has a port or a range of ports"
        yield _problem(where, f"{which} of port and portRange is set", rule, "Keep one of them")
    if endpoint.port is not None:
        yield from _port(f"{where}.port", endpoint.port)
    yield from _flag(f"{where}.public", endpoint.public)
    if endpoint.protocol not in (None, "TCP", "HTTP"):
        yield _problem(f"{where}.protocol", f"{endpoint.protocol!r}", "It is TCP or HTTP", "Use one of them")
    if endpoint.port_range is None:
        return
    match = _RANGE.match(str(endpoint.port_range))
    if match is None or not 1 <= int(match[1]) <= int(match[2]) <= 65535:
        rule = "A range is first-last, each from 1 to 65535"
        yield _problem(f"{where}.portRange", f"{endpoint.port_range!r}", rule, "Write it like 32768-60999")
    if endpoint.protocol != "TCP" or endpoint.public:
        rule = "A range of ports is for TCP inside Snowflake only"
        yield _problem(where, "portRange without protocol TCP, or public", rule, "Set protocol: TCP and public: false")


def _settings(spec: ServiceSpec) -> Problems:
    if spec.log_level is not None and spec.log_level not in _LEVELS:
        path = "spec.logExporters.eventTableConfig.logLevel"
        yield _problem(path, f"{spec.log_level!r}", f"It is one of {', '.join(_LEVELS)}", "Use one")
    for index, group in enumerate(spec.metric_groups):
        if group not in _GROUPS:
            path = f"spec.platformMonitor.metricConfig.groups[{index}]"
            yield _problem(path, f"{group!r}", f"It is one of {', '.join(_GROUPS)}", "Use one")
    rights = "capabilities.securityContext"
    yield from _flag(f"{rights}.executeAsCaller", spec.execute_as_caller)
    yield from _flag(f"{rights}.enableCustomCredentials", spec.enable_custom_credentials)
    if spec.startup_order not in (None, "FirstInstance"):
        path = "spec.resourceManagement.controlPolicy.startupOrder.type"
        yield _problem(
            path, f"{spec.startup_order!r}", "The only order known is FirstInstance", "Use it or leave it out"
        )
    endpoints = {endpoint.name for endpoint in spec.endpoints}
    for index, role in enumerate(spec.service_roles):
        path = f"serviceRoles[{index}]"
        if not isinstance(role.name, str) or not re.match(r"[A-Za-z][A-Za-z0-9_]*\Z", role.name):
            rule = "It has letters, digits and '_', first a letter"
            yield _problem(f"{path}.name", f"{role.name!r}", rule, "Rename it")
        for name in role.endpoints:
            if name not in endpoints:
                rule = "A role reaches endpoints of this spec"
                yield _problem(f"{path}.endpoints", f"there is no endpoint {name!r}", rule, "Add it to spec.endpoints")
