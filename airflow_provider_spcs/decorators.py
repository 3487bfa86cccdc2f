"""``@task.spcs``: a function that runs in a container. ``@task.spcs_cmd``: a function that makes a container's command.

Importing :func:`spcs_task` and :func:`spcs_cmd_task` from here is the same as writing ``@task.spcs`` and
``@task.spcs_cmd``, and lets an editor know the parameters.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, TypeVar, Unpack, overload

from airflow.providers.common.compat.sdk import DecoratedOperator, determine_kwargs, task_decorator_factory

from airflow_provider_spcs.errors import InvalidInput
from airflow_provider_spcs.function_source import FunctionSource
from airflow_provider_spcs.operators import SpcsJobOperator

if TYPE_CHECKING:
    from airflow.sdk.bases.decorator import Task

    from airflow_provider_spcs.composition import Parts
    from airflow_provider_spcs.task_options import SpcsTaskOptions

P = ParamSpec("P")
R = TypeVar("R")

_SHIPPED = Path(__file__).parent / "shipped"
CALL_VARIABLE = "SPCS_CALL"
CALL_EXIT_CODES: Mapping[int, str] = {
    65: "the function's return value is not JSON: return text, numbers, lists and dicts; the log names the place",
    70: "the image's Python cannot read the function's source: use an image with a newer Python",
    72: "pip could not install the requirements: give external_access_integrations that reach a package index, or use "
    "an image that has them",
}
"""Exit codes of ``shipped/spcs_call.py``, with what they mean and what to do."""


class _Decorated(DecoratedOperator, SpcsJobOperator):
    """What both have in common: templates of the function's arguments beside those of the job."""

    template_fields: Sequence[str] = (*DecoratedOperator.template_fields, *SpcsJobOperator.template_fields)
    template_fields_renderers: ClassVar[dict[str, str]] = {
        **DecoratedOperator.template_fields_renderers,
        **SpcsJobOperator.template_fields_renderers,
    }
    # The function runs elsewhere, or makes a list: the task itself is none of asyncio's.
    is_async = False


class SpcsFunctionOperator(_Decorated):
    """Runs a function in a container; ``@task.spcs`` makes it.

    Args:
        requirements: What pip installs before the call, unless the image has it: ``["xgboost>=3"]``.
        python: The image's Python, 3.9 or later.
        **kwargs: The function and its arguments, and the parameters of :class:`SpcsJobOperator` but ``command`` and
            ``args``.
    """

    custom_operator_name = "@task.spcs"
    template_fields: Sequence[str] = ("requirements", *_Decorated.template_fields)

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        requirements: Sequence[str] | None = None,
        python: str = "python",
        **kwargs: Any,
    ) -> None:
        # A DAG that cannot work is shown as broken, long before a container starts.
        FunctionSource.of(python_callable)
        super().__init__(python_callable=python_callable, **kwargs)
        self.requirements = requirements
        self.python = python
        for name in ("command", "args"):
            if getattr(self, name) is not None:
                raise InvalidInput(
                    f"@task.spcs {self.python_callable.__name__}",
                    f"`{name}` is given",
                    "The function is what the container runs",
                    "Use @task.spcs_cmd or SpcsJobOperator for a command",
                )
        self._call_context: Any = None

    def execute(self, context: Any) -> Any:
        """Ship the function, run it in a container, return its value."""
        self._call_context = context
        return SpcsJobOperator.execute(self, context)

    def execute_complete(self, context: Any, event: Any) -> Any:
        """Return the value after the triggerer's event."""
        self._call_context = context
        return super().execute_complete(context, event)

    @property
    def exit_codes(self) -> Mapping[int, str]:
        """What the exit codes of the call mean, beside those of a clone."""
        return {**super().exit_codes, **CALL_EXIT_CODES}

    def _parts(self) -> Parts:
        parts = super()._parts()
        source = FunctionSource.of(self.python_callable)
        if not self.stage:
            raise InvalidInput(
                f"@task.spcs {source.name}",
                "`stage` is missing",
                "The function's source goes into the container, and its value out of it, through a stage",
                "Give stage='@db.schema.stage'",
            )
        call = source.call(self._bound(), self._required())
        return replace(
            parts,
            command=[self.python, "-B", "-u", f"{self.payload_mount.rstrip('/')}/spcs_call.py"],
            env={**(parts.env or {}), CALL_VARIABLE: call},
        )

    def _payload_files(self) -> dict[str, str]:
        return {
            "spcs_call.py": (_SHIPPED / "spcs_call.py").read_text(encoding="utf-8"),
            "spcs_function.py": FunctionSource.of(self.python_callable).text,
        }

    def _required(self) -> Sequence[str]:
        if isinstance(self.requirements, str):
            raise InvalidInput(
                "requirements",
                f"{self.requirements!r} is one string",
                "It is a list, one requirement an item",
                f"Write {self.requirements.split()!r}",
            )
        return self.requirements or ()

    def _bound(self) -> inspect.BoundArguments:
        """The function's arguments, with what it asks of Airflow's context by name, and with its defaults."""
        signature = inspect.signature(self.python_callable)
        given = signature.bind_partial(*self.op_args, **self.op_kwargs).arguments
        named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        context = self._call_context or {}
        asked = {
            name: context[name]
            for name, parameter in signature.parameters.items()
            if parameter.kind in named and name in context and name not in given
        }
        bound = signature.bind(*self.op_args, **{**asked, **self.op_kwargs})
        bound.apply_defaults()
        return bound


class SpcsCommandOperator(_Decorated):
    """Runs the command that a function makes; ``@task.spcs_cmd`` makes it.

    The function itself runs in the Airflow worker, so it may use Airflow's context, connections and imports. It returns
    a list of strings, which may hold templates.

    Args:
        args_only: Whether the list is the container's ``args`` after the image's or the given ``command``.
        **kwargs: The function and its arguments, and the parameters of :class:`SpcsJobOperator`.
    """

    custom_operator_name = "@task.spcs_cmd"

    def __init__(self, *, args_only: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.args_only = args_only

    def execute(self, context: Any) -> Any:
        """Make the command, then run it."""
        from airflow_provider_spcs.leftovers import no_leftovers

        field = "args" if self.args_only else "command"
        if getattr(self, field) is not None:
            raise InvalidInput(
                f"@task.spcs_cmd {self.python_callable.__name__}",
                f"`{field}` is given beside the function that makes it",
                "It is made by the function",
                f"Leave `{field}` out",
            )
        with no_leftovers(self, self._attempt(context)):
            setattr(self, field, self.render_template(self._make(context), context))
        return SpcsJobOperator.execute(self, context)

    def _make(self, context: Any) -> list[str]:
        kwargs = {**determine_kwargs(self.python_callable, self.op_args, context), **self.op_kwargs}
        made = self.python_callable(*self.op_args, **kwargs)
        if not isinstance(made, list | tuple) or not made or not all(isinstance(item, str) for item in made):
            raise InvalidInput(
                f"@task.spcs_cmd {self.python_callable.__name__}",
                f"it returned {made!r}",
                "It returns the command as a list of strings",
                "Write ['python', 'train.py', str(rows)]",
            )
        return list(made)

    def execute_complete(self, context: Any, event: Any) -> Any:
        """Go on after the triggerer's event; the job has its command, so the function is not asked again."""
        self.command = self.command or ["made before"]
        return super().execute_complete(context, event)


@overload
def spcs_task(python_callable: Callable[P, R]) -> Task[P, R]: ...


@overload
def spcs_task(
    *,
    multiple_outputs: bool | None = None,
    requirements: Sequence[str] | None = None,
    python: str = "python",
    **options: Unpack[SpcsTaskOptions],
) -> Callable[[Callable[P, R]], Task[P, R]]: ...


def spcs_task(python_callable: Any = None, *, multiple_outputs: bool | None = None, **options: Any) -> Any:
    """Run a function in a container on Snowpark Container Services.

    The function's source is shipped on a stage: it imports what it needs inside itself, gets JSON arguments (XComs and
    templates, too), and its return value comes back as JSON. Nothing is pickled.

    Args:
        python_callable: The function.
        multiple_outputs: Whether a dict that it returns becomes one XCom for each key.
        **options: ``requirements``, ``python``, and the parameters of :class:`SpcsJobOperator`.
    """
    return _decorator(SpcsFunctionOperator, python_callable, multiple_outputs, options)


@overload
def spcs_cmd_task(python_callable: Callable[P, Sequence[str]]) -> Task[P, Any]: ...


@overload
def spcs_cmd_task(
    *, multiple_outputs: bool | None = None, args_only: bool = False, **options: Unpack[SpcsTaskOptions]
) -> Callable[[Callable[P, Sequence[str]]], Task[P, Any]]: ...


def spcs_cmd_task(python_callable: Any = None, *, multiple_outputs: bool | None = None, **options: Any) -> Any:
    """Run the command that a function returns, as a container on Snowpark Container Services.

    Args:
        python_callable: The function; it runs in the Airflow worker and returns a list of strings.
        multiple_outputs: Whether a dict that the job returns becomes one XCom for each key.
        **options: ``args_only``, and the parameters of :class:`SpcsJobOperator`.
    """
    return _decorator(SpcsCommandOperator, python_callable, multiple_outputs, options)


def _decorator(kind: type[_Decorated], function: Any, multiple_outputs: bool | None, options: dict[str, Any]) -> Any:
    # Airflow reads a mapped task's `resources` as its own word, which is about workers; also out of `default_args`.
    default = _default_resources(options.get("default_args"))
    if None not in (options.get("resources"), options.get("container_resources")):
        raise InvalidInput(
            "container_resources", "given beside resources", "They say the same in two ways", "Keep resources"
        )
    resources = options.pop("resources", default)
    if resources is not None:
        options.setdefault("container_resources", resources)
    if default is not None:
        options["resources"] = None
    return task_decorator_factory(
        python_callable=function, multiple_outputs=multiple_outputs, decorated_operator_class=kind, **options
    )


def _default_resources(given: Mapping[str, Any] | None) -> Any:
    """``resources`` among the defaults of the task, its group and its DAG, as far as these are known."""
    from airflow.sdk.definitions._internal.contextmanager import DagContext, TaskGroupContext

    dag = DagContext.get_current()
    group = TaskGroupContext.get_current(dag) if dag is not None else None
    for defaults in (given, getattr(group, "default_args", None), getattr(dag, "default_args", None)):
        if defaults and defaults.get("resources") is not None:
            return defaults["resources"]
    return None
