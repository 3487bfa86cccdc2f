"""Stage files over HTTP, for clients that cannot copy them straight from and to the stage's directory.

The newest drivers (snowflake-connector-python 5) know object stores only. They get a place that looks like Google's:
an address, a bucket, a key and a bearer token, which together open the files of one PUT or GET and nothing else.

``Source:`` https://github.com/snowflakedb/drivers, ``sf_core/src/file_manager/gcs_transfer.rs``.
"""

from __future__ import annotations

import hmac
import secrets
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from airflow_provider_spcs.emulator.clock import Clock
from airflow_provider_spcs.emulator.wire.credentials import hashed

BUCKET = "stage-files"
_LIFE = timedelta(hours=1)
"""As long as Snowflake's own stage credentials live."""
_NEVER_IN_PARTS = 1 << 62
"""Bytes from which a client would send or fetch a file in parts; on loopback one stream is as fast."""


@dataclass(frozen=True)
class Ticket:
    """What one PUT or GET may touch."""

    root: Path
    upload: bool
    expires: datetime
    files: frozenset[str] = field(default_factory=frozenset)
    """For a GET: the files named in its answer, as paths below ``root``."""

    def path(self, key: str) -> Path | None:
        """The file of a key below the ticket's root; None when it is not one of the ticket's."""
        parts = key.split("/")
        if "\0" in key or any(part in {"", ".", ".."} for part in parts):
            return None
        if not self.upload and key not in self.files:
            return None
        current = self.root
        for part in parts:
            current = current / part
            if current.is_symlink():
                return None
        return current


class Transfers:
    """Tickets of the last hour.

    Args:
        clock: Decides their age.
        uploads: Directory for files on their way in; on the file system of the stages. What is in it is removed.
    """

    def __init__(self, clock: Clock, uploads: Path) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tickets: dict[str, tuple[str, Ticket]] = {}
        self.uploads = uploads
        for left in uploads.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()

    def offer(self, transfer: Mapping[str, Any], base_url: str) -> dict[str, Any]:
        """The answer to PUT or GET with an object store's place in it instead of a directory.

        Args:
            transfer: The answer that names the directory.
            base_url: Scheme and host as the client wrote them.
        """
        upload = transfer["command"] == "UPLOAD"
        files = frozenset() if upload else frozenset(transfer["src_locations"])
        root = Path(transfer["stageInfo"]["location"])
        ticket = Ticket(root, upload, self._clock.now() + _LIFE, files)
        number, token = secrets.token_hex(8), secrets.token_urlsafe(32)
        with self._lock:
            now = self._clock.now()
            self._tickets = {key: kept for key, kept in self._tickets.items() if kept[1].expires > now}
            self._tickets[number] = (hashed(token), ticket)
        place = {
            **transfer["stageInfo"],
            "locationType": "GCS",
            "location": f"{BUCKET}/{number}/",
            "path": f"{number}/",
            "region": "local",
            "endPoint": base_url,
            "creds": {"GCS_ACCESS_TOKEN": token},
        }
        return {**transfer, "threshold": _NEVER_IN_PARTS, "stageInfo": place}

    def find(self, number: str, token: str) -> Ticket | None:
        """The ticket of that number, if the token is its own and it has not ended."""
        with self._lock:
            known, ticket = self._tickets.get(number, ("", None))
        if ticket is None or not hmac.compare_digest(known, hashed(token)):
            return None
        return ticket if ticket.expires > self._clock.now() else None
