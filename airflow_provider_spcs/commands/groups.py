"""Groups of options that several commands share: a dataclass whose fields are the options."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, get_type_hints

from airflow_provider_spcs.commands.outcome import told_plainly

_KEYWORD = inspect.Parameter.KEYWORD_ONLY


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Make a function ready for ``app.command``: option groups spread out, errors told plainly.

    A parameter whose type is a dataclass becomes one option for each of its fields, after the function's own; the
    function gets an instance.
    """
    groups: dict[str, Any] = {}
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(function, eval_str=True).parameters.values():
        if is_dataclass(parameter.annotation):
            groups[parameter.name] = parameter.annotation
        else:
            parameters.append(parameter.replace(kind=_KEYWORD))
    for group in groups.values():
        hints = get_type_hints(group, include_extras=True)
        parameters += [
            inspect.Parameter(field.name, _KEYWORD, default=_default(field), annotation=hints[field.name])
            for field in fields(group)
        ]

    @functools.wraps(function)
    def run(**given: Any) -> None:
        with told_plainly():
            made = {
                name: group(**{field.name: given.pop(field.name) for field in fields(group)})
                for name, group in groups.items()
            }
            function(**given, **made)

    # What typer reads instead of following __wrapped__.
    del run.__wrapped__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _default(field: Field[Any]) -> Any:
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else inspect.Parameter.empty
