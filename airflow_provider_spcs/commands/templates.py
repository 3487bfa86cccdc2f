"""Specification files on this machine: read, and filled in with ``--param`` as Airflow fills in a DAG's params."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from airflow_provider_spcs.errors import InvalidInput, SpecError

_MARKS = ("{{", "{%", "{#")


def pairs(given: Sequence[str] | None, option: str) -> dict[str, str]:
    """``KEY=VALUE`` texts as a mapping.

    Raises:
        InvalidInput: One has no ``=``, or a key comes twice.
    """
    found: dict[str, str] = {}
    for text in given or ():
        key, equals, value = text.partition("=")
        if not key or not equals or key in found:
            what = "given twice" if key in found else "has no '='"
            raise InvalidInput(option, f"{text!r}: {what}", "It is KEY=VALUE, each key once", "Correct it")
        found[key] = value
    return found


def spec_text(file: str, params: Mapping[str, str]) -> str:
    """The text of a local specification, its Jinja expressions filled in.

    Args:
        file: Path; ``-`` reads standard input.
        params: Values of ``{{ params.NAME }}``; JSON where they read as such.

    Raises:
        InvalidInput: The file cannot be read.
        SpecError: An expression is wrong, or has no value.
    """
    text = read(file)
    if not any(mark in text for mark in _MARKS):
        return text
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
    try:
        return environment.from_string(text).render(params={key: _value(value) for key, value in params.items()})
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise SpecError(
            file + (f", line {line}" if line else ""),
            f"it is a template, and {error}",
            "{{ params.NAME }} is filled in by --param NAME=VALUE; what else a DAG knows is not known here",
            "Give the parameter, for example --param NAME=VALUE",
        ) from error


def read(file: str) -> str:
    """A file's text; ``-`` is standard input.

    Raises:
        InvalidInput: It cannot be read.
    """
    try:
        return sys.stdin.read() if file == "-" else Path(file).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise InvalidInput(
            "specification file", f"{file!r}: {reason}", "It is a YAML file", "Check the path"
        ) from error


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
