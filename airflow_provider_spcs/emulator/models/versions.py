"""Names by which a version of a model is known: its own, its alias, and DEFAULT, FIRST and LAST."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError, already_exists

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.names import Name
    from airflow_provider_spcs.emulator.objects import Document

SYSTEM_ALIASES = ("DEFAULT", "FIRST", "LAST")


def aliases(document: Document) -> dict[str, str]:
    """Every alias of a model with the version it means; the system's come first."""
    names = list(document["versions"])
    found = {}
    if names:
        found = {"DEFAULT": document["default_version"], "FIRST": names[0], "LAST": names[-1]}
    return found | {
        version["alias"]: name for name, version in document["versions"].items() if version["alias"] is not None
    }


def find_version(name: Name, document: Document, written: str) -> str:
    """The version that a name or alias means.

    Raises:
        SnowflakeError: 2003 when there is none.
    """
    if written in document["versions"]:
        return written
    found = aliases(document).get(written)
    if found is None:
        raise SnowflakeError(
            f"SQL compilation error:\nVersion '{written}' in model '{name}' does not exist or not authorized.",
            2003,
            "02000",
        )
    return found


def set_alias(name: Name, document: Document, version: str, alias: str) -> None:
    """Give a version its alias, in place of an earlier one.

    Raises:
        SnowflakeError: 2002 when another version has it, or it is one of the system's or a version's name.
    """
    found = find_version(name, document, version)
    taken = aliases(document).get(alias)
    if alias in SYSTEM_ALIASES or alias in document["versions"] or (taken is not None and taken != found):
        raise already_exists(f"{name} alias {alias}")
    document["versions"][found]["alias"] = alias
