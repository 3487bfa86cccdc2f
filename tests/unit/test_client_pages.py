"""A schema with more jobs than one answer holds."""

from __future__ import annotations

import re
from typing import Any

from airflow_provider_spcs.client import SpcsClient

COUNT = 20_500
NAMES = [f"AF_JOB_{number:06}" for number in range(COUNT)]


class Connection:
    """A connection and its cursor in one: answers SHOW JOB SERVICES ... LIMIT n [FROM 'name'], in order of names."""

    sfqid = "q"
    description = (("name",), ("status",), ("database_name",), ("schema_name",))

    def __init__(self, asked: list[str]) -> None:
        self._asked = asked

    def cursor(self) -> Connection:
        """Itself."""
        return self

    def execute(self, text: str, binds: object = None) -> None:
        """Take note."""
        self._asked.append(text)

    def fetchall(self) -> list[tuple[str, ...]]:
        """One page."""
        text = self._asked[-1]
        (limit,) = re.findall(r"LIMIT (\d+)", text)
        after = re.findall(r"FROM '(\w+)'", text)
        first = NAMES.index(after[0]) + 1 if after else 0
        return [(name, "RUNNING", "DB", "S") for name in NAMES[first : first + min(int(limit), 10_000)]]

    def is_closed(self) -> bool:
        """It stays open."""
        return False

    def close(self) -> None:
        """Nothing to close."""


def test_list_of_more_jobs_than_a_page_holds_is_whole() -> None:
    """SHOW answers with 10,000 rows at most: each page begins after the last name of the one before."""
    asked: list[str] = []

    def connect() -> Any:
        return Connection(asked)

    with SpcsClient(connect) as client:
        jobs = client.list_jobs("DB.S")
    assert [job.name.name for job in jobs] == NAMES
    assert [re.findall(r"FROM '(\w+)'", text) for text in asked] == [[], ["AF_JOB_009999"], ["AF_JOB_019999"]]
