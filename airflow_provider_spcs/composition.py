"""The specification of one job, put together from an operator's parameters.

Order, the later wins: the given spec, the single parameters (on the base container), ``spec_overrides``; then the git
step is wrapped around the base container's command, and the payload's and the result's directories are mounted.
Pure: it neither reads files nor speaks to Snowflake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from airflow_provider_spcs.errors import SpecError
from airflow_provider_spcs.git import TOKEN_VARIABLE, GitSource
from airflow_provider_spcs.spec import Container, Resources, SecretRef, ServiceSpec, StageVolume, Volume, VolumeMount
from airflow_provider_spcs.sql import SpecFile

RESULT_DIRECTORY = "/airflow/xcom"
"""Where a container leaves ``return.json``, as users of KubernetesPodOperator know it."""
PAYLOAD_MOUNT = "/mnt/payload"
"""Where a payload is mounted, unless it is said otherwise."""
PAYLOAD_VOLUME, RESULT_VOLUME = "spcs-payload", "spcs-result"

SpecInput = ServiceSpec | SpecFile | Mapping[str, Any] | str | None


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What an operator was given, after rendering.

    Attributes:
        spec: A whole specification, YAML text, or ``@stage/path/spec.yaml``.
        overrides: Merged into the specification, lists of named things by name.
        base_container_name: The container that the single parameters are for.
        image: Image of the base container.
        command: Replaces the image's ENTRYPOINT.
        args: Replaces the image's CMD.
        env: Environment variables, added to the spec's.
        secrets: Snowflake secrets, added to the spec's.
        volumes: Absolute path in the base container to the volume mounted there, added to the spec's.
        resources: What the base container asks for.
        git: Repository to clone before the command.
    """

    spec: SpecInput = None
    overrides: Mapping[str, Any] | None = None
    base_container_name: str | None = None
    image: str | None = None
    command: Sequence[str] | None = None
    args: Sequence[str] | None = None
    env: Mapping[str, Any] | None = None
    secrets: Sequence[SecretRef] | None = None
    volumes: Mapping[str, Volume | str] | None = None
    resources: Resources | None = None
    git: GitSource | None = None


def compose(parts: Parts) -> ServiceSpec | SpecFile:
    """The specification, checked; a file on a stage stays a reference that only Snowflake reads.

    Raises:
        SpecError: No image and no spec, a rule of the specification is broken, or a parameter that a spec on a stage
            cannot take.
    """
    spec = parse(parts.spec)
    if isinstance(spec, SpecFile):
        _refuse_with_staged_spec(parts)
        return spec
    if spec is None:
        if not parts.image:
            raise SpecError(
                "spec",
                "neither `spec` nor `image` is given",
                "A job needs a specification, or the image of its only container",
                "Give image='/db/schema/repository/name:tag', or spec='job_spec.yaml'",
            )
        spec = ServiceSpec(containers=(Container(name=parts.base_container_name or "main", image=parts.image),))
    spec = _with_base(spec, parts)
    if parts.overrides:
        spec = spec.merge_overrides(parts.overrides)
    return _with_git(spec, parts) if parts.git else spec


def parse(spec: SpecInput) -> ServiceSpec | SpecFile | None:
    """A specification in any form that users write it in, as an object.

    Raises:
        SpecError: It breaks a rule, or is of a type that is no specification.
    """
    if spec is None or isinstance(spec, ServiceSpec | SpecFile):
        return spec
    if isinstance(spec, Mapping):
        return ServiceSpec.from_dict(spec)
    if isinstance(spec, str):
        text = spec.strip()
        return SpecFile.parse(text) if text.startswith("@") and "\n" not in text else ServiceSpec.from_yaml(spec)
    raise SpecError(
        "spec",
        f"a {type(spec).__name__} is not a specification",
        "It is a ServiceSpec, a dict, YAML text, a local '.yaml' file or '@stage/path/spec.yaml'",
        "Give one of these",
    )


def base_container(spec: ServiceSpec, name: str | None) -> Container:
    """The container that single parameters, results and exit-code rules are about.

    Args:
        spec: The specification.
        name: Its name; None takes the only container, or the one named ``main``.

    Raises:
        SpecError: There is none of that name, or several and none is named ``main``.
    """
    containers = {container.name: container for container in spec.containers}
    wanted = name or (spec.containers[0].name if len(containers) == 1 else "main")
    if wanted not in containers:
        raise SpecError(
            "base_container_name",
            f"{wanted!r} is not among the containers {sorted(containers)}",
            "Single parameters such as args and env_vars are for one container",
            "Name it with base_container_name",
        )
    return containers[wanted]


def mounted(spec: ServiceSpec, base: str | None, volume: str, stage: str, path: str) -> ServiceSpec:
    """``spec`` with a directory of a stage mounted in its base container, unless something is mounted there already."""
    container = base_container(spec, base)
    if any(mount.path.rstrip("/") == path for mount in container.volume_mounts):
        return spec
    container = replace(container, volume_mounts=(*container.volume_mounts, VolumeMount(volume, path)))
    return _put(spec, container, (StageVolume(volume, stage),))


def with_memory_times(spec: ServiceSpec, factor: float) -> ServiceSpec:
    """``spec`` with each container's memory, requested and allowed, times ``factor``."""
    containers = tuple(
        replace(item, resources=item.resources and item.resources.with_memory_times(factor)) for item in spec.containers
    )
    return replace(spec, containers=containers)


def result_stage(spec: ServiceSpec, base: str | None) -> str | None:
    """The stage directory behind ``/airflow/xcom`` of the base container; None when no stage is mounted there."""
    stages = {volume.name: volume.stage for volume in spec.volumes if isinstance(volume, StageVolume)}
    mounts = base_container(spec, base).volume_mounts
    return next((stages.get(mount.name) for mount in mounts if mount.path.rstrip("/") == RESULT_DIRECTORY), None)


def stage_path(spec: ServiceSpec, base: str | None, path: str) -> str | None:
    """Where a file of the base container lies on a stage; None when no stage is mounted above it.

    Args:
        spec: The specification.
        base: The base container's name; None for the only one.
        path: Absolute path in that container.
    """
    stages = {volume.name: volume.stage for volume in spec.volumes if isinstance(volume, StageVolume)}
    if ".." in path.split("/"):
        return None
    mounts = sorted(base_container(spec, base).volume_mounts, key=lambda mount: len(mount.path), reverse=True)
    for mount in mounts:
        above = mount.path.rstrip("/") + "/"
        if path.startswith(above):
            stage = stages.get(mount.name)
            return f"{stage.rstrip('/')}/{path[len(above) :]}" if stage else None
    return None


def with_variables(spec: ServiceSpec, variables: Mapping[str, str]) -> ServiceSpec:
    """``spec`` with variables in every container that has none of that name."""
    containers = tuple(replace(each, env={**variables, **each.env}) for each in spec.containers)
    return replace(spec, containers=containers)


def _with_base(spec: ServiceSpec, parts: Parts) -> ServiceSpec:
    singles = (parts.image, parts.command, parts.args, parts.env, parts.secrets, parts.volumes, parts.resources)
    if not any(value is not None for value in singles):
        return spec
    base = base_container(spec, parts.base_container_name)
    mounts, volumes = _volumes(parts.volumes or {})
    changed = replace(
        base,
        image=parts.image or base.image,
        command=_strings("command", parts.command, base.command),
        args=_strings("args", parts.args, base.args),
        env={**base.env, **_environment(parts.env or {})},
        secrets=(*base.secrets, *(parts.secrets or ())),
        volume_mounts=(*base.volume_mounts, *mounts),
        resources=parts.resources or base.resources,
    )
    return _put(spec, changed, volumes)


def _with_git(spec: ServiceSpec, parts: Parts) -> ServiceSpec:
    git = parts.git
    assert git is not None  # noqa: S101 - the caller has looked
    git.check()
    base = base_container(spec, parts.base_container_name)
    if not base.command:
        raise SpecError(
            "git",
            f"container {base.name!r} has no command",
            "The clone runs first and then becomes the command, so it has to be known here and not by the image alone",
            "Give command=[...], for example ['python', 'train.py']",
        )
    command, args = git.command([*base.command, *base.args])
    token = SecretRef(git.secret, env_var=TOKEN_VARIABLE, key=git.secret_key) if git.secret else None
    changed = replace(
        base,
        command=tuple(command),
        args=tuple(args),
        env={**base.env, **git.environment()},
        secrets=(*base.secrets, token) if token else base.secrets,
    )
    return _put(spec, changed)


def _put(spec: ServiceSpec, changed: Container, volumes: Sequence[Volume] = ()) -> ServiceSpec:
    containers = tuple(changed if item.name == changed.name else item for item in spec.containers)
    return replace(spec, containers=containers, volumes=(*spec.volumes, *volumes))


def _volumes(wanted: Mapping[str, Volume | str]) -> tuple[list[VolumeMount], list[Volume]]:
    mounts: list[VolumeMount] = []
    volumes: dict[str, Volume] = {}
    for number, (path, given) in enumerate(wanted.items()):
        volume = StageVolume(f"volume-{number}", given) if isinstance(given, str) else given
        mounts.append(VolumeMount(volume.name, path))
        volumes[volume.name] = volume
    return mounts, list(volumes.values())


def _strings(where: str, given: Sequence[str] | None, default: tuple[str, ...]) -> tuple[str, ...]:
    if given is None:
        return default
    if isinstance(given, str):
        raise SpecError(
            where,
            f"{given!r} is one string",
            "Snowflake takes a list with one item for each word, and starts it without a shell",
            f"Write {given.split()!r}, or ['/bin/sh', '-c', {given!r}]",
        )
    return tuple(str(item) for item in given)


def _environment(given: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    for name, value in given.items():
        if not isinstance(value, str | int | float | bool):
            raise SpecError(
                f"env_vars[{name!r}]",
                f"its value is a {type(value).__name__}",
                "An environment variable is text, a number or a boolean",
                "Give text (json.dumps for structures), or leave the variable out",
            )
    return dict(given)


def _refuse_with_staged_spec(parts: Parts) -> None:
    given = {
        "spec_overrides": parts.overrides,
        "image": parts.image,
        "command": parts.command,
        "args": parts.args,
        "env_vars": parts.env,
        "secrets": parts.secrets,
        "volumes": parts.volumes,
        "resources": parts.resources,
        "git": parts.git,
    }
    named = [name for name, value in given.items() if value]
    if named:
        raise SpecError(
            "spec",
            f"{', '.join(named)} given beside a specification that lies on a stage",
            "Snowflake reads that file itself, so nothing can be put into it here",
            "Write it into the file, or give the specification as a local '.yaml' file",
        )
