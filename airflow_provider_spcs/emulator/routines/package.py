"""The code of a Python routine as a directory: its body as a module, its imports beside it."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.routines.definition import Routine

BODY = "sf_body"


def unpacked(account: Account, session: Session, routine: Routine, directory: Path) -> str:
    """Write the code below ``directory``; the handler as ``module:path``.

    Raises:
        SnowflakeError: 2003 when an import is not on its stage.
    """
    directory.mkdir(parents=True, mode=0o700)
    for place in routine.imports:
        _import(account, session, place, directory)
    if not routine.body:
        module, _, path = routine.handler.rpartition(".")
        return f"{module}:{path}"
    (directory / f"{BODY}.py").write_text(routine.body)
    return f"{BODY}:{routine.handler}"


def _import(account: Account, session: Session, place: str, directory: Path) -> None:
    location = account.stages.locate(session, place)
    path = location.file(location.prefix)
    if not path.is_file():
        raise SnowflakeError(f"SQL compilation error:\nFile '{place}' of IMPORTS does not exist.", 2003, "02000")
    shutil.copy(path, directory / path.name)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            archive.extractall(directory)
