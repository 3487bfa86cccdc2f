"""What a task that runs a container job can be told: the constructor, the templates, and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.common.compat.sdk import conf

from airflow_provider_spcs.connected_task import ConnectedTask
from airflow_provider_spcs.errors import InvalidInput
from airflow_provider_spcs.rendering import SpecTemplates

if TYPE_CHECKING:
    from airflow_provider_spcs.composition import Parts, SpecInput
    from airflow_provider_spcs.escalation import Escalation
    from airflow_provider_spcs.git import GitSource
    from airflow_provider_spcs.order import Order
    from airflow_provider_spcs.policy import Codes, Policy
    from airflow_provider_spcs.spec import Resources, SecretRef, Volume


class SpcsJobParameters(SpecTemplates, ConnectedTask):
    """The parameters of :class:`airflow_provider_spcs.operators.SpcsJobOperator`, which documents them."""

    template_fields: Sequence[str] = (
        "compute_pool",
        "name",
        "image",
        "command",
        "args",
        "env_vars",
        "secrets",
        "volumes",
        "container_resources",
        "spec",
        "spec_text",
        "spec_stage",
        "spec_overrides",
        "base_container_name",
        "container_name",
        "external_access_integrations",
        "query_warehouse",
        "replicas",
        "comment",
        "tags",
        "payload",
        "payload_mount",
        "stage",
        "git",
        "container_logs",
        "oom_compute_pools",
        *ConnectedTask.template_fields,
    )
    template_ext: Sequence[str] = (".yaml", ".yml", ".json", ".sql")
    template_fields_renderers: ClassVar[dict[str, str]] = {
        "command": "json",
        "args": "json",
        "env_vars": "json",
        "spec": "yaml",
        "spec_text": "yaml",
        "spec_overrides": "json",
        "tags": "json",
        "external_access_integrations": "json",
    }

    def __init__(
        self,
        *,
        compute_pool: str | None = None,
        image: str | None = None,
        command: Sequence[str] | None = None,
        args: Sequence[str] | None = None,
        env_vars: Mapping[str, Any] | None = None,
        secrets: Sequence[SecretRef] | None = None,
        volumes: Mapping[str, Volume | str] | None = None,
        resources: Resources | Mapping[str, Any] | None = None,
        container_resources: Resources | Mapping[str, Any] | None = None,
        spec: SpecInput = None,
        spec_overrides: Mapping[str, Any] | None = None,
        base_container_name: str | None = None,
        name: str | None = None,
        replicas: int = 1,
        query_warehouse: str | None = None,
        external_access_integrations: Sequence[str] | None = None,
        comment: str | None = None,
        tags: Mapping[str, str] | None = None,
        payload: str | Path | None = None,
        payload_mount: str = "/mnt/payload",
        stage: str | None = None,
        git: GitSource | None = None,
        preflight: bool = False,
        wait_for_completion: bool = True,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        poll_interval: float = 10,
        startup_timeout_seconds: float | None = None,
        job_timeout_seconds: float | None = None,
        get_logs: bool = True,
        container_logs: Sequence[str] | None = None,
        number_logs_exception: int = 20,
        on_finish_action: str | None = None,
        on_kill_action: str | None = None,
        durable: bool | None = None,
        skip_on_exit_code: Codes = None,
        fail_on_exit_code: Codes = None,
        on_oom: str = "fail",
        oom_compute_pools: Sequence[str] | None = None,
        do_xcom_push: bool = True,
        container_name: str | None = None,
        spec_text: str | None = None,
        spec_stage: str | None = None,
        drop_on_completion: bool | None = None,
        cancel_on_kill: bool | None = None,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(do_xcom_push=do_xcom_push, **kwargs)
        self.compute_pool = compute_pool
        self.image = image
        self.command = command
        self.args = args
        self.env_vars = env_vars
        self.secrets = secrets
        self.volumes = volumes
        # `resources` itself is an attribute of Airflow's own, about workers.
        self.container_resources = _either("container_resources", container_resources, "resources", resources)
        self.spec = spec
        self.spec_overrides = spec_overrides
        self.base_container_name = base_container_name
        self.name = name
        self.replicas = replicas
        self.query_warehouse = query_warehouse
        self.external_access_integrations = external_access_integrations
        self.comment = comment
        self.tags = tags
        self.payload = str(payload) if isinstance(payload, Path) else payload
        self.payload_mount = payload_mount
        self.stage = stage
        self.git = git
        self.preflight = preflight
        self.wait_for_completion = wait_for_completion
        self.deferrable = deferrable
        self.poll_interval = poll_interval
        self.startup_timeout_seconds = startup_timeout_seconds
        self.job_timeout_seconds = job_timeout_seconds
        self.get_logs = get_logs
        self.container_logs = container_logs
        self.number_logs_exception = number_logs_exception
        self.on_finish_action = on_finish_action
        self.on_kill_action = on_kill_action
        self.durable = durable
        self.skip_on_exit_code = skip_on_exit_code
        self.fail_on_exit_code = fail_on_exit_code
        self.on_oom = on_oom
        self.oom_compute_pools = oom_compute_pools
        self.container_name = container_name
        self.spec_text = spec_text
        self.spec_stage = spec_stage
        self.drop_on_completion = drop_on_completion
        self.cancel_on_kill = cancel_on_kill
        self.timeout = timeout

    @classmethod
    def partial(cls, **kwargs: Any) -> Any:
        """As for every operator; the scheduler would read a mapped task's ``resources`` as its own word."""
        made = super().partial(**kwargs)
        resources = made.kwargs.pop("resources", None)
        if resources is not None:
            made.kwargs.setdefault("container_resources", resources)
        return made

    @staticmethod
    def _convert_resources(resources: Any) -> None:  # noqa: ARG004 - Airflow's hook
        """Keep ``default_args={"resources": ...}`` from Airflow's own ``resources``, which are about workers."""
        return

    @property
    def base_container(self) -> str | None:
        """The base container's name, in our spelling or the first-party operator's."""
        name = _either("base_container_name", self.base_container_name, "container_name", self.container_name)
        return str(name) if name is not None else None

    @property
    def job_limit(self) -> float | None:
        """Seconds from submission in which the job has to end; None does not limit it."""
        limit = _either("job_timeout_seconds", self.job_timeout_seconds, "timeout", self.timeout)
        return float(limit) if limit is not None else None

    @property
    def adopts(self) -> bool:
        """Whether a retry takes over what an earlier try left."""
        return self.durable is not False

    @property
    def exit_codes(self) -> Mapping[int, str]:
        """What the exit codes of our own steps in the container mean, with what to do."""
        from airflow_provider_spcs.git import EXIT_CODES

        return EXIT_CODES if self.git is not None else {}

    def policy(self) -> Policy:
        """What is done with the job at its end, checked.

        Raises:
            InvalidInput: A setting is not valid.
        """
        from airflow_provider_spcs.policy import Policy

        return Policy.of(
            on_finish_action=self.on_finish_action,
            drop_on_completion=self.drop_on_completion,
            on_kill_action=self.on_kill_action,
            cancel_on_kill=self.cancel_on_kill,
            skip_on_exit_code=self.skip_on_exit_code,
            fail_on_exit_code=self.fail_on_exit_code,
            on_oom=self.on_oom,
        )

    @property
    def escalation(self) -> Escalation | None:
        """The way to more memory, when it is asked for."""
        from airflow_provider_spcs.escalation import Escalation

        return Escalation(self.oom_compute_pools) if self.on_oom == "next_family" else None

    def order(self, dag_file: str | None) -> Order:
        """The job to be, checked as far as that needs no connection.

        Args:
            dag_file: The DAG's file; a relative payload directory is relative to it.

        Raises:
            InvalidInput: A parameter is not valid, or two do not fit together.
        """
        from airflow_provider_spcs.order import Order

        self._check_modes()
        for where in ("poll_interval", "startup_timeout_seconds", "job_limit", "transient_timeout_seconds"):
            seconds = getattr(self, where)
            if seconds is not None and not seconds > 0:
                raise InvalidInput(where, f"{seconds!r}", "It is a number of seconds above 0", "Correct it")
        if not 0 <= _whole("number_logs_exception", self.number_logs_exception) <= _MOST_LINES:
            raise InvalidInput(
                "number_logs_exception",
                f"{self.number_logs_exception!r}",
                f"An error carries 0 to {_MOST_LINES} lines; the whole log is the task's",
                "Correct it",
            )
        order = Order(
            parts=self._parts(),
            compute_pool=self.compute_pool or "",
            query_warehouse=self.query_warehouse,
            external_access_integrations=tuple(self.external_access_integrations or ()),
            replicas=_whole("replicas", self.replicas),
            tags=self.tags,
            payload=_beside(dag_file, self.payload) if self.payload else None,
            payload_mount=self.payload_mount,
            payload_files=self._payload_files(),
            stage=self.stage,
            log_containers=self.container_logs,
        )
        order.check()
        return order

    def _check_modes(self) -> None:
        """Refuse what would be ignored.

        Raises:
            InvalidInput: A parameter that means nothing beside another one.
        """
        if not self.wait_for_completion:
            given = [name for name in _OF_WAITING if getattr(self, name) is not None]
            # To keep the job is what is done.
            given += [name for name, kept in _OF_THE_END.items() if getattr(self, name) not in (None, kept)]
            if given:
                raise InvalidInput(
                    ", ".join(given),
                    "given with wait_for_completion=False",
                    "The task ends when the job is submitted, and sees nothing of its end",
                    "Leave it out, or give it to the SpcsJobSensor that waits",
                )
        if self.container_logs is not None and not self.get_logs:
            raise InvalidInput("container_logs", "given with get_logs=False", "No log is shown", "Leave one out")
        if self.oom_compute_pools is not None and self.on_oom != "next_family":
            raise InvalidInput(
                "oom_compute_pools", f"given with on_oom={self.on_oom!r}", "It is for 'next_family'", "Set that, too"
            )
        if self.on_oom == "next_family" and not self.adopts:
            raise InvalidInput(
                "on_oom",
                "'next_family' given with durable=False",
                "The retry takes the pool from the job that ended, which durable=False does not look at",
                "Leave one out",
            )
        if self.on_oom != "fail" and not self.retries:
            raise InvalidInput(
                "on_oom", f"{self.on_oom!r} given with retries=0", "It is about what a retry does", "Set retries, too"
            )

    def _payload_files(self) -> Mapping[str, str]:
        """Files of the payload beside the directory's: path to text."""
        return {}

    def _parts(self) -> Parts:
        from airflow_provider_spcs.composition import Parts
        from airflow_provider_spcs.spec import Resources

        resources = self.container_resources
        return Parts(
            spec=self._spec_input(),
            overrides=self.spec_overrides,
            base_container_name=self.base_container,
            image=self.image,
            command=self.command,
            args=self.args,
            env=self.env_vars,
            secrets=self.secrets,
            volumes=self.volumes,
            resources=Resources(**resources) if isinstance(resources, Mapping) else resources,
            git=self.git,
        )

    def _spec_input(self) -> SpecInput:
        if self.spec_stage is not None:
            if not isinstance(self.spec, str) or self.spec_text is not None:
                raise InvalidInput(
                    "spec_stage",
                    f"{self.spec_stage!r} without a file name in `spec`",
                    "spec_stage and spec together name a file on a stage; spec_text cannot be given beside them",
                    "Give spec='job.yaml', or write both as spec='@stage/job.yaml'",
                )
            return "@" + self.spec_stage.lstrip("@").rstrip("/") + "/" + self.spec.lstrip("/")
        spec: SpecInput = _either("spec", self.spec, "spec_text", self.spec_text)
        return spec


_MOST_LINES = 100
_OF_WAITING = (
    "startup_timeout_seconds",
    "job_timeout_seconds",
    "timeout",
    "skip_on_exit_code",
    "fail_on_exit_code",
    "container_logs",
)
_OF_THE_END = {"on_finish_action": "keep_job", "drop_on_completion": False, "on_oom": "fail"}


def _either(ours: str, value: Any, other: str, alternative: Any) -> Any:
    """The one of two spellings that is given.

    Raises:
        InvalidInput: Both are.
    """
    if value is not None and alternative is not None:
        raise InvalidInput(other, f"given beside {ours}", "They say the same in two ways", f"Keep {ours}")
    return value if value is not None else alternative


def _whole(where: str, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise InvalidInput(where, f"{value!r}", "It is a whole number, or a template of one", "Correct it") from error


def _beside(dag_file: str | None, path: str) -> Path:
    folder = Path(dag_file).parent if dag_file else Path()
    return folder / Path(path).expanduser()
