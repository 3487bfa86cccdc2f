"""PUT and GET: tells the client which files to copy from where to where.

The client copies straight from and to the stage's directory (location type LOCAL_FS), so it has to share the file
system and the user id with the emulator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError, invalid_value, syntax_error, unsupported
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Column, Kind, Result, number, text
from airflow_provider_spcs.emulator.stages.location import Location
from airflow_provider_spcs.emulator.stages.moving import Places
from airflow_provider_spcs.emulator.stages.options import Options, boolean, read

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_PUT_COLUMNS = (
    "source",
    "target",
    "source_size",
    "target_size",
    "source_compression",
    "target_compression",
    "status",
    "message",
)
_GET_COLUMNS = ("file", "size", "status", "message")
_COMPRESSIONS = {"AUTO_DETECT", "GZIP", "BZ2", "BROTLI", "ZSTD", "DEFLATE", "RAW_DEFLATE", "NONE"}


def _check_client(session: Session) -> None:
    """Refuse a client that would fail over its own code.

    Raises:
        SnowflakeError: 0A000 for the connector's asyncio part.
    """
    if not session.copies_files:
        raise unsupported("PUT and GET by snowflake.connector.aio, which cannot copy local files")


@command("PUT")
def put(session: Session, statement: Statement) -> Result:
    """Upload local files to a stage; the client copies them into the stage's directory."""
    _check_client(session)
    places = Places(statement)
    source = _local(places.next())
    location = session.account.stages.locate(session, places.next(), writable=True)
    rest = places.options()
    options = read(rest, {"PARALLEL", "AUTO_COMPRESS", "SOURCE_COMPRESSION", "OVERWRITE", "THRESHOLD"})
    rest.end()
    compression = str(options.get("SOURCE_COMPRESSION", "AUTO_DETECT")).upper()
    if compression not in _COMPRESSIONS:
        raise invalid_value(compression, "SOURCE_COMPRESSION", f"One of {', '.join(sorted(_COMPRESSIONS))}.")
    _make_directory(location)
    transfer = {
        **_transfer("UPLOAD", location.directory.as_posix() + "/", options),
        "src_locations": [source],
        "autoCompress": boolean(options, "AUTO_COMPRESS", True),
        "overwrite": boolean(options, "OVERWRITE"),
        "sourceCompression": compression.lower(),
        "encryptionMaterial": None,
    }
    return Result(_columns(_PUT_COLUMNS), [], kind=Kind.PUT, transfer=transfer)


@command("GET")
def get(session: Session, statement: Statement) -> Result:
    """Download files from a stage or a model version; the client copies them from its directory."""
    _check_client(session)
    places = Places(statement)
    location = session.account.stages.locate(session, places.next())
    target = _local(places.next())
    rest = places.options()
    options = read(rest, {"PARALLEL", "PATTERN"})
    rest.end()
    pattern = options.get("PATTERN")
    files = location.files(str(pattern) if pattern is not None else None)
    transfer = {
        **_transfer("DOWNLOAD", location.root.as_posix(), options),
        "src_locations": [file.path for file in files],
        "localLocation": target,
        "presignedUrls": [],
        "encryptionMaterial": [],
    }
    return Result(_columns(_GET_COLUMNS), [], kind=Kind.GET, transfer=transfer)


def _transfer(direction: str, directory: str, options: Options) -> dict[str, object]:
    return {
        "command": direction,
        "operation": "Node",
        "parallel": _parallel(options),
        "threshold": options.get("THRESHOLD", 209715200),
        "clientShowEncryptionParameter": False,
        "statementTypeId": int(Kind.PUT if direction == "UPLOAD" else Kind.GET),
        "stageInfo": {
            "locationType": "LOCAL_FS",
            "location": directory,
            "path": "",
            "region": None,
            "storageAccount": None,
            "isClientSideEncrypted": False,
            "presignedUrl": None,
            "endPoint": None,
            "creds": {},
        },
    }


def _parallel(options: Options) -> int:
    value = options.get("PARALLEL", 4)
    try:
        parallel = int(value)
    except (TypeError, ValueError):
        parallel = 0
    if not 1 <= parallel <= 99:
        raise invalid_value(value, "PARALLEL", "A whole number from 1 to 99.")
    return parallel


def _local(place: str) -> str:
    """The path of a ``file://`` place.

    Raises:
        SnowflakeError: 1003 when it is none.
    """
    if place[:7].lower() != "file://":
        raise syntax_error(place)
    return place[7:]


def _make_directory(location: Location) -> None:
    directory = location.directory
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise SnowflakeError(
            f"Remote file '{location.prefix}' is a file. This emulator keeps a stage as directories, so a name cannot "
            "be both a file and a directory. Remove the file, or put into another directory.",
            253003,
            "22000",
        ) from error


def _columns(names: tuple[str, ...]) -> list[Column]:
    return [number(name) if name.endswith("size") else text(name) for name in names]
