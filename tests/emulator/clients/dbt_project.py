"""A dbt project of one case: written from texts, run in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import snowflake.connector
import yaml
from cases import Place
from dbt.cli.main import dbtRunner


class Project:
    """A project with a schema of its own.

    Args:
        place: Where the emulator is; the project is written into its directory.
        name: Of the schema; what is in it goes first.
        files: Text by path, such as ``models/a.sql``.
        config: What ``dbt_project.yml`` holds beside the names.
    """

    def __init__(self, place: Place, name: str, files: dict[str, str], **config: Any) -> None:
        self.place, self.schema = place, f"DBT_{name.upper()}"
        self.root = place.directory / "project"
        said = {
            "name": "swept",
            "version": "1.0",
            "profile": "emulator",
            "flags": {"send_anonymous_usage_stats": False},
        }
        self.write({"dbt_project.yml": yaml.safe_dump({**said, **config}), **files})
        self._write_profile(place)
        self.rows(f"drop schema if exists {self.schema}")

    def _write_profile(self, place: Place) -> None:
        target = {**place.kwargs, "type": "snowflake", "schema": self.schema, "threads": 2}
        profile = {"emulator": {"target": "here", "outputs": {"here": target}}}
        self.write({"profiles.yml": yaml.safe_dump(profile)})

    def write(self, files: dict[str, str]) -> None:
        """Write or replace files of the project."""
        for path, text in files.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def invoke(self, *words: str) -> Any:
        """The result of one command of ``dbt``, whether it succeeded or not."""
        places = ["--project-dir", str(self.root), "--profiles-dir", str(self.root)]
        return dbtRunner().invoke(["--quiet", "--log-path", str(self.root / "logs"), *words, *places])

    def dbt(self, *words: str) -> Any:
        """What one command returned; fails the case when it did not succeed, saying every message."""
        result = self.invoke(*words)
        if not result.success:
            raise AssertionError(f"dbt {' '.join(words)}: {result.exception or self.messages(result)}")
        return result.result

    @staticmethod
    def messages(result: Any) -> str:
        """What the nodes of a run say that did not succeed."""
        nodes = getattr(result.result, "results", result.result) or []
        return "; ".join(
            f"{each.node.name}: {each.message}" for each in nodes if each.status not in {"success", "pass"}
        )

    def rows(self, sql: str) -> list[Any]:
        """The rows of a statement in the project's schema."""
        with snowflake.connector.connect(**{**self.place.kwargs, "schema": None}) as connection:
            cursor = connection.cursor()
            if not sql.startswith("drop schema"):
                cursor.execute(f"use schema {self.schema}")
            return list(cursor.execute(sql).fetchall())

    def artifact(self, name: str) -> Any:
        """A JSON file that dbt left in ``target``."""
        return json.loads(Path(self.root, "target", name).read_text())
