"""From a job's state to what the runner is asked to start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.deviations import deviates
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.services import families, ml_runtime, neighbours, secret_values
from airflow_provider_spcs.emulator.services.integrations import allowed_hosts
from airflow_provider_spcs.emulator.services.job import InstanceState, Job
from airflow_provider_spcs.emulator.services.spec.model import Container, SecretUse, Volume

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.runner import ContainerRequest, Mount

CONNECTION_HOME = "/snowflake/connection"
"""Where connections.toml lies when the specification asks for it."""
TOKEN_SECONDS = 3600
"""How long a session token is good for."""
RENEW_SECONDS = 1200
"""How often a running container gets a new one, by the account's clock."""


def request(account: Account, job: Job, instance: InstanceState, container: Container) -> ContainerRequest:
    """One container of one instance as the runner wants it."""
    from airflow_provider_spcs.emulator.runner import ContainerRequest

    details = job.details
    capacity = families.node(details["instance_family"])
    files, secret_env = _secrets(account, job, container)
    connection_env = _connection(account, job, container, files)
    # A port that others reach, or the probe from outside, must not be hidden in a network of the container's own.
    listens = bool(job.spec.endpoints) or container.readiness is not None or container.liveness is not None
    command, args, own = _command(job, container)
    several = job.service is not None or len(job.instances) > 1 or len(job.spec.containers) > 1 or listens
    first = container is job.spec.containers[0]
    return ContainerRequest(
        job=job.name,
        instance_id=instance.id,
        container=container.name,
        image=container.image,
        command=command,
        args=args,
        env={**dict(container.env), **secret_env, **platform_env(account, job, instance), **connection_env},
        mounts=(*own, *(mount(account, job, instance, job.spec.volume(name), path) for name, path in container.mounts)),
        secret_files=files,
        token=_token(account, job, instance, container),
        memory_limit_bytes=families.memory_limit(container.limits, capacity),
        cpu_limit=families.cpu_limit(container.limits, capacity),
        allowed_hosts=tuple(allowed_hosts(account, details["external_access_integrations"])),
        replicas=len(job.instances),
        index=instance.id,
        address=instance.address,
        hosts={} if job.service is not None else _own_names(job),
        shared_network=several,
        # Each instance of a service runs the same server on the same port, so each has a network to itself.
        network=None if job.service is None else f"{job.name}/{instance.id}",
        published=tuple(neighbours.ports(job.spec)) if first else (),
        doors=neighbours.doors(account, job),
        neighbours=tuple(neighbours.of(account, job)),
    )


def _own_names(job: Job) -> dict[str, tuple[str, ...]]:
    """The job's DNS names with the addresses of its instances; in its own schema the first label is enough."""
    addresses = tuple(item.address for item in job.instances)
    names = neighbours.names(job, of_schema=job)
    return {f"{prefix}{host}": addresses for host in names for prefix in ("", "instances.")}


def _command(job: Job, container: Container) -> tuple[tuple[str, ...] | None, tuple[str, ...], tuple[Mount, ...]]:
    """What is run with which arguments, and what it needs mounted; a container of an ML Job has another start script.

    The client's would change the system (it writes to ``/etc/cron.d``) and start Ray.
    """
    from airflow_provider_spcs.emulator.runner import Mount

    args = container.args or ()
    if not job.details.get("ml_job") or args[:1] != ("bash",) or not args[1:2] or not args[1].endswith("/startup.sh"):
        return container.command, args, ()
    addresses = ",".join(item.address for item in job.instances)
    place = Mount("stage", Path(ml_runtime.__file__).parent, f"{ml_runtime.PLACE}/ml_runtime", read_only=True)
    return ("python", "-u", "-c", ml_runtime.PROGRAM), (addresses, *args[2:]), (place,)


def platform_env(account: Account, job: Job, instance: InstanceState) -> dict[str, str]:
    """The variables that the platform sets; the runner adds how to reach the account.

    Source: https://docs.snowflake.com/en/developer-guide/snowpark-container-services/additional-considerations-services-jobs
    """
    env = {
        "SNOWFLAKE_ACCOUNT": account.name,
        "SNOWFLAKE_DATABASE": job.name.database,
        "SNOWFLAKE_SCHEMA": job.name.schema,
        "SNOWFLAKE_SERVICE_NAME": job.name.name,
    }
    if job.details["replicas_given"]:
        env["SNOWFLAKE_JOBS_COUNT"] = str(len(job.instances))
        env["SNOWFLAKE_JOB_INDEX"] = str(instance.id)
    return env


def new_token(account: Account, job: Job, instance: InstanceState, container: str) -> str:
    """A session token for one container; sessions opened with it have the service's name as user.

    Source: https://docs.snowflake.com/en/developer-guide/snowpark-container-services/additional-considerations-services-jobs
    """
    return account.credentials.issue_token(
        job.name.name,
        job.details["owner"],
        seconds=TOKEN_SECONDS,
        warehouse=job.details["query_warehouse"],
        holder=holder(job, instance, container),
    )


def holder(job: Job, instance: InstanceState, container: str) -> str:
    """Who holds a container's tokens."""
    return f"{job.id}/{instance.id}/{container}"


def job_directory(account: Account, job_id: str) -> Path:
    """Where a job's local, memory and block volumes lie."""
    return account.home.directory("jobs", job_id)


def mount(account: Account, job: Job, instance: InstanceState, volume: Volume, path: str) -> Mount:
    """A volume of an instance at a path of a container."""
    from airflow_provider_spcs.emulator.runner import Mount

    if volume.source == "stage":
        return Mount("stage", Path(job.details["stage_paths"][volume.name]), path)
    source = job_directory(account, job.id) / str(instance.id) / volume.name
    source.mkdir(parents=True, exist_ok=True)
    kind: Any = volume.source
    # What several containers share is a directory of the host, whose size nothing here can hold.
    users = sum(name == volume.name for item in job.spec.containers for name, _ in item.mounts)
    return Mount(kind, source, path, size=volume.size if kind == "memory" and users == 1 else None)


def _connection(account: Account, job: Job, container: Container, files: dict[str, bytes]) -> dict[str, str]:
    """A connections.toml among ``files`` and the variable that points to it, when the specification asks for them."""
    from airflow_provider_spcs.emulator.runner.environment import account_host

    if container.token is None or not container.token.connection_config:
        return {}
    fields = {
        "account": account.name,
        "host": account_host(account),
        "authenticator": "oauth",
        "token_file_path": f"{container.token.directory}/token",
        "database": job.name.database,
        "schema": job.name.schema,
    }
    # A JSON string is a TOML string as well.
    lines = [f"{key} = {json.dumps(value)}" for key, value in fields.items()]
    files[f"{CONNECTION_HOME}/connections.toml"] = "\n".join(["[default]", *lines, ""]).encode()
    return {"SNOWFLAKE_HOME": CONNECTION_HOME}


def _token(account: Account, job: Job, instance: InstanceState, container: Container) -> Any:
    from airflow_provider_spcs.emulator.runner import TokenSettings

    if container.token is None:
        return None
    path = f"{container.token.directory}/token"
    return TokenSettings(new_token(account, job, instance, container.name), path, container.token.permission)


def _secrets(account: Account, job: Job, container: Container) -> tuple[dict[str, bytes], dict[str, str]]:
    files: dict[str, bytes] = {}
    env: dict[str, str] = {}
    for use in container.secrets:
        values = secret_values.read(account, Name(*job.details["secrets"][use.name]))
        _place(use, values, files, env)
    return files, env


def _place(use: SecretUse, values: dict[str, str], files: dict[str, bytes], env: dict[str, str]) -> None:
    if use.env_name is not None:
        env[use.env_name] = values[str(use.key)]
        return
    for key, content in values.items():
        files[f"{use.directory}/{key}"] = content.encode()


deviates(
    "services",
    "A container is a local process: images.yaml says which environment stands for its image, and its root is this "
    "machine's, read-only but for /tmp, HOME and mounts.",
    "Without namespaces (macOS, Docker's defaults) a container's paths and names are replaced for Python and in its "
    "command only, egress is held by proxy variables, and containers share the machine's ports.",
    "Memory and CPU limits are held by a control group of version 2 where this user may make one, else by watching "
    "and by affinity to whole cores; a container reads its limits below /sys/fs/cgroup either way.",
    "A CPU limit that follows from the node alone is not held.",
    "A stage volume takes appends and random writes, which Snowflake's refuses.",
    "uid and gid of a volume, and blockConfig, are read and not applied; the size of a block volume, and of a memory "
    "volume that several containers share, is not held.",
    "The metric groups network and storage have no rows.",
    "Messages and numbers of errors that Snowflake does not document are the emulator's own.",
)
