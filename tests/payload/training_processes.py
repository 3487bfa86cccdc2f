"""The tests' end of `training_process`: start trainings, wait for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_SERVER = Path(__file__).with_name("training_process.py")


class Running:
    """A training that was started."""

    def __init__(self, processes: TrainingProcesses, pid: int, output: Path) -> None:
        self._processes, self._pid, self._output = processes, pid, output

    def ended(self) -> tuple[int, str]:
        """Wait; exit code, negative for a signal, and output."""
        return self._processes.ask(self._pid), self._output.read_text()


class TrainingProcesses:
    """One process that splits off all others, for which imports are done once."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._started = directory, 0
        self._server = subprocess.Popen(
            [sys.executable, str(_SERVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(_SERVER.parents[2] / "payload")},
        )

    def start(
        self, model: Path, rows: int, *arguments: str, fails: str = "none", killed_in: str = "", **environment: str
    ) -> Running:
        """Start a training; see `training_process.Training`."""
        self._started += 1
        output = self._directory / f"{self._started}.log"
        training = {"model": str(model), "output": str(output), "rows": rows, "fails": fails, "arguments": arguments}
        return Running(self, self.ask({**training, "environment": environment, "killed_in": killed_in}), output)

    def ask(self, question: Any) -> int:
        """Send a line; the answer."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(question) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())

    def close(self) -> None:
        """End the process that splits off."""
        self._server.communicate()
