"""The account's functions and procedures: found by name and number of arguments, with what runs them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError, already_exists
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.routines.definition import Routine

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.engine.types import Declared
    from airflow_provider_spcs.emulator.objects import Document

FUNCTION, PROCEDURE = "FUNCTION", "PROCEDURE"


@dataclass(frozen=True)
class Found:
    """A routine, where it is, and what identifies this version of it."""

    name: Name
    routine: Routine
    id: str
    created_on: str
    owner: str

    def __deepcopy__(self, memo: object) -> Found:
        """Itself: trees whose calls bear it are copied often."""
        return self


class Routines:
    """Functions and procedures of an account.

    Args:
        account: Where permanent ones are kept, and whose sessions hold the temporary ones.
    """

    def __init__(self, account: Account) -> None:
        from airflow_provider_spcs.emulator.routines.running import Runs

        self._account = account
        self.runs = Runs(account)
        self.attached: dict[str, Session] = {}
        """Sessions that a procedure's own client joins, by the token that it logs in with."""
        self._any: dict[str, bool] = {}

    def create(self, session: Session, name: Name, routine: Routine, *, temporary: bool, replace: bool) -> None:
        """Keep a routine.

        Raises:
            SnowflakeError: 2002 when there is one and ``replace`` is not asked for.
        """
        kind = stored_kind(routine)
        key = Name(name.database, name.schema, f"{name.name}{routine.signature}")
        document: Document = {
            **routine.document(),
            "name": name.name,
            "id": secrets.token_hex(8),
            "created_on": self._account.clock.now().isoformat(),
            "owner": session.role,
        }
        there = session.routines.get((kind, key)) if temporary else self._account.objects.find(kind, key)
        if there is not None and not replace:
            raise already_exists(Name(name.database, name.schema, name.name))
        if temporary:
            session.routines[kind, key] = document
        else:
            if there is not None:
                self._account.objects.drop(kind, key)
            self._account.objects.create(kind, key, document)
        self._any.clear()

    def drop(self, session: Session, kind: str, name: Name, kinds: Sequence[Declared]) -> bool:
        """Remove a routine; whether there was one."""
        key = Name(name.database, name.schema, f"{name.name}({', '.join(item.name for item in kinds)})")
        if session.routines.pop((kind, key), None) is not None:
            return True
        if self._account.objects.find(kind, key) is None:
            return False
        self._account.objects.drop(kind, key)
        self._any.clear()
        return True

    def listed(self, session: Session, kind: str) -> list[Found]:
        """All of a kind that the session sees."""
        own = [_found(key, document) for (its, key), document in session.routines.items() if its == kind]
        return own + [_found(item.name, item.document) for item in self._account.objects.list(kind)]

    def overloads(self, session: Session, kind: str, parts: Sequence[str]) -> list[Found]:
        """All of one name."""
        if not session.routines and not self._exists(kind):
            return []
        try:
            name = session.qualify(parts)
        except SnowflakeError:
            return []
        return [item for item in self.listed(session, kind) if item.name == name]

    def find(self, session: Session, kind: str, parts: Sequence[str], given: Sequence[Declared | None]) -> Found | None:
        """The routine that takes these arguments: the one with most types alike, temporary ones first."""
        fitting = [item for item in self.overloads(session, kind, parts) if _takes(item.routine, len(given))]
        return max(fitting, key=lambda item: _likeness(item.routine, given), default=None)

    def _exists(self, kind: str) -> bool:
        if kind not in self._any:
            self._any[kind] = bool(self._account.objects.list(kind))
        return self._any[kind]


def stored_kind(routine: Routine) -> str:
    """Aggregate functions are kept among the functions."""
    return PROCEDURE if routine.kind == PROCEDURE else FUNCTION


def _found(key: Name, document: Document) -> Found:
    name = Name(key.database, key.schema, document["name"])
    return Found(name, Routine.of(document), document["id"], document["created_on"], document["owner"])


def _takes(routine: Routine, count: int) -> bool:
    return len(routine.arguments) - len(routine.defaults) <= count <= len(routine.arguments)


def _likeness(routine: Routine, given: Sequence[Declared | None]) -> int:
    pairs = zip(routine.arguments, given, strict=False)
    return sum(kind is not None and kind.name == wanted.name for (_, wanted), kind in pairs)
