"""LIST, REMOVE and COPY FILES."""

from __future__ import annotations

import shutil
from email.utils import formatdate
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError, does_not_exist, unsupported
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, number, text
from airflow_provider_spcs.emulator.stages.location import Location
from airflow_provider_spcs.emulator.stages.moving import Places
from airflow_provider_spcs.emulator.stages.options import Options, boolean, read
from airflow_provider_spcs.emulator.stages.reference import normal

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement


@command("LIST", "LS")
def list_files(session: Session, statement: Statement) -> Result:
    """List a stage's files with size, MD5 and change time, with PATTERN."""
    location, options = _place(session, statement)
    digests = session.account.stages.digests
    rows: list[tuple[object, ...]] = [
        (
            location.label + file.path,
            file.size,
            digests.md5(location.root, file),
            formatdate(file.changed_ns / 1e9, usegmt=True),
        )
        for file in location.files(_pattern(options))
    ]
    columns = [text("name"), number("size"), text("md5"), text("last_modified")]
    return Result(columns, rows, kind=Kind.LIST)


@command("REMOVE", "RM")
def remove_files(session: Session, statement: Statement) -> Result:
    """Remove a stage's files, with PATTERN."""
    location, options = _place(session, statement, writable=True)
    rows: list[tuple[object, ...]] = []
    for file in location.files(_pattern(options)):
        location.file(file.path).unlink(missing_ok=True)
        rows.append((location.label + file.path, "removed"))
    return Result([text("name"), text("result")], rows, kind=Kind.REMOVE)


@command("COPY FILES INTO")
def copy_files(session: Session, statement: Statement) -> Result:
    """Copy files between stages, with FILES, PATTERN and DETAILED_OUTPUT."""
    places = Places(statement)
    target = session.account.stages.locate(session, places.next(), writable=True)
    if places.next().upper() != "FROM":
        raise statement.unexpected()
    place = places.next()
    if place.startswith("("):
        raise unsupported("COPY FILES FROM (query)")
    source = session.account.stages.locate(session, place)
    rest = places.options()
    options = read(rest, {"FILES", "PATTERN", "DETAILED_OUTPUT"})
    rest.end()
    copied = [_copy(source, name, target) for name in _chosen(source, options)]
    if not boolean(options, "DETAILED_OUTPUT", True):
        return Result([number("number_of_files")], [(len(copied),)], kind=Kind.DDL)
    return Result([text("file")], [(name,) for name in copied], kind=Kind.DDL)


def _chosen(source: Location, options: Options) -> list[str]:
    """Paths below the source's root that FILES or PATTERN choose."""
    if "FILES" not in options:
        return [file.path for file in source.files(_pattern(options))]
    base = source.prefix if source.prefix.endswith("/") or not source.prefix else source.prefix + "/"
    chosen = []
    for name in options["FILES"]:
        path = base + normal(str(name))
        if not source.file(path).is_file():
            raise SnowflakeError(f"Remote file '{source.label}{path}' was not found.", 100016, "02000")
        chosen.append(path)
    return chosen


def _copy(source: Location, path: str, target: Location) -> str:
    """Copy one file; its name in the target, which keeps what follows the source's directory."""
    base = source.prefix if source.prefix.endswith("/") else source.prefix.rpartition("/")[0]
    if not source.prefix.endswith("/") and source.directory.is_dir():
        base = source.prefix
    name = path[len(base) :].lstrip("/")
    folder = target.prefix.rstrip("/")
    relative = f"{folder}/{name}" if folder else name
    destination = target.file(relative)
    destination.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source.file(path), destination, follow_symlinks=False)
    return target.label + relative


def _place(session: Session, statement: Statement, *, writable: bool = False) -> tuple[Location, Options]:
    places = Places(statement)
    place = places.next()
    if not place.startswith(("@", "snow:")):
        raise does_not_exist("STAGE", place)
    location = session.account.stages.locate(session, place, writable=writable)
    rest = places.options()
    options = read(rest, {"PATTERN"})
    rest.end()
    return location, options


def _pattern(options: Options) -> str | None:
    return str(options["PATTERN"]) if "PATTERN" in options else None
