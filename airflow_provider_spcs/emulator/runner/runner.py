"""Starts containers, and finds again those that an earlier process of this home started."""

from __future__ import annotations

import json
import logging
import re
import shutil
import sys
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.runner import environment, network, surroundings
from airflow_provider_spcs.emulator.runner.container import RunningContainer, write_whole
from airflow_provider_spcs.emulator.runner.images import Image, Images
from airflow_provider_spcs.emulator.runner.request import ContainerRequest
from airflow_provider_spcs.emulator.runner.starting import Starter, StartError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_spcs.emulator.account import Account

log = logging.getLogger(__name__)
_WITHOUT = (
    "Mounts are replaced in commands, variables and Python's own functions, and egress is held by proxy variables "
    "only. For real isolation, run on Linux and let this user make user namespaces (sysctl user.max_user_namespaces, "
    "kernel.apparmor_restrict_unprivileged_userns; in Docker: --cap-add SYS_ADMIN --security-opt seccomp=unconfined "
    "--security-opt apparmor=unconfined)."
)
ISOLATION_PLANS = ("pid", "mount", "rewrite") if sys.platform == "linux" else ("rewrite",)
"""From the best: mount and pid namespaces, a mount namespace, paths rewritten."""


class Runner:
    """Runs containers of one account.

    Args:
        account: Whose home they live in, and which they reach.
        plans: Ways of isolation to try, in order; for tests and for hosts where a way works badly.
    """

    def __init__(self, account: Account, plans: Sequence[str] = ISOLATION_PLANS) -> None:
        self._account = account
        self._plans = tuple(plans)
        self._plan: dict[str, Any] | None = None
        self._networks: dict[str, list[RunningContainer]] = {}
        self._lock = threading.Lock()
        self._directory = account.home.directory("containers")
        self._endpoints = account.home.root / "endpoints.json"
        self._starter = Starter(self._directory / "starter.log")
        self.images = Images(account.home.root / "images.yaml")

    @staticmethod
    def reserve() -> dict[str, Any]:
        """A record to keep before a container is started, so that a kill in between leaves none that nobody knows."""
        return {"directory": uuid.uuid4().hex, "reserved": True}

    def start(self, request: ContainerRequest, reserved: dict[str, Any] | None = None) -> RunningContainer:
        """Start a container; returns once its command was started.

        A command that does not exist ends with 127, one that may not be run with 126, and says so in the log.

        Args:
            request: What it is to be.
            reserved: From :meth:`reserve`, if a record was kept.

        Raises:
            ImageNotFound: No environment stands for its image.
            StartError: It has nothing to run, or the system refused to start it.
        """
        image = self.images.find(request.image)
        argv = _argv(request, image)
        self._write_endpoints()
        directory = self._directory / str((reserved or self.reserve())["directory"])
        directory.mkdir(mode=0o700)
        described = self._describe(request, image, argv, directory) | self._isolation()
        try:
            if not request.shared_network:
                self._starter.start(described)
                return RunningContainer(directory)
            with self._lock:
                return self._start_beside(described, directory)
        except StartError:
            shutil.rmtree(directory, ignore_errors=True)
            raise

    def _start_beside(self, described: dict[str, Any], directory: Path) -> RunningContainer:
        """Start a container in the network of its job, which lives as long as one of its containers."""
        key = described["network_key"]
        living = [container for container in self._networks.get(key, []) if container.poll() is None]
        self._networks[key] = living
        if living:
            described["join_network_of"] = living[0].pid
        self._starter.start(described)
        container = RunningContainer(directory)
        self._remember_network(container)
        return container

    def _remember_network(self, container: RunningContainer) -> None:
        key = container.network_key
        if key is not None and container.poll() is None:
            self._networks.setdefault(key, []).append(container)

    def adopt(self, record: dict[str, Any]) -> RunningContainer | None:
        """A container that was started earlier, running or ended; None when nothing is left of it.

        One that was reserved and is not started by now never will be.
        """
        self._write_endpoints()
        name = str(record.get("directory", ""))
        if not re.fullmatch(r"[0-9a-f]{32}", name):
            return None
        if record.get("reserved") and self._give_up(self._directory / name):
            return None
        try:
            container = RunningContainer(self._directory / name)
        except FileNotFoundError:
            return None
        with self._lock:
            self._remember_network(container)
        return container

    @staticmethod
    def _give_up(directory: Path) -> bool:
        """Take the place of a container's note, without which its command is not let go; false when it is there."""
        try:
            (directory / "keeper.json").touch(exist_ok=False)
        except FileExistsError:
            return False
        except FileNotFoundError:
            return True
        shutil.rmtree(directory, ignore_errors=True)
        return True

    @property
    def plan(self) -> str:
        """The way of isolation in use: ``"pid"``, ``"mount"`` or ``"rewrite"``.

        Raises:
            StartError: The system refuses every one.
        """
        return str(self._isolation()["plan"])

    def close(self) -> None:
        """Give up what is needed to start containers; those that run, run on."""
        self._starter.close()

    def _isolation(self) -> dict[str, Any]:
        """The best plan that the system allows, found once with a container that asks for nothing.

        So a request that cannot be met fails; it does not lead to less isolation.
        """
        with self._lock:
            if self._plan is None:
                self._plan = self._find_plan()
            return self._plan

    def _find_plan(self) -> dict[str, Any]:
        refused: list[str] = []
        asked = ContainerRequest(Name("", "", "PROBE"), 0, "probe", "probe")
        for plan in self._plans:
            directory = self._directory / uuid.uuid4().hex
            directory.mkdir(mode=0o700)
            probe = self._describe(asked, Image(None), ["true"], directory)
            found = {"plan": plan, "refused": list(refused)}
            try:
                self._starter.start(probe | found)
                RunningContainer(directory).wait(10)
            except StartError as error:
                refused.append(f"{plan}: {error.reason}")
            else:
                if plan == "rewrite":
                    log.warning("Containers run without namespaces (%s). %s", "; ".join(refused), _WITHOUT)
                return found
            finally:
                shutil.rmtree(directory, ignore_errors=True)
        raise StartError("; ".join(refused))

    def _write_endpoints(self) -> None:
        """Tell the keepers where the account listens now; they read it at each connection."""
        endpoints = self._account.endpoints
        if endpoints is None:
            return
        content = json.dumps(network.ports(endpoints)).encode()
        if not self._endpoints.exists() or self._endpoints.read_bytes() != content:
            write_whole(self._endpoints, content, 0o600)

    def _describe(self, request: ContainerRequest, image: Image, argv: list[str], directory: Path) -> dict[str, Any]:
        hostname = _hostname(request)
        env = environment.variables(self._account, request, image, hostname)
        token = request.token
        return {
            "directory": str(directory),
            "argv": argv,
            "env": env,
            "home": environment.HOME,
            "workdir": image.workdir or environment.HOME,
            "hostname": hostname,
            "view": surroundings.view(self._account, request, image, directory),
            "files": [
                {"target": target, "content": content.decode("latin-1"), "mode": 0o644}
                for target, content in request.secret_files.items()
            ],
            "volumes": bool(request.mounts or request.secret_files or image.mounts),
            "token": {"name": Path(token.path).name, "mode": token.mode} if token else None,
            "memory_limit_bytes": request.memory_limit_bytes,
            "cpu_limit": request.cpu_limit,
            **network.describe(request, env["SNOWFLAKE_HOST"], hostname, self._endpoints),
        }


def _argv(request: ContainerRequest, image: Image) -> list[str]:
    """As Kubernetes does it: a command replaces the image's; arguments alone replace the image's default command."""
    argv = [*(request.command or ()), *request.args] or list(image.command)
    if not argv:
        raise StartError(
            f"container {request.container!r}: nothing to run. Neither the specification nor the image "
            f"{request.image!r} has a command. Add `command` to the specification, or to the image in images.yaml."
        )
    return argv


def _hostname(request: ContainerRequest) -> str:
    plain = re.sub(r"[^a-z0-9-]+", "-", f"{request.job.name}-{request.instance_id}".lower())
    return plain[-63:].strip("-") or "job"
