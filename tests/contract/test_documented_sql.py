"""Examples that Snowflake's documentation prints with their output, run over a real connection.

``documented_sql/*.toml`` holds them: a page's address, statements to run first, and cases of a query with the rows
that the page shows, each value as text. Expectations come from the page, never from an answer of the emulator.
``verified`` says where a case was read; false means that it was written down from memory of the page, whose copy at
hand does not have this example.
"""

from __future__ import annotations

import datetime
import tomllib
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "documented_sql"
QUICK = 3
"""How many verified cases of a page run by default."""
DOCUMENTS = "https://docs.snowflake.com/en/"


def _pages() -> list[Any]:
    found = []
    for file in sorted(FOLDER.glob("*.toml")):
        for number, page in enumerate(tomllib.loads(file.read_text())["page"]):
            page["key"] = f"{file.name} {number}"
            for place, (query, *expected) in enumerate(page["cases"]):
                where = f"{page['source'].rpartition('/')[2]}: {query}"
                quick = page["verified"] and place < QUICK
                marks = [] if quick else [pytest.mark.slow]
                found.append(pytest.param(page, query, expected, id=where[:90], marks=marks))
    return found


def shown(value: Any) -> str:  # noqa: PLR0911 - one return a type
    """A value as the documentation prints it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, datetime.datetime):
        zone = value.strftime(" %z") if value.tzinfo else ""
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + zone
    if isinstance(value, bytes | bytearray):
        return value.hex().upper()
    if isinstance(value, str) and value.startswith(("{", "[")):
        return "".join(line.strip() for line in value.split("\n"))
    return str(value)


@pytest.fixture(scope="module")
def prepared() -> set[str]:
    """Pages whose statements have run."""
    return set()


@pytest.mark.parametrize(("page", "query", "expected"), _pages())
def test_documented_example_gives_the_documented_rows(
    connection: Any, prepared: set[str], page: dict[str, Any], query: str, expected: list[Any]
) -> None:
    """One value, or rows of values, exactly as printed; ``ERROR n`` stands for an error of that number."""
    cursor = connection.cursor()
    if page["key"] not in prepared:
        prepared.add(page["key"])
        for statement in page.get("setup", []):
            cursor.execute(statement)
    text = (
        query
        if query.split(maxsplit=1)[0].upper() in {"SELECT", "WITH", "SHOW", "DESCRIBE", "CALL"}
        else f"SELECT {query}"
    )
    if str(expected[0]).startswith("ERROR "):
        from snowflake.connector.errors import DatabaseError

        with pytest.raises(DatabaseError) as caught:
            cursor.execute(text).fetchall()
        assert caught.value.errno == int(expected[0].split()[1])
        return
    rows = [[shown(value) for value in row] for row in cursor.execute(text).fetchall()]
    wanted = expected[0] if isinstance(expected[0], list) else [expected]
    assert rows == wanted


def test_every_page_names_its_source() -> None:
    """An expectation without a source proves nothing."""
    for file in FOLDER.glob("*.toml"):
        for page in tomllib.loads(file.read_text())["page"]:
            assert page["source"].startswith(DOCUMENTS)
            assert page["verified"] is False or page["verified"]
            assert page["cases"]
