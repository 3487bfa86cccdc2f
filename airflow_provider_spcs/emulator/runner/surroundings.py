"""Which places of the host a container sees, and where."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.runner import shown_limits
from airflow_provider_spcs.emulator.runner.container import write_whole
from airflow_provider_spcs.emulator.runner.environment import HOME
from airflow_provider_spcs.emulator.runner.images import Image
from airflow_provider_spcs.emulator.runner.request import ContainerRequest

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account


def view(account: Account, request: ContainerRequest, image: Image, directory: Path) -> dict[str, Any]:
    """The plan of ``launcher.view``; makes the directories that the container will have to itself.

    Args:
        account: Its stages stay writable at their own path, because a client inside moves files of a stage by itself;
            the rest of its home is hidden.
        request: Its mounts and token.
        image: Its files.
        directory: The container's, in the home.
    """
    private = {"/tmp": "tmp", "/var/tmp": "vartmp", HOME: "home", **_run()}  # noqa: S108 (names inside)
    for name in (*private.values(), "root"):
        (directory / "scratch" / name).mkdir(parents=True)
    for name in ("tmp", "vartmp"):
        (directory / "scratch" / name).chmod(0o1777)
    _name_python(image, directory / "scratch" / "home" / ".local" / "bin")
    hidden = [str(account.home.root)]
    covered = [*private, *hidden]
    return {
        "scratch": str(directory / "scratch" / "root"),
        "private": {target: str(directory / "scratch" / name) for target, name in private.items()},
        "hidden": hidden,
        "visible": [path for path in _needed(account, image) if any(_within(path, cover) for cover in covered)],
        "writable": [str(account.home.directory("stages"))],
        "mounts": _mounts(request, image, directory),
    }


def _name_python(image: Image, directory: Path) -> None:
    """Python images have both names of their interpreter; systems often have only ``python3``."""
    if image.python is None:
        return
    directory.mkdir(parents=True)
    for name in ("python", "python3"):
        # A script and no link: a virtual environment is found by the path its interpreter was called with.
        (directory / name).write_text(f'#!/bin/sh\nexec {shlex.quote(str(image.python))} "$@"\n')
        (directory / name).chmod(0o755)


def _run() -> dict[str, str]:
    """Sockets of the host's services (docker's, say) are not for containers; NixOS keeps its programs there."""
    return {} if Path("/run/current-system").exists() or not Path("/run").is_dir() else {"/run": "run"}


def _needed(account: Account, image: Image) -> list[str]:
    """What the interpreter and its clients read; shown even where it lies in a place that is covered.

    Clients read the files of models by themselves, as they do those of stages.
    """
    paths: list[Path] = [Path(item) for item in image.path]
    if image.python is not None:
        paths += [python.parent.parent for python in (image.python, image.python.resolve())]
        if image.python == Path(sys.executable):
            paths += [Path(item) for item in (sys.prefix, sys.base_prefix, *sys.path) if item]
    endpoints = account.endpoints
    if endpoints is not None:
        paths.append(Path(endpoints.ca_bundle))
    paths.append(account.home.directory("models"))
    home = str(account.home.root)
    found = dict.fromkeys(str(path.absolute()) for path in paths if path.is_absolute() and path.exists())
    return [path for path in found if not _within(home, path)]


def _mounts(request: ContainerRequest, image: Image, directory: Path) -> list[dict[str, Any]]:
    mounts = [{"source": str(source), "target": target, "read_only": True} for target, source in image.mounts.items()]
    for mount in request.mounts:
        if mount.kind != "stage":
            mount.source.mkdir(parents=True, exist_ok=True)
        shown = {"source": str(mount.source), "target": mount.target, "read_only": mount.read_only}
        mounts.append(shown | {"size": mount.size})
    if request.token is not None:
        token = Path(request.token.path)
        (directory / "session").mkdir(mode=0o755)
        write_whole(directory / "session" / token.name, request.token.text.encode(), request.token.mode)
        mounts.append({"source": str(directory / "session"), "target": str(token.parent), "read_only": True})
    limits = directory / "scratch" / "limits"
    shown_limits.write(limits, request.memory_limit_bytes, request.cpu_limit)
    mounts.append({"source": str(limits), "target": shown_limits.PLACE, "read_only": True})
    return mounts


def _within(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip("/") + "/")
