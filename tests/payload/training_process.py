"""Trainings in processes of their own, on generated rows, for tests that kill them or run several together.

Run as ``python tests/payload/training_process.py``: what a training imports is imported once, and each line of the
input, a `Training` as JSON, is answered by the id of a process that was split off to do it. A line that is such an id
is answered by the process's exit code when it has ended, negative for a signal.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import pandas  # noqa: F401 - imported before the split
import scipy.stats  # noqa: F401
import sklearn.metrics  # noqa: F401
import train
import xgboost  # noqa: F401
from conftest import KINDS, ArrowSource, loan_columns
from instances import group, this_instance
from problems import leave, run


@dataclass
class Training:
    """One process's work.

    Args:
        model: Where the model is written, with its result beside it.
        output: Where the process's output goes.
        rows: How many rows are generated.
        fails: The index of an instance whose rows have no label, or ``none``.
        arguments: Of train.py.
        environment: More variables.
        killed_in: A directory; the process is killed with -9 as soon as a checkpoint lies there.
    """

    model: str
    output: str
    rows: int
    fails: str
    arguments: list[str]
    environment: dict[str, str]
    killed_in: str

    def train(self) -> None:
        """Train as asked."""
        if self.killed_in:
            threading.Thread(target=self._kill, daemon=True).start()
        arguments = train.parser().parse_args(["--device", "cpu", "--threads", "1", *self.arguments])
        columns = loan_columns(self.rows, 1)
        instance = this_instance()
        if self.fails == str(instance.index):
            columns["IS_DEFAULT"][:] = 2
        source = ArrowSource(columns, KINDS, best=0.8204)
        with group(instance, lambda: "127.0.0.1"), tempfile.TemporaryDirectory() as work:
            trained = train.train(source, arguments, Path(work), instance)
        if instance.leads:
            Path(self.model).write_bytes(trained.model)
            Path(self.model).with_suffix(".json").write_text(json.dumps(trained.result))

    def _kill(self) -> None:
        # From inside: whoever watches from another process may be held up until the training is over.
        while not any(_whole(path) for path in Path(self.killed_in).glob("round-*.json")):
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGKILL)

    def split_off(self) -> int:
        """Do it in another process; its id."""
        if (pid := os.fork()) == 0:
            output = os.open(self.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.environ.update(self.environment)
            leave(run(self.train))
        return pid


def _whole(path: Path) -> bool:
    try:
        return bool(json.loads(path.read_bytes()))
    except ValueError:
        return False


def main() -> None:
    """Answer line by line."""
    for line in sys.stdin:
        asked = json.loads(line)
        if isinstance(asked, int):
            answer = os.waitstatus_to_exitcode(os.waitpid(asked, 0)[1])
        else:
            answer = Training(**asked).split_off()
        print(answer, flush=True)


if __name__ == "__main__":
    main()
