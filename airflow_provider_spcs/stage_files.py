"""Files on a stage: look, read, and put a payload there once."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from airflow_provider_spcs import sql
from airflow_provider_spcs.errors import ResultTooLarge, TransientError
from airflow_provider_spcs.payload_tree import PayloadTree
from airflow_provider_spcs.quoting import StagePath
from airflow_provider_spcs.rows import StagedFile, staged_file
from airflow_provider_spcs.session import Reply

#: Written last: a payload without it is not whole.
MANIFEST = "spcs-payload.json"

Run = Callable[[sql.Sql, str], Reply]


class StageFiles:
    """Files on stages.

    Args:
        run: Runs a statement; its second argument names the action in errors.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def find(self, place: StagePath) -> StagedFile | None:
        """The file at exactly this path; LIST alone answers with everything that begins so."""
        for row in self._run(sql.list_stage(place), f"LIST {place}").rows:
            file = staged_file(row)
            # A named stage's own name comes first in a listing, the user's own stage has none.
            if place.path in (file.name, file.name.partition("/")[2]):
                return file
        return None

    def read(self, place: StagePath, *, max_bytes: int) -> bytes | None:
        """A file's bytes; None when there is none.

        Raises:
            ResultTooLarge: It is larger than ``max_bytes``.
            TransientError: It does not arrive.
        """
        file = self.find(place)
        if file is None:
            return None
        if file.size > max_bytes:
            raise ResultTooLarge(
                str(place),
                f"it has {file.size:,} bytes",
                f"At most {max_bytes:,} bytes are read",
                "Leave large results on the stage and return where they are",
                size=file.size,
            )
        with tempfile.TemporaryDirectory(prefix="spcs-") as directory:
            self._run(sql.get(place, f"{directory}/"), f"GET {place}")
            arrived = Path(directory, place.name)
            if not arrived.is_file():
                raise TransientError(str(place), "it was listed and did not arrive", "", "Try again")
            return arrived.read_bytes()

    def upload(self, tree: PayloadTree, place: StagePath) -> StagePath:
        """Put a payload below ``place``, under its own hash, unless it is there; return where it lies."""
        target = place / tree.digest
        if self.find(target / MANIFEST) is not None:
            return target
        with tempfile.TemporaryDirectory(prefix="spcs-") as directory:
            # One flat directory for each of the payload's: a PUT of ``*`` fails on a directory among the files.
            folders: dict[str, Path] = {}
            for file in tree.files:
                parent, _, name = file.path.rpartition("/")
                folder = folders.setdefault(parent, Path(directory, str(len(folders))))
                folder.mkdir(exist_ok=True)
                shutil.copyfile(file.source, folder / name)
            for parent, folder in folders.items():
                self._put_folder(folder, target / parent if parent else target)
            manifest = Path(directory, MANIFEST)
            manifest.write_text(json.dumps({file.path: file.sha256 for file in tree.files}, indent=1))
            self._put(str(manifest), target)
        return target

    def _put_folder(self, folder: Path, target: StagePath) -> None:
        names = [path.name for path in folder.iterdir()]
        if any(not name.startswith(".") for name in names):
            self._put(f"{folder}/*", target)
        # A pattern leaves out names that begin with a dot, as in a shell.
        for name in sorted(name for name in names if name.startswith(".")):
            self._put(f"{folder}/{name}", target)

    def _put(self, file: str, target: StagePath) -> None:
        # Overwriting is safe: below a content hash the same name always has the same content, unless a run was cut.
        self._run(sql.put(file, target, overwrite=True), f"PUT to {target}")
