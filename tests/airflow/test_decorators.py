"""Functions that run in containers: what is shipped, what comes back, and what is refused."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk import DAG, BaseOperator, task

from airflow_provider_spcs import Resources, SpcsJobOperator, decorators
from airflow_provider_spcs.connected_task import ConnectedTask
from airflow_provider_spcs.errors import InvalidInput, JobFailedError
from airflow_provider_spcs.parameters import SpcsJobParameters
from airflow_provider_spcs.task_options import SpcsTaskOptions, TaskOptions
from tests.airflow.fakes import TaskInstance, context

OUTSIDE = 5


@pytest.fixture
def options(job: dict[str, Any]) -> dict[str, Any]:
    """Parameters of a decorator whose container runs quickly."""
    return {key: value for key, value in job.items() if key != "task_id"}


def dag(name: str, **kwargs: Any) -> DAG:
    """A DAG for one test."""
    return DAG(name, schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), **kwargs)


def returned(run: Any, task_id: str, key: str = "return_value", map_index: int = -1) -> Any:
    """An XCom of a run's task."""
    ti = next(ti for ti in run.get_task_instances() if (ti.task_id, ti.map_index) == (task_id, map_index))
    return ti.xcom_pull(task_ids=task_id, key=key, map_indexes=map_index)


@pytest.mark.parametrize("deferrable", [False, True])
def test_spcs_function_gets_arguments_and_its_value_is_the_xcom(
    options: dict[str, Any], run_dag: Callable[..., Any], deferrable: bool
) -> None:
    """Positional, keyword, default, XCom, template and context arguments; a dict as several XComs."""
    with dag(f"function_{deferrable}", params={"rows": 3}) as made:

        @task
        def upstream() -> dict[str, int]:
            return {"a": 1}

        @task.spcs(**options, deferrable=deferrable, multiple_outputs=True)
        def add(first: dict[str, int], rows: str, *rest: int, scale: float = 0.5, run_id: Any = None) -> dict[str, Any]:
            import math

            print("adding")
            return {"sum": first["a"] + int(rows) + math.fsum(rest), "scale": scale, "run": run_id}

        add(upstream(), "{{ params.rows }}", 10, 20)
    run = run_dag(made)
    assert str(run.state) == "success"
    assert returned(run, "add") == {"sum": 34, "scale": 0.5, "run": run.run_id}
    assert returned(run, "add", "sum") == 34


def test_spcs_function_is_mapped_over_the_values_of_another(
    options: dict[str, Any], run_dag: Callable[..., Any]
) -> None:
    """Partial and expand, and a function that takes what the mapped ones returned."""
    with dag("mapped_functions") as made:

        @task.spcs(**options, resources=Resources(memory="1Gi"))
        def double(number: int, plus: int) -> int:
            return 2 * number + plus

        @task.spcs(**options)
        def total(numbers: list[int]) -> int:
            return sum(numbers)

        total(double.partial(plus=1).expand(number=[1, 2]))
    run = run_dag(made)
    assert str(run.state) == "success"
    assert returned(run, "total") == 8


def test_spcs_cmd_function_makes_the_command(options: dict[str, Any], run_dag: Callable[..., Any]) -> None:
    """It runs in the worker, with Airflow's context; its list may hold templates."""
    program = (
        "import json, pathlib, sys; pathlib.Path('/airflow/xcom/return.json').write_text(json.dumps(sys.argv[1:]))"
    )
    with dag("command", params={"rows": 3}) as made:

        @task.spcs_cmd(**options, deferrable=True)
        def show(extra: str, params: Any = None) -> list[str]:
            return ["python", "-c", program, extra, str(params["rows"]), "{{ params.rows }}"]

        show("x")
    run = run_dag(made)
    assert str(run.state) == "success"
    assert returned(run, "show") == ["x", "3", "3"]


def function_operator(function: Callable[..., Any], options: dict[str, Any], *args: Any, **more: Any) -> Any:
    """The operator that the decorator makes of a function called with ``args``."""
    return decorators.spcs_task(**{"task_id": "function", **options, **more})(function)(*args).operator


def test_spcs_function_that_raises_shows_its_traceback_with_the_dag_files_lines(options: dict[str, Any]) -> None:
    """A person finds the line in the file they wrote."""

    def divide(number: int) -> float:
        return number / 0

    _, first = inspect.getsourcelines(divide)
    with pytest.raises(JobFailedError) as caught:
        function_operator(divide, options, 3).execute(context(TaskInstance(run_id="raises")))
    lines = caught.value.last_lines
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1] == f'  File "test_decorators.py", line {first + 1}, in divide'
    assert lines[2].strip() == "return number / 0"
    assert lines[-1] == "ZeroDivisionError: division by zero"
    assert "ZeroDivisionError: division by zero" in str(caught.value)


def test_spcs_function_with_a_value_that_is_no_json_says_which(options: dict[str, Any]) -> None:
    """The exit code has a meaning, and the log names the place in the value."""

    def model() -> dict[str, Any]:
        return {"models": [object()]}

    with pytest.raises(JobFailedError) as caught:
        function_operator(model, options).execute(context(TaskInstance(run_id="no-json")))
    assert caught.value.exit_code == 65
    assert "the return value['models'][0] is a object" in caught.value.last_lines[-1]
    assert "not JSON" in str(caught.value)


def test_spcs_function_with_requirements_of_the_image_asks_no_index(options: dict[str, Any]) -> None:
    """What the image has already is not installed again: no network is needed."""

    def version() -> str:
        import yaml

        return str(yaml.__version__)

    operator = function_operator(version, options, requirements=["pyyaml>=5", "colorama; sys_platform == 'win32'"])
    assert operator.execute(context(TaskInstance(run_id="satisfied")))


def test_spcs_function_with_requirements_that_pip_refuses_says_what_it_needs(options: dict[str, Any]) -> None:
    """No index is reachable: the card says that an integration is missing."""
    operator = function_operator(
        lambda_free, options, requirements=["no-such-package>=1"], env_vars={"PIP_NO_INDEX": "1"}
    )
    with pytest.raises(JobFailedError) as caught:
        operator.execute(context(TaskInstance(run_id="refused")))
    assert caught.value.exit_code == 72
    assert "give external_access_integrations that reach a package index" in str(caught.value)


def lambda_free() -> None:
    """A function that can be shipped."""


def test_spcs_function_that_calls_itself_and_awaits_is_shipped(options: dict[str, Any]) -> None:
    """Its own name and coroutines work as anywhere."""

    async def factorial(number: int) -> int:
        import asyncio

        await asyncio.sleep(0)
        return number * await factorial(number - 1) if number else 1

    globals()["factorial"] = None
    with pytest.raises(InvalidInput, match="it uses factorial of the function around it"):
        function_operator(factorial, options, 3)
    assert function_operator(module_factorial, options, 3).execute(context(TaskInstance(run_id="recursive"))) == 6


async def module_factorial(number: int) -> int:
    """A coroutine that calls itself."""
    return number * await module_factorial(number - 1) if number else 1


def uses_a_global() -> int:
    """Uses a name of this file."""
    return OUTSIDE


def generates() -> Any:
    """Hands back no value."""
    yield 1


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (uses_a_global, "OUTSIDE of its file"),
        (generates, "generator"),
        (functools.wraps(lambda_free)(lambda: None), "not a plain function"),
        (lambda: 1, "lambda"),
    ],
)
def test_spcs_function_that_cannot_be_shipped_is_refused_when_the_dag_is_parsed(
    options: dict[str, Any], function: Any, words: str
) -> None:
    """Long before a container starts, with the reason."""
    with pytest.raises(InvalidInput, match=words):
        function_operator(function, options)


def test_spcs_function_without_source_is_refused(options: dict[str, Any]) -> None:
    """A function made by exec has no file to read."""
    names: dict[str, Any] = {}
    exec("def made(): pass", names)  # noqa: S102
    with pytest.raises(InvalidInput, match="source cannot be read"):
        function_operator(names["made"], options)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "its argument value is a datetime"),
        ({"a": [b"x"]}, r"its argument value\['a'\]\[0\] is a bytes"),
        ({1: 2}, "has the key 1"),
        ("x" * 70_000, "bytes of JSON"),
    ],
)
def test_spcs_function_argument_that_is_no_json_is_refused(options: dict[str, Any], value: Any, words: str) -> None:
    """The place in the argument is named, nothing is submitted."""

    def take(value: Any) -> None: ...

    with pytest.raises(InvalidInput, match=words):
        function_operator(take, options, value).execute(context(TaskInstance(run_id="bad-argument")))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"command": ["x"]}, "`command` is given"),
        ({"stage": None}, "`stage` is missing"),
        ({"requirements": "a b"}, "one string"),
    ],
)
def test_spcs_function_parameter_that_does_not_fit_is_refused(
    options: dict[str, Any], changed: dict[str, Any], words: str
) -> None:
    """A parameter is honoured or refused, never ignored."""
    with pytest.raises(InvalidInput, match=words):
        function_operator(lambda_free, options, **changed).execute(context(TaskInstance(run_id="bad")))


@pytest.mark.parametrize("made", ["python train.py", [], ["a", 1], None])
def test_spcs_cmd_function_that_returns_no_command_is_refused(options: dict[str, Any], made: Any) -> None:
    """It says what it got."""
    operator = decorators.spcs_cmd_task(task_id="command", **options)(lambda: made)().operator
    with pytest.raises(InvalidInput, match="list of strings"):
        operator.execute(context(TaskInstance(run_id="no-command")))


def test_default_args_reach_a_decorated_function() -> None:
    """What a DAG sets once counts for its functions, too."""
    with DAG("decorated_defaults", schedule=None, default_args={"compute_pool": "P", "stage": "@s", "image": "i"}):
        operator = function_operator(lambda_free, {})
    assert (operator.compute_pool, operator.stage, operator.image) == ("P", "@s", "i")


def test_default_resources_reach_a_mapped_function() -> None:
    """``resources`` of a DAG's defaults is ours, though Airflow has a word of that name for mapped tasks."""
    large = Resources(memory="9Gi")
    defaults = {"compute_pool": "P", "stage": "@s", "image": "i", "resources": large}
    with DAG("mapped_defaults", schedule=None, default_args=defaults) as made:

        @task.spcs
        def plain(number: int) -> int:
            return number

        plain.expand(number=[1, 2])
        plain.override(task_id="one")(1)
    assert made.get_task("plain").partial_kwargs["container_resources"] == large
    assert made.get_task("one").container_resources == large


def test_task_options_are_the_operators_parameters() -> None:
    """What an editor offers is what the operator takes."""
    parameters = [
        *inspect.signature(SpcsJobParameters.__init__).parameters.values(),
        *inspect.signature(ConnectedTask.__init__).parameters.values(),
    ]
    wanted = {p.name: p.annotation for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY}
    offered = {name: ref.__forward_arg__ for name, ref in SpcsTaskOptions.__annotations__.items()}
    airflow = set(TaskOptions.__annotations__)
    assert {name: kind for name, kind in offered.items() if name not in airflow} == wanted
    assert airflow <= set(inspect.signature(BaseOperator.__init__).parameters)


def test_decorated_operators_are_job_operators() -> None:
    """Link, templates and policy are the same as anywhere."""
    assert issubclass(decorators.SpcsFunctionOperator, SpcsJobOperator)
    assert set(SpcsJobOperator.template_fields) < set(decorators.SpcsFunctionOperator.template_fields)
