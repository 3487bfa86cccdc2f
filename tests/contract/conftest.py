"""The facts, and an account that is judged by them: the emulator, or a live one with ``SPCS_LIVE=1``."""

from __future__ import annotations

import contextlib
import os
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Facts = dict[str, Any]
Run = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def facts() -> Facts:
    """``facts.toml``."""
    return tomllib.loads((Path(__file__).parent / "facts.toml").read_text())


@pytest.fixture(scope="session")
def connection() -> Iterator[Any]:
    """A connection of the real connector, in a schema of its own."""
    import snowflake.connector

    with contextlib.ExitStack() as stack:
        if os.environ.get("SPCS_LIVE") == "1":
            given: dict[str, Any] = {"connection_name": os.environ.get("SPCS_LIVE_CONNECTION", "default")}
        else:
            from airflow_provider_spcs.emulator import start

            given = stack.enter_context(start()).connection_kwargs
        opened = stack.enter_context(contextlib.closing(snowflake.connector.connect(**given)))
        opened.cursor().execute("CREATE OR REPLACE SCHEMA SPCS_CONTRACT")
        nodes = "MIN_NODES = 1 MAX_NODES = 1 INSTANCE_FAMILY = CPU_X64_XS"
        opened.cursor().execute(f"CREATE COMPUTE POOL IF NOT EXISTS SPCS_CONTRACT_POOL {nodes}")
        yield opened
        opened.cursor().execute("DROP SCHEMA SPCS_CONTRACT")
        opened.cursor().execute("DROP COMPUTE POOL SPCS_CONTRACT_POOL")


@pytest.fixture(scope="session")
def run(connection: Any) -> Run:
    """Run a statement; rows by lower-case column."""

    def statement(text: str) -> list[dict[str, Any]]:
        cursor = connection.cursor()
        cursor.execute(text)
        names = [column[0].lower() for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    return statement


@pytest.fixture(scope="session")
def job(run: Run) -> str:
    """A job that has ended well."""
    image = os.environ.get("SPCS_LIVE_IMAGE", "/emulator/public/images/python:3.11")
    spec = f"spec: {{containers: [{{name: main, image: {image}, command: [python, -c, 'print(1)']}}]}}"
    run(
        "EXECUTE JOB SERVICE IN COMPUTE POOL SPCS_CONTRACT_POOL NAME = CONTRACT_JOB ASYNC = TRUE "
        f"FROM SPECIFICATION $${spec}$$"
    )
    run("CALL CONTRACT_JOB!SPCS_WAIT_FOR('DONE', 600)")
    return "CONTRACT_JOB"
