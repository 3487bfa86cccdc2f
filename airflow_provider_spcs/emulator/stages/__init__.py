"""Internal stages as directories, and every statement that moves or reads their files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError, does_not_exist
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.stages import ddl, format_ddl, infer, listing, load, transfer, unload
from airflow_provider_spcs.emulator.stages.derived import Derived
from airflow_provider_spcs.emulator.stages.loads import Loads
from airflow_provider_spcs.emulator.stages.location import Location, directory_name
from airflow_provider_spcs.emulator.stages.md5 import Digests
from airflow_provider_spcs.emulator.stages.reference import Reference, parse
from airflow_provider_spcs.emulator.stages.temporary import Scoped

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.objects import Document, StoredObject


class Stages:
    """The stages of an account: which directory each has, and who may see it.

    A stage's directory is chosen once, at creation, and kept in its document, so that renaming the stage, its schema or
    its database moves no file.

    Args:
        account: The account they belong to.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._root = account.home.directory("stages")
        # A temporary stage ends with its session, and no session outlives the process.
        shutil.rmtree(self._root / ".temporary", ignore_errors=True)
        self.objects = Scoped(account.objects)
        self.digests = Digests()
        self.derived = Derived(account.home.root / "derived")
        self.loads = Loads(account.objects, self.digests)
        self.objects.on_drop("STAGE", self._dropped)

    def path(self, session: Session, reference: str) -> Path:
        """The directory or file that a reference such as ``@db.schema.stage/dir`` names; it need not exist.

        Raises:
            SnowflakeError: 2003 when the stage is missing, 391 for a path with ``..`` or through a link.
        """
        return self.locate(session, reference).directory

    def locate(self, session: Session, reference: str, *, writable: bool = False) -> Location:
        """The stage's directory, and the prefix of the files meant.

        Args:
            session: Whose context completes the name, and whose temporary stages count.
            reference: As written in SQL, without quotes.
            writable: Whether files are going to change, which a model version's never do.

        Raises:
            SnowflakeError: 1003 when it is no reference, 2003 when the stage is missing, 391 for a refused path,
                3001 for writing to a model version.
        """
        parsed = parse(reference)
        if parsed.kind == "model":
            if writable:
                raise SnowflakeError(
                    f"SQL access control error:\nInsufficient privileges to write to '{reference}'. "
                    "A model version's files do not change. Log a new version.",
                    3001,
                    "42501",
                )
            return self._account.models.locate(session, parsed)
        label = f"{parsed.parts[-1].lower()}/" if parsed.kind == "stage" else ""
        return Location(self._directory(session, parsed), parsed.path, label)

    def new_directory(self, name: Name, session: Session | None = None) -> str:
        """Make an empty directory for a new stage; its path below the stages' root.

        Args:
            name: The stage's name, which the directory's resembles.
            session: The owner of a temporary stage.
        """
        base = Path(*(directory_name(part) for part in name))
        if session is not None:
            base = Path(".temporary", str(session.id)) / base
        chosen, number = base, 1
        while (self._root / chosen).exists():
            number += 1
            chosen = base.with_name(f"{base.name}~{number}")
        self._account.home.directory("stages", str(chosen))
        return str(chosen)

    def end_session(self, session: Session) -> None:
        """Forget the session's temporary stages and file formats, and remove their files."""
        self.objects.end_session(session)
        self.loads.end_session(session)
        shutil.rmtree(self._root / ".temporary" / str(session.id), ignore_errors=True)

    def forget(self, session: Session, table: Name) -> None:
        """Forget what was loaded into a table, and remove its stage: it was dropped or is made anew."""
        self.loads.forget(session, table)
        if table not in session.temporary:
            shutil.rmtree(self._root.joinpath(*_table_place(table)), ignore_errors=True)

    def _directory(self, session: Session, reference: Reference) -> Path:
        if reference.kind == "user":
            return self._account.home.directory("stages", ".users", directory_name(session.user))
        name = session.qualify(reference.parts)
        if reference.kind == "table":
            if not _table_exists(session, name):
                raise does_not_exist("TABLE", name, "42S02")
            return self._account.home.directory("stages", *_table_place(name))
        return self._root / str(self.stage(session, name)["directory"])

    def stage(self, session: Session, name: Name) -> Document:
        """The properties of a stage that the session can see; its own temporary one first.

        Raises:
            SnowflakeError: 2003 when it is missing.
        """
        return self.objects.get(session, "STAGE", name)

    def _dropped(self, gone: StoredObject) -> None:
        shutil.rmtree(self._root / str(gone.document["directory"]), ignore_errors=True)


def _table_place(table: Name) -> list[str]:
    """Where a table's own stage is, below all stages."""
    return [".tables", *(directory_name(part) for part in table)]


def _table_exists(session: Session, name: Name) -> bool:
    try:
        session.rows(f"DESCRIBE TABLE {name}")
    except SnowflakeError:
        return False
    return True


__all__ = ["Stages", "ddl", "format_ddl", "infer", "listing", "load", "transfer", "unload"]
