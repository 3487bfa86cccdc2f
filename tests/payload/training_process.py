"""A training in a process of its own, on generated rows, for tests that kill it or run several together.

Run as ``python tests/payload/training_process.py MODEL ROWS FAIL ARGUMENTS...``; writes the model to MODEL and its
result beside it. FAIL is the index of an instance whose rows have no label, or ``none``.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import train
from conftest import KINDS, ArrowSource, loan_columns
from instances import group, this_instance
from problems import leave, run


def main() -> None:
    """Train as the command line asks."""
    model, rows, fails = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    arguments = train.parser().parse_args(["--device", "cpu", "--threads", "1", *sys.argv[4:]])
    columns = loan_columns(rows, 1)
    instance = this_instance()
    if fails == str(instance.index):
        columns["IS_DEFAULT"][:] = 2
    source = ArrowSource(columns, KINDS, best=0.8204)
    with group(instance, lambda: "127.0.0.1"), tempfile.TemporaryDirectory() as work:
        trained = train.train(source, arguments, Path(work), instance)
    if instance.leads:
        model.write_bytes(trained.model)
        model.with_suffix(".json").write_text(json.dumps(trained.result))


if __name__ == "__main__":
    leave(run(main))
