"""The model registry: models, their versions, and the files of each version."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError, already_exists
from airflow_provider_spcs.emulator.models import alter, capabilities, ddl, show, tags
from airflow_provider_spcs.emulator.models.manifest import Package
from airflow_provider_spcs.emulator.models.methods import Methods
from airflow_provider_spcs.emulator.models.versions import find_version
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.stages.location import Location, directory_name
from airflow_provider_spcs.emulator.stages.reference import Reference, invalid_path

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.objects import Document, StoredObject


class Models:
    """The models of an account: one document a model with all its versions, one directory a version.

    Args:
        account: The account they belong to.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._root = account.home.directory("models")
        self._lock = threading.RLock()
        self.methods = Methods(account)
        account.objects.on_drop("MODEL", self._dropped)

    def create(self, session: Session, name: Name, comment: str = "") -> None:
        """Add a model without versions.

        Raises:
            SnowflakeError: 2002 when the name is taken.
        """
        document: Document = {
            "created_on": self._now(),
            "owner": session.role,
            "comment": comment,
            "default_version": None,
            "versions": {},
            "tags": {},
            "directory": None,
        }
        self._account.objects.create("MODEL", name, document)
        self._account.objects.update("MODEL", name, directory=self._new_directory(name))

    def get(self, name: Name) -> Document:
        """A model's properties.

        Raises:
            SnowflakeError: 2003 when it is missing.
        """
        return self._account.objects.get("MODEL", name)

    def change(self, name: Name, edit: Callable[[Document], None]) -> None:
        """Let ``edit`` change a model's document, with no other change in between.

        Raises:
            SnowflakeError: 2003 when the model is missing; whatever ``edit`` raises, and then nothing has changed.
        """
        with self._lock:
            document = self.get(name)
            edit(document)
            self._account.objects.update("MODEL", name, **document)

    def add_version(self, name: Name, version: str, source: Location) -> None:
        """Copy a package from a stage, or from another version, into a new version.

        Raises:
            SnowflakeError: 2003 when the model is missing, 2002 when the version is there, 398507 without a manifest.
        """
        base = source.prefix if source.prefix.endswith("/") or not source.prefix else source.prefix + "/"
        package = Package(source.root / base)
        package.manifest  # noqa: B018  (refuse a package without one before anything is copied)
        with self._lock:
            document = self.get(name)
            if version in document["versions"]:
                raise already_exists(f"{name} version {version}")
            target = self.directory(document, version)
            for file in Location(source.root, base).files():
                destination = target / file.path[len(base) :]
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source.root / file.path, destination, follow_symlinks=False)
            document["versions"][version] = {"created_on": self._now(), "comment": "", "metadata": "{}", "alias": None}
            document["default_version"] = document["default_version"] or version
            self._account.objects.update("MODEL", name, **document)

    def drop_version(self, name: Name, version: str) -> None:
        """Remove a version and its files.

        Raises:
            SnowflakeError: 2003 when it is missing; 392 for the default version, which a model cannot be without.
        """

        def remove(document: Document) -> None:
            found = find_version(name, document, version)
            if found == document["default_version"]:
                raise SnowflakeError(
                    f"SQL compilation error:\nCannot drop version '{found}' of model '{name}': it is the default "
                    "version. Set another default version first, or drop the model.",
                    392,
                    "42601",
                )
            del document["versions"][found]
            self.methods.forget(self.directory(document, found))
            shutil.rmtree(self.directory(document, found), ignore_errors=True)

        self.change(name, remove)

    def package(self, document: Document, version: str) -> Package:
        """The files of a version, as a package."""
        return Package(self.directory(document, version))

    def directory(self, document: Document, version: str) -> Path:
        """Where the files of a version lie."""
        return self._root / str(document["directory"]) / "versions" / directory_name(version)

    def locate(self, session: Session, reference: Reference) -> Location:
        """The files that ``snow://model/name/versions/version/prefix`` means.

        Raises:
            SnowflakeError: 2003 when model or version is missing; 391 when the path does not begin with ``versions/``.
        """
        name = session.qualify(reference.parts)
        document = self.get(name)
        parts = reference.path.split("/", 2)
        if len(parts) < 2 or parts[0] != "versions":
            raise invalid_path(reference.path)
        version = find_version(name, document, parts[1])
        prefix = parts[2] if len(parts) > 2 else ""
        return Location(self.directory(document, version), prefix, f"versions/{version}/")

    def _new_directory(self, name: Name) -> str:
        base = Path(*(directory_name(part) for part in name))
        chosen, number = base, 1
        while (self._root / chosen).exists():
            number += 1
            chosen = base.with_name(f"{base.name}~{number}")
        self._account.home.directory("models", str(chosen))
        return str(chosen)

    def _now(self) -> str:
        return self._account.clock.now().isoformat()

    def _dropped(self, gone: StoredObject) -> None:
        if gone.document["directory"]:
            self.methods.forget(self._root / gone.document["directory"])
            shutil.rmtree(self._root / gone.document["directory"], ignore_errors=True)


__all__ = ["Models", "alter", "capabilities", "ddl", "show", "tags"]
