"""The values of secrets: one file each in the home, readable by its owner only; never in a document or a log."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.names import Name

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account


def write(account: Account, name: Name, values: dict[str, str]) -> None:
    """Keep a secret's values by key: ``username``, ``password``, ``secret_string`` or ``access_token``."""
    path = _path(account, name)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(values, file)
    draft.replace(path)


def read(account: Account, name: Name) -> dict[str, str]:
    """A secret's values by key; empty when it has none."""
    try:
        return dict(json.loads(_path(account, name).read_text()))
    except FileNotFoundError:
        return {}


def remove(account: Account, name: Name) -> None:
    """Forget a secret's values."""
    _path(account, name).unlink(missing_ok=True)


def _path(account: Account, name: Name) -> Path:
    # A digest, because identifiers may hold any character and file names may not.
    return account.home.directory("secrets") / hashlib.sha256("\0".join(name).encode()).hexdigest()
