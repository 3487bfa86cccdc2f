"""The example's set-up files, applied to an account statement by statement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_spcs.demo.errors import DemoError

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

_PLACEHOLDER = re.compile(r"<([a-z_]+)>")


def statements(path: Path, values: Mapping[str, str]) -> Iterator[str]:
    """The statements of one file with its ``<placeholders>`` filled in.

    Raises:
        DemoError: A placeholder has no value.
    """
    from snowflake.connector.util_text import split_statements

    def fill(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise DemoError(
                f"{path}: no value for the placeholder <{match[1]}>. Each must be filled in before the file runs."
            )
        return values[match[1]]

    for text, _ in split_statements(StringIO(path.read_text()), remove_comments=True):
        if text and text.strip(" ;\n"):
            yield _PLACEHOLDER.sub(fill, text).strip().rstrip(";")


def apply(connection: SnowflakeConnection, path: Path, values: Mapping[str, str]) -> int:
    """Run the statements of one file in order; how many ran.

    Raises:
        DemoError: A statement failed; names the file and the statement's first line, never a secret's value.
    """
    from snowflake.connector.errors import Error

    count = 0
    with connection.cursor() as cursor:
        for statement in statements(path, values):
            try:
                cursor.execute(statement)
            except Error as error:
                first = next(line for line in statement.splitlines() if line.strip())
                raise DemoError(f"{path.name}: {first.strip()} ...: {error.errno}: {error.raw_msg}") from error
            count += 1
    return count
