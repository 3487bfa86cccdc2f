"""The examples of Snowpark's reference, from the installed package's docstrings; see ``cases.py`` for how to run them.

Snowpark's maintainers run them against Snowflake, so that their output is Snowflake's.
"""

from __future__ import annotations

import doctest
import importlib
import io
from typing import Any

from cases import Place, case, main
from snowflake.snowpark import Session

MODULES = (
    "functions", "_functions.general_functions", "_functions.scalar_functions", "column", "dataframe", "window",
    "dataframe_analytics_functions", "dataframe_na_functions", "dataframe_stat_functions", "dataframe_reader",
    "relational_grouped_dataframe", "row", "session", "table", "table_function", "types",
)  # fmt: skip
_FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def _register(example: doctest.DocTest) -> None:
    def run(place: Place) -> None:
        said = io.StringIO()
        with Session.builder.configs(place.kwargs).create() as session:
            session.sql_simplifier_enabled = False  # as its maintainers run them
            example.globs["session"] = session
            runner = doctest.DocTestRunner(optionflags=_FLAGS)
            if runner.run(example, out=said.write, clear_globs=False).failed:
                raise AssertionError(said.getvalue()[-2000:])

    run.__name__ = example.name.removeprefix("snowflake.snowpark.")
    case(run)


def _prepare(place: Place) -> None:
    with Session.builder.configs(place.kwargs | {"schema": "PUBLIC"}).create() as session:
        session.sql("CREATE SCHEMA IF NOT EXISTS CLIENTS").collect()


def _examples() -> list[Any]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    modules = (importlib.import_module(f"snowflake.snowpark.{name}") for name in MODULES)
    return [found for module in modules for found in finder.find(module) if found.examples]


if __name__ == "__main__":
    for found in _examples():
        _register(found)
    main(_prepare)
