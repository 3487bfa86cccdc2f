"""Files made from staged ones so that DuckDB can read them: unpacked, or uneven text as Parquet."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

_LIFE_SECONDS = 3600.0


class Derived:
    """The derived files of the last hour.

    Args:
        root: Directory for them; what is in it is removed.
    """

    def __init__(self, root: Path) -> None:
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(mode=0o700)
        self._root = root
        self._lock = threading.Lock()
        self._asked: dict[Path, float] = {}

    def get(self, key: object, make: Callable[[Path], None]) -> Path:
        """The file of a key, which says from what content and how it is made; ``make`` writes it when it is missing."""
        path = self._root / hashlib.sha256(repr(key).encode()).hexdigest()
        with self._lock:
            now = time.monotonic()
            for old in [item for item, asked in self._asked.items() if asked < now - _LIFE_SECONDS]:
                del self._asked[old]
                old.unlink(missing_ok=True)
            self._asked[path] = now
        if not path.exists():
            draft = path.with_name(secrets.token_hex(16))
            try:
                make(draft)
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
        return path
