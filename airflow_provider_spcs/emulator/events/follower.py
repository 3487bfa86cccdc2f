"""Reads a container's log as it grows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_provider_spcs.emulator.events.rows import Row, log

CHUNK_BYTES = 4 * 2**20


@dataclass
class Follower:
    """One log and how far it is read.

    Args:
        key: Names the container for ever.
        path: The log.
        resource: RESOURCE_ATTRIBUTES of its rows.
        level: INFO for both streams, ERROR for stderr only, NONE for nothing.
        position: Bytes read so far; always after the end of a line.
        finished: Whether nothing will be appended any more.
    """

    key: str
    path: Path
    resource: dict[str, Any]
    level: str
    position: int = 0
    finished: bool = False

    def read(self) -> tuple[list[Row], int]:
        """The rows of the next whole lines, at most a few MiB of them, and the position after them."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.position)
                chunk = file.read(CHUNK_BYTES)
        except FileNotFoundError:
            return [], self.position
        end = chunk.rfind(b"\n") + 1
        if not end and (self.finished or len(chunk) == CHUNK_BYTES):
            end = len(chunk)
        lines = chunk[:end].decode("utf-8", "replace").split("\n")
        resource = json.dumps(self.resource)
        rows = [log(line, resource) for line in lines if self._wanted(line)]
        return [row for row in rows if row is not None], self.position + end

    def _wanted(self, line: str) -> bool:
        if not line or self.level == "NONE":
            return False
        return self.level == "INFO" or line.partition(" ")[2].startswith("stderr")
