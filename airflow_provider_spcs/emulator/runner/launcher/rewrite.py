"""The fallback without namespaces: the container's paths are replaced by the host's wherever they can be seen."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

_SHIM = Path(__file__).with_name("shim.py")


def apply(
    request: dict[str, Any], env: dict[str, str], names: list[tuple[str, str]]
) -> tuple[list[str], dict[str, str], str]:
    """The command, its variables and its directory, in terms of the host's paths.

    A Python interpreter inside also gets ``shim.py``, which replaces paths in Python's own file functions, and finds
    names that only the container knows.

    Args:
        request: What the runner sent.
        env: Its variables.
        names: Address and name of each.

    Raises:
        FileNotFoundError: A mount has no source.
    """
    places = _places(request)
    argv = [replace(item, places) for item in request["argv"]]
    env = {key: replace(value, places) for key, value in env.items()}
    private = request["view"]["private"]
    env["HOME"] = places[request["home"]]
    env["TMPDIR"] = private["/tmp"]  # noqa: S108 (the container's own /tmp)
    shim = Path(request["directory"], "scratch", "shim")
    shim.mkdir(parents=True, exist_ok=True)
    (shim / "sitecustomize.py").write_text(_SHIM.read_text())
    env["SPCS_EMULATOR_PATHS"] = json.dumps(places)
    env["SPCS_EMULATOR_HOSTS"] = json.dumps(_by_name(names))
    env["PYTHONPATH"] = os.pathsep.join([str(shim), *filter(None, [env.get("PYTHONPATH")])])
    workdir = replace(request["workdir"], places)
    return argv, env, workdir


def replace(text: str, places: dict[str, str]) -> str:
    """Replace every path below a mount in some text; a longer name that only begins alike is left alone."""
    if not places:
        return text
    longest_first = sorted(places, key=len, reverse=True)
    pattern = r"(?<![\w./-])(" + "|".join(re.escape(place) for place in longest_first) + r")(?![\w.-])"
    return re.sub(pattern, lambda found: places[found[1]], text)


def _by_name(names: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for address, name in names:
        found.setdefault(name, []).append(address)
    return found


def _places(request: dict[str, Any]) -> dict[str, str]:
    """Path inside -> path on the host, for mounts and small files."""
    view = request["view"]
    places: dict[str, str] = {item["target"]: item["source"] for item in view["mounts"]}
    for source in places.values():
        Path(source).stat()
    places[request["home"]] = view["private"][request["home"]]
    store = Path(request["directory"], "scratch", "files")
    store.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number, item in enumerate(request["files"]):
        path = store / str(number)
        path.write_bytes(item["content"].encode("latin-1"))
        path.chmod(item["mode"])
        places[item["target"]] = str(path)
    return places
