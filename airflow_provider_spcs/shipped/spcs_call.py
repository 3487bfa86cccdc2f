"""Call one function in a container: install what it needs, give it JSON arguments, leave its return value as JSON.

Runs in images that know nothing of Airflow: the standard library only, Python 3.9 and later. The variable ``SPCS_CALL``
says which function; its source lies beside this file.
"""

from __future__ import annotations
import __future__

import ast
import asyncio
import datetime
import inspect
import json
import linecache
import logging
import math
import os
import subprocess
import sys
import sysconfig
import tempfile
import traceback
from pathlib import Path
from typing import Any

FUNCTION_FILE = "spcs_function.py"
RESULT_FILE = "/airflow/xcom/return.json"

# After sysexits(3), and apart from the codes of the git step.
NO_JSON, NO_SOURCE, NO_REQUIREMENTS = 65, 70, 72


class Refused(Exception):  # noqa: N818 - it is said to a person, not handled
    """The call cannot be made, or its value cannot be handed back.

    Args:
        code: What the container exits with.
        reason: For the log.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def main() -> int:
    """Make the call; the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stdout)
    try:
        call = json.loads(os.environ["SPCS_CALL"])
        install(call["requirements"])
        # Beside the function's own directory: that of a cloned repository.
        sys.path.append(os.getcwd())  # noqa: PTH109 - a string is what belongs there
        function = load(call)
        try:
            value = function(*call["args"], **call["kwargs"])
            if inspect.iscoroutine(value):
                value = asyncio.run(value)
        except Exception as error:  # noqa: BLE001 - whatever it raises is the job's failure
            show(error, call["origin"])
            return 1
        if os.environ.get("SNOWFLAKE_JOB_INDEX", "0") == "0":
            leave(value, call["name"])
    except Refused as refused:
        print(f"ERROR: {refused}", file=sys.stderr, flush=True)
        return refused.code
    return 0


def install(requirements: list[str]) -> None:
    """Let pip bring what is missing, into a directory of its own: the image's packages stay as they are."""
    missing = [requirement for requirement in requirements if not satisfied(requirement)]
    if not missing:
        return
    print(f"pip: installing {', '.join(missing)}", flush=True)
    place = tempfile.mkdtemp(prefix="requirements-")
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_NO_CACHE_DIR": "1"}
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--progress-bar", "off"]
    if sys.prefix == sys.base_prefix:
        # A user's installation builds on the image's packages; Debian's Python wants to be told that it may.
        environment.update({"PYTHONUSERBASE": place, "PIP_BREAK_SYSTEM_PACKAGES": "1"})
        command += ["--user"]
        place = sysconfig.get_path("purelib", "posix_user", vars={"userbase": place})
    else:
        # A virtual environment knows no user's installation.
        command += ["--target", place]
    done = subprocess.run([*command, *missing], env=environment, check=False)
    if done.returncode:
        raise Refused(
            NO_REQUIREMENTS,
            f"pip could not install {', '.join(missing)} (exit code {done.returncode}). A container reaches a package "
            "index only through an external access integration: give external_access_integrations=[...], or an image "
            "that has the packages",
        )
    sys.path.insert(0, place)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [place, os.environ.get("PYTHONPATH", "")]))


def satisfied(requirement: str) -> bool:
    """Whether the image has what is required; when that cannot be told, pip is to decide."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
    except ImportError:
        return False
    try:
        wanted = Requirement(requirement)
        if wanted.marker is not None and not wanted.marker.evaluate():
            return True
        return not (wanted.extras or wanted.url) and wanted.specifier.contains(version(wanted.name), prereleases=True)
    except (InvalidRequirement, PackageNotFoundError):
        return False


def load(call: dict[str, Any]) -> Any:
    """The function, compiled so that a traceback shows the lines of the DAG's file."""
    source = Path(__file__).with_name(FUNCTION_FILE).read_text(encoding="utf-8")
    origin, first = call["origin"], call["line"]
    try:
        tree = ast.parse(source, origin)
    except SyntaxError as error:
        here = ".".join(map(str, sys.version_info[:2]))
        raise Refused(
            NO_SOURCE, f"Python {here} of this image cannot read {call['name']}() of {origin}: {error}"
        ) from error
    definition = tree.body[0]
    assert isinstance(definition, (ast.FunctionDef, ast.AsyncFunctionDef))  # noqa: S101
    without_expressions(definition)
    ast.increment_lineno(tree, first - 1)
    linecache.cache[origin] = (len(source), None, ["\n"] * (first - 1) + source.splitlines(keepends=True), origin)
    names: dict[str, Any] = {"__name__": "__main__", "__file__": origin}
    flags = __future__.annotations.compiler_flag if call["annotations_are_text"] else 0
    exec(compile(tree, origin, "exec", flags, dont_inherit=True), names)  # noqa: S102 - calling this function is the task
    return names[call["name"]]


def without_expressions(definition: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Take out what a definition evaluates: defaults are among the arguments, annotations may name what is not here."""
    nothing = ast.copy_location(ast.Constant(None), definition)
    arguments = definition.args
    arguments.defaults = [nothing for _ in arguments.defaults]
    arguments.kw_defaults = [None if default is None else nothing for default in arguments.kw_defaults]
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    for argument in every:
        if argument is not None:
            argument.annotation = None
    definition.returns = None
    definition.decorator_list = []


def show(error: Exception, origin: str) -> None:
    """The traceback from the function on; what called it is no news."""
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename != origin:
        frame = frame.tb_next
    traceback.print_exception(type(error), error, frame or error.__traceback__)
    sys.stderr.flush()


def leave(value: Any, name: str) -> None:
    """Write the return value where the task reads it."""
    unknown: list[str] = []
    document = json.dumps(plain(value, "the return value", unknown), allow_nan=False, ensure_ascii=False)
    for place in unknown:
        print(f"WARNING: {place} of {name}() is not a number; JSON has none such: null is handed back", flush=True)
    try:
        Path(RESULT_FILE).write_text(document, encoding="utf-8")
    except OSError as error:
        raise Refused(NO_JSON, f"the return value of {name}() cannot be written to {RESULT_FILE}: {error}") from error


def plain(value: Any, where: str, unknown: list[str]) -> Any:
    """``value`` of JSON's own kinds; NumPy's numbers and arrays, times and paths are taken for what they mean.

    Args:
        value: What a function returned.
        where: Names it.
        unknown: Gets the places of NaN and infinity, which become null.
    """
    value = meant(value)
    if isinstance(value, float) and not math.isfinite(value):
        unknown.append(where)
        return None
    if isinstance(value, dict):
        bad = [key for key in value if not isinstance(key, str)]
        if bad:
            raise Refused(NO_JSON, f"{where} has the key {bad[0]!r}: JSON's keys are text. Write str(...) there")
        return {key: plain(item, f"{where}[{key!r}]", unknown) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{where}[{index}]", unknown) for index, item in enumerate(value)]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    raise Refused(
        NO_JSON,
        f"{where} is a {kind.replace('builtins.', '')}: what a function hands back is JSON (text, numbers, lists, "
        "dicts). Put large or other things on a mounted stage and return their path",
    )


def meant(value: Any) -> Any:
    """A value of JSON's own kinds for what has an obvious one; anything else as it is."""
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if type(value).__module__.partition(".")[0] == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    return value


if __name__ == "__main__":
    sys.exit(main())
