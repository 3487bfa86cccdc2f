"""Where a training stands, on a directory that outlives the container, so that a killed one goes on.

::

    round-000025.ubj    the booster after 25 rounds (best-000025.ubj beside it with early stopping)
    round-000025.json   losses, what is trained on what, and the fingerprints of the files; written last

A stage volume takes no appends and no atomic renames, so a checkpoint counts only when its JSON is whole and the files
have the fingerprints it says; the one before is kept until then.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model_files import prepare
from problems import InputError
from result import to_json
from rounds import State

_KEPT = 2

logger = logging.getLogger(__name__)


class Checkpoints:
    """The checkpoints of one training.

    Args:
        directory: Where they are; must exist.
        identity: What makes two trainings the same: data, arguments, engine, versions.
    """

    def __init__(self, directory: Path, identity: Mapping[str, Any]) -> None:
        self._directory = directory
        self._identity = json.loads(json.dumps(identity))

    def save(self, state: State) -> None:
        """Write a checkpoint, then drop all but the last two."""
        name = f"{state.rounds:06d}"
        files = {f"round-{name}.ubj": state.model, f"best-{name}.ubj": state.best_model}
        written = {file: content for file, content in files.items() if content is not None}
        for file, content in written.items():
            (self._directory / file).write_bytes(content)
        document = {
            "identity": self._identity,
            "rounds": state.rounds,
            "history": state.history,
            "lines": state.lines,
            "best_round": state.best_round,
            "stopped": state.stopped,
            "files": {file: hashlib.sha256(content).hexdigest() for file, content in written.items()},
        }
        (self._directory / f"round-{name}.json").write_text(to_json(document), encoding="utf-8")
        for old in self._documents()[:-_KEPT]:
            self._drop(old)

    def load(self) -> State | None:
        """The last whole checkpoint; None when there is none.

        Raises:
            InputError: If it is another training's.
        """
        for file in reversed(self._documents()):
            state = self._read(file)
            if state is not None:
                logger.info("going on after round %d of checkpoint %s", state.rounds, file)
                return state
        return None

    def clear(self) -> None:
        """Drop all: the training has ended."""
        for file in self._documents():
            self._drop(file)

    def _read(self, file: Path) -> State | None:
        try:
            document = json.loads(file.read_bytes())
            contents = {name: (self._directory / name).read_bytes() for name in document["files"]}
            whole = all(
                hashlib.sha256(contents[name]).hexdigest() == value for name, value in document["files"].items()
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.info("checkpoint %s is not whole (%s): left out", file, error)
            return None
        if not whole:
            logger.info("checkpoint %s is not whole: left out", file)
            return None
        if document["identity"] != self._identity:
            raise self._foreign(document["identity"])
        number = file.stem.rpartition("-")[2]
        return State(
            rounds=document["rounds"],
            model=contents[f"round-{number}.ubj"],
            history=document["history"],
            lines=document["lines"],
            best_round=document["best_round"],
            best_model=contents.get(f"best-{number}.ubj"),
            stopped=document["stopped"],
        )

    def _foreign(self, other: Mapping[str, Any]) -> InputError:
        names = sorted(set(other) | set(self._identity))
        changed = [
            f"{name} was {other.get(name)!r} and is {self._identity.get(name)!r}"
            for name in names
            if other.get(name) != self._identity.get(name)
        ]
        return InputError(
            f"--checkpoint_dir={self._directory}",
            f"it holds another training's checkpoint ({'; '.join(changed)})",
            "A training goes on with the data and arguments it began with",
            "Name another directory, or delete that one's files",
        )

    def _documents(self) -> list[Path]:
        return sorted(self._directory.glob("round-*.json"))

    def _drop(self, document: Path) -> None:
        number = document.stem.rpartition("-")[2]
        for name in (document.name, f"round-{number}.ubj", f"best-{number}.ubj"):
            (self._directory / name).unlink(missing_ok=True)


def engine_before(directory: Path) -> tuple[str, int | None] | None:
    """Name and blocks of the engine that the last whole checkpoint was made with; None when there is none."""
    for file in sorted(directory.glob("round-*.json"), reverse=True):
        try:
            identity = json.loads(file.read_bytes())["identity"]
            blocks = int(identity["blocks"])
            return str(identity["engine"]), blocks if blocks > 1 else None
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def prepare_checkpoints(directory: Path) -> Path:
    """Make the directory.

    Raises:
        InputError: If it cannot be written to.
    """
    return prepare(directory, "--checkpoint_dir")


def clear_checkpoints(directory: Path) -> None:
    """Drop the checkpoints of a training whose model is stored."""
    Checkpoints(directory, {}).clear()
