"""Jobs that go on when their test says so: what is to happen while a job runs happens however slow the machine is."""

from __future__ import annotations

import json
from pathlib import Path

_WAIT = "import os, time\nwhile not os.path.exists('/gate/open'): time.sleep(0.02)\n"


def held(program: str, before: str = "") -> str:
    """Code of a job that runs ``before``, waits for its gate, and runs ``program``."""
    return f"{before}\n{_WAIT}{program}"


class Gate:
    """A directory of a stage that jobs mount.

    Args:
        directory: Where the stage's directory lies on this machine.
        stage: The same for a job, as ``@stage/path``.
    """

    def __init__(self, directory: Path, stage: str) -> None:
        self._directory = directory
        self._stage = stage

    @property
    def volumes(self) -> dict[str, str]:
        """What an operator takes as ``volumes``."""
        return {"/gate": self._stage}

    def mounted(self, spec: str) -> str:
        """A specification in JSON with the gate in its first container."""
        document = json.loads(spec)
        container = document["spec"]["containers"][0]
        container.setdefault("volumeMounts", []).append({"name": "gate", "mountPath": "/gate"})
        document["spec"].setdefault("volumes", []).append({"name": "gate", "source": self._stage})
        return json.dumps(document)

    def open(self) -> None:
        """Let the jobs go on."""
        self._directory.mkdir(parents=True, exist_ok=True)
        (self._directory / "open").touch()
