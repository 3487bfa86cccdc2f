"""MD5 sums of files as LIST shows them, computed once for each content."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

from airflow_provider_spcs.emulator.stages.location import File

_KEPT = 200_000


class Digests:
    """Remembers sums by path, size and change time, so that listing thousands of files again reads none of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str, int, int], str] = {}

    def md5(self, root: Path, file: File) -> str:
        """The file's MD5 in hexadecimal; of nothing, when it is gone meanwhile."""
        key = (f"{root}/{file.path}", file.size, file.changed_ns)
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = _digest(root / file.path)
            with self._lock:
                if len(self._known) >= _KEPT:
                    self._known.clear()
                self._known[key] = known
        return known


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except FileNotFoundError:
        return hashlib.md5(usedforsecurity=False).hexdigest()
