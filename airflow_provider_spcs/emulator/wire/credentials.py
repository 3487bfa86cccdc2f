"""Who may log in: passwords and tokens, kept as hashes in one file that only its owner can read."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow_provider_spcs.emulator.clock import Clock
from airflow_provider_spcs.emulator.home import Home

ADMIN = "ADMIN"
OAUTH = "OAUTH"
PAT = "PROGRAMMATIC_ACCESS_TOKEN"


@dataclass(frozen=True)
class Grant:
    """What a token stands for."""

    user: str
    role: str
    kind: str
    expires: datetime
    warehouse: str | None = None
    """Current warehouse of a session opened with it that names none."""


def hashed(token: str) -> str:
    """The form in which a random token is kept; a fast hash is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


class Credentials:
    """Passwords by user, tokens by hash; each change is on disk when the call returns.

    Args:
        home: Where ``credentials.json`` and ``admin-password`` lie (mode 0600).
        clock: Decides what has expired.
    """

    def __init__(self, home: Home, clock: Clock) -> None:
        self._file = home.root / "credentials.json"
        self._password_file = home.root / "admin-password"
        self._clock = clock
        self._lock = threading.RLock()
        self._key, self._proven = secrets.token_bytes(32), set[bytes]()
        self._state: dict[str, Any] = {"passwords": {}, "tokens": {}}
        if self._file.exists():
            self._state = json.loads(self._file.read_text())
        if not self._password_file.exists():
            write_private(self._password_file, secrets.token_urlsafe(18))
            self.set_password(ADMIN, self.admin_password)

    @property
    def admin_password(self) -> str:
        """The random password of the default user, made at first start."""
        return self._password_file.read_text()

    def set_password(self, user: str, password: str) -> None:
        """Let ``user`` log in with ``password`` from now on."""
        salt = secrets.token_bytes(16)
        with self._lock:
            known = _stretched(password, salt)
            self._state["passwords"][user] = f"{salt.hex()}${known}"
            self._proven.add(self._mark(known, password))
            self._save()

    def forget(self, user: str) -> None:
        """Take away the user's password and tokens."""
        with self._lock:
            self._state["passwords"].pop(user, None)
            self._state["tokens"] = {key: kept for key, kept in self._state["tokens"].items() if kept["user"] != user}
            self._save()

    def has_password(self, user: str, password: str) -> bool:
        """Whether this is the user's password; a wrong one takes the same time for a user that does not exist."""
        with self._lock:
            salt, _, known = self._state["passwords"].get(user, f"{bytes(16).hex()}$-").partition("$")
        # The hash is slow by intent: once. From then on a fast one is as good, under a key that is never written.
        mark = self._mark(known, password)
        if mark in self._proven:
            return True
        right = hmac.compare_digest(_stretched(password, bytes.fromhex(salt)), known)
        if right:
            self._proven.add(mark)
        return right

    def _mark(self, known: str, password: str) -> bytes:
        return hmac.digest(self._key, f"{known}{password}".encode(), "sha256")

    def issue_token(
        self,
        user: str,
        role: str,
        *,
        seconds: float = 3600,
        kind: str = OAUTH,
        warehouse: str | None = None,
        holder: str | None = None,
    ) -> str:
        """A new token with which ``user`` can log in under ``role``.

        Args:
            user: Whose token it is.
            role: The only role it gives; empty for any role of the user's.
            seconds: How long it is good for.
            kind: ``OAUTH`` (containers) or ``PROGRAMMATIC_ACCESS_TOKEN``.
            warehouse: Current warehouse of sessions that name none.
            holder: Who was given it, for :meth:`revoke_held_by`; a programmatic token's name.
        """
        token = secrets.token_urlsafe(32)
        expires = self._clock.now() + timedelta(seconds=seconds)
        with self._lock:
            self._drop_stale()
            self._state["tokens"][hashed(token)] = {
                "user": user, "role": role, "kind": kind, "expires": expires.isoformat(), "warehouse": warehouse,
                "holder": holder,
            }  # fmt: skip
            self._save()
        return token

    def expire(self, token: str) -> None:
        """Let a token's time be over now; one that is unknown stays unknown."""
        with self._lock:
            known = self._state["tokens"].get(hashed(token))
            if known is not None:
                known["expires"] = self._clock.now().isoformat()
                self._save()

    def revoke(self, token: str) -> None:
        """Make a token worthless; one that is unknown already is."""
        with self._lock:
            if self._state["tokens"].pop(hashed(token), None) is not None:
                self._save()

    def revoke_held_by(self, holder: str) -> None:
        """Make all tokens worthless that were issued to ``holder``."""
        with self._lock:
            kept = {key: item for key, item in self._state["tokens"].items() if item.get("holder") != holder}
            if len(kept) != len(self._state["tokens"]):
                self._state["tokens"] = kept
                self._save()

    def named_tokens(self, user: str) -> list[dict[str, Any]]:
        """Name, role and end (``expires``) of the user's programmatic tokens, by name; not the tokens."""
        with self._lock:
            kept = [item for item in self._state["tokens"].values() if _is_named(item, user)]
        return [
            {"name": item["holder"], "role": item["role"], "expires": datetime.fromisoformat(item["expires"])}
            for item in sorted(kept, key=lambda item: str(item["holder"]))
        ]

    def revoke_named(self, user: str, name: str) -> bool:
        """Make the user's programmatic token of that name worthless; false when there is none."""
        with self._lock:
            tokens = self._state["tokens"]
            gone = [key for key, item in tokens.items() if _is_named(item, user) and item["holder"] == name]
            for key in gone:
                del tokens[key]
            if gone:
                self._save()
        return bool(gone)

    def grant(self, token: str) -> Grant | None:
        """What the token stands for, also when it has expired; None when it was never issued or is revoked."""
        given = hashed(token)
        with self._lock:
            for known, kept in self._state["tokens"].items():
                if hmac.compare_digest(known, given):
                    expires = datetime.fromisoformat(kept["expires"]).astimezone(UTC)
                    return Grant(kept["user"], kept["role"], kept["kind"], expires, kept.get("warehouse"))
        return None

    def _drop_stale(self) -> None:
        # A day more than its life, so that a client still hears "expired" and not "invalid".
        oldest = self._clock.now() - timedelta(days=1)
        self._state["tokens"] = {
            key: kept for key, kept in self._state["tokens"].items() if datetime.fromisoformat(kept["expires"]) > oldest
        }

    def _save(self) -> None:
        write_private(self._file, json.dumps(self._state))


def write_private(path: Path, text: str) -> None:
    """Replace a file by one that only its owner can read, in one step."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    draft.replace(path)


def _is_named(item: dict[str, Any], user: str) -> bool:
    return bool(item["user"] == user and item["kind"] == PAT and item.get("holder"))


def _stretched(password: str, salt: bytes) -> str:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**13, r=8, p=1).hex()
