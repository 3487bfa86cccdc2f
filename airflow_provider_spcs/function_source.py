"""A function as it can be shipped into a container: its source, and why it could not be.

Only what the function itself holds goes along: neither its module's names, nor what it closes over, nor a pickle.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import dis
import inspect
import json
import textwrap
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

from airflow_provider_spcs.errors import InvalidInput

MOST_BYTES = 64 * 1024
"""Longest call document: it is an environment variable, and lies in the job's specification."""


_JSON = "Arguments travel as JSON: text, numbers, booleans, None, lists, and dicts with text as keys"


@dataclass(frozen=True)
class FunctionSource:
    """The source of one function, without its decorators.

    Attributes:
        name: Its name.
        text: The definition, not indented.
        file: Name of the file it is from.
        line: Line of ``def`` in that file, from 1.
        annotations_are_text: Whether that file imports ``annotations`` from ``__future__``.
    """

    name: str
    text: str
    file: str
    line: int
    annotations_are_text: bool

    @classmethod
    def of(cls, function: Callable[..., Any]) -> FunctionSource:
        """Read it, and refuse what would only fail in the container.

        Raises:
            InvalidInput: No plain function, no source, a closure, or names of its module.
        """
        where = f"@task.spcs {getattr(function, '__name__', repr(function))}"
        if not inspect.isfunction(function) or hasattr(function, "__wrapped__"):
            raise _refusal(
                where,
                f"{function!r} is not a plain function",
                "Put @task.spcs directly on a `def`, other decorators above it",
            )
        if function.__name__ == "<lambda>":
            raise _refusal(where, "a lambda has no source of its own", "Write it as a `def`")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise _refusal(where, "a generator hands back no value", "Return a list")
        _check_names(where, function)
        if function.__code__.co_filename == "<string>":
            # Python 3.13 would find the text of its own `python -c` under that name.
            raise _refusal(where, "its source cannot be read (it was made from a string)", "Define it in a file")
        try:
            lines, first = inspect.getsourcelines(function)
        except (OSError, TypeError) as error:
            raise _refusal(where, f"its source cannot be read ({error})", "Define it in a file") from error
        text = textwrap.dedent("".join(lines))
        definition = ast.parse(text).body[0]
        if not isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef):
            raise _refusal(where, "its source is no function definition", "Write it as a `def`")
        start, end = definition.lineno - 1, definition.end_lineno
        body = "".join(text.splitlines(keepends=True)[start:end])
        return cls(
            function.__name__,
            body.rstrip() + "\n",
            Path(inspect.getfile(function)).name,
            first + start,
            bool(function.__code__.co_flags & __future__.annotations.compiler_flag),
        )

    def call(self, bound: inspect.BoundArguments, requirements: Sequence[str]) -> str:
        """The document that tells the container what to call.

        Args:
            bound: Its arguments, defaults applied.
            requirements: What pip is to install before, when the image lacks it.

        Raises:
            InvalidInput: An argument is not JSON, or they are too large.
        """
        where = f"@task.spcs {self.name}"
        bound = inspect.BoundArguments(
            bound.signature,
            OrderedDict((name, _as_json(where, name, value)) for name, value in bound.arguments.items()),
        )
        document = json.dumps(
            {
                "name": self.name,
                "origin": self.file,
                "line": self.line,
                "annotations_are_text": self.annotations_are_text,
                "requirements": list(requirements),
                "args": bound.args,
                "kwargs": bound.kwargs,
            },
            ensure_ascii=False,
        )
        size = len(document.encode())
        if size > MOST_BYTES:
            raise InvalidInput(
                where,
                f"its arguments are {size:,} bytes of JSON",
                f"They lie in the job's specification, {MOST_BYTES:,} bytes at most",
                "Put large things on a stage and pass their path",
            )
        return document


def _check_names(where: str, function: Any) -> None:
    if function.__code__.co_freevars:
        names = ", ".join(function.__code__.co_freevars)
        raise _refusal(where, f"it uses {names} of the function around it", "Pass them as arguments")
    there = set(_global_names(function.__code__)) - {*dir(builtins), function.__name__}
    known = sorted(there & set(function.__globals__))
    if known:
        raise _refusal(
            where,
            f"it uses {', '.join(known)} of its file, which is not in the container",
            "Import inside the function, and pass values as arguments",
        )


def _global_names(code: CodeType) -> Iterator[str]:
    """Names that a function looks up outside itself, in its inner functions too, and does not set itself."""
    every = [instruction for inner in _codes(code) for instruction in dis.get_instructions(inner)]
    made = {instruction.argval for instruction in every if instruction.opname == "STORE_GLOBAL"}
    for instruction in every:
        # In a class's body names are looked up by LOAD_NAME, and most of them are its own.
        if instruction.opname == "LOAD_GLOBAL" and instruction.argval not in made:
            yield instruction.argval


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _as_json(where: str, path: str, value: Any) -> Any:
    """``value`` of JSON's own kinds; Airflow hands over mappings and sequences of its own."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        bad = [key for key in value if not isinstance(key, str)]
        if bad:
            raise InvalidInput(where, f"its argument {path} has the key {bad[0]!r}", _JSON, "Write str(...) there")
        return {key: _as_json(where, f"{path}[{key!r}]", item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_as_json(where, f"{path}[{index}]", item) for index, item in enumerate(value)]
    raise InvalidInput(
        where,
        f"its argument {path} is a {type(value).__name__}",
        _JSON,
        "Pass text (a time's isoformat(), a path's str()), or where the thing lies",
    )


def _refusal(where: str, what: str, mend: str) -> InvalidInput:
    return InvalidInput(where, what, "Only the function's own source is shipped into the container", mend)
