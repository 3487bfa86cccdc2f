"""From a table in Snowflake to a model's files: this payload's train.py beside the public sample's approach.

From the root of the repository run as::

    python tests/benchmarks/end_to_end.py --rows 10000000

Starts an emulator, has payload/generate_data.py make the table there, then runs each way in a process of its own, one
after the other: ``sample`` takes everything into pandas by Snowpark, fits scikit-learn's pipeline with XGBoost and
saves it by joblib; ours is ``payload/train.py`` with each engine asked for, its evaluation and report included. Seconds
and peak memory are of the whole process; what the emulator itself takes while it serves is told apart. Asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil

from airflow_provider_spcs.demo import client_files
from airflow_provider_spcs.emulator import start

ROOT = Path(__file__).resolve().parents[2]
TABLE = "LOAN_APPLICATIONS"
SAMPLE = "sample"


def sample(asked: argparse.Namespace) -> None:
    """The rival, in this process."""
    sys.path[:0] = [str(ROOT / "tests" / "benchmarks"), str(ROOT / "payload")]
    import joblib
    import pyarrow as pa
    from sklearn.metrics import roc_auc_score
    from snowflake.snowpark import Session
    from split import held_out
    from training import sample_pipeline

    with Session.builder.create() as session:
        frame = session.table(TABLE).to_pandas()
    labels = frame["IS_DEFAULT"].astype(int)
    features = frame.drop(columns=["APPLICATION_ID", "CREATED_AT", "IS_DEFAULT"])
    # The same rows as ours are held out, or chance would decide which AUC is the better.
    held = held_out(pa.chunked_array([pa.array(frame["APPLICATION_ID"])]), 0.2, "APPLICATION_ID")
    model = sample_pipeline(list(features.columns), asked)
    model.fit(features[~held], labels[~held])
    auc = float(roc_auc_score(labels[held], model.predict_proba(features[held])[:, 1]))
    joblib.dump(model, asked.output / "model.joblib")
    (asked.output / "result.json").write_text(json.dumps({"auc": auc, "seconds": {}}))


def command(way: str, output: Path, asked: argparse.Namespace) -> list[str]:
    """What runs one way."""
    if way == SAMPLE:
        return [sys.executable, __file__, *sys.argv[1:], "--output", str(output)]
    own = ["--source_table", TABLE, "--output_dir", str(output), "--num_rounds", str(asked.rounds), "--memory", way]
    own += ["--blocks", str(asked.blocks)] if way == "blocks" else []
    own += ["--work_dir", str(output.parent / "work"), "--device", "cpu", "--max_depth", "6", "--learning_rate", "0.1"]
    return [sys.executable, str(ROOT / "payload" / "train.py"), *own]


def timed(argv: list[str], environment: dict[str, str]) -> tuple[float, float, int, int]:
    """Run to the end: seconds, processor seconds, peak bytes, exit code."""
    begun = time.perf_counter()
    with subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, process.returncode


def compare(directory: Path, asked: argparse.Namespace) -> None:
    """Make the table, run each way, print the table of figures."""
    # A process begins with the peak of the one that started it, so that one is begun before the account grows.
    with ProcessPoolExecutor(1, get_context("spawn")) as small, ExitStack() as stack:
        small.submit(os.getpid).result()
        account = stack.enter_context(start(directory / "account"))

        def run(argv: list[str]) -> tuple[float, float, int, int]:
            return small.submit(timed, argv, environment).result()

        # The account is the default connection there.
        home = client_files.write(account, directory).parent
        environment = {**os.environ, "SNOWFLAKE_HOME": str(home), "OMP_WAIT_POLICY": "PASSIVE"}
        generate = [sys.executable, str(ROOT / "payload" / "generate_data.py"), "--table", TABLE]
        seconds = run([*generate, "--rows", str(asked.rows)])[0]
        print(f"{asked.rows:,} rows made in {seconds:.0f} s; {asked.rounds} rounds, {os.cpu_count()} processors")
        print("way         total s   CPU s  server s  peak MB     AUC  times faster  less")
        rival: tuple[float, float] | None = None
        for way in asked.ways:
            output = directory / way
            output.mkdir()
            (directory / "work").mkdir(exist_ok=True)
            before = psutil.Process().cpu_times()
            total, cpu, peak, code = run(command(way, output, asked))
            after = psutil.Process().cpu_times()
            server = after.user + after.system - before.user - before.system
            rival = rival or (total, peak)
            found: dict[str, Any] = {} if code else json.loads((output / "result.json").read_text())
            print(
                f"{way:<10}{total:>9.1f}{cpu:>8.1f}{server:>10.1f}{peak / 1e6:>9.0f}{found.get('auc', 0):>8.4f}"
                f"{rival[0] / total:>14.2f}{rival[1] / peak:>6.2f}"
                + (f"  failed: exit {code}" if code else f"  {found['seconds']}"),
                flush=True,
            )


def main() -> None:
    """Print the table, or run the rival."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=100)
    arguments.add_argument("--blocks", type=int, default=10, help="of the way of that name (default 10)")
    arguments.add_argument("--threads", type=int, help="of the sample's XGBoost (default: all processors)")
    ways = (SAMPLE, "in_memory", "external", "blocks")
    arguments.add_argument("--ways", nargs="+", default=[*ways], choices=ways)
    arguments.add_argument("--directory", type=Path, help="where all is kept meanwhile (default: temporary)")
    arguments.add_argument("--output", type=Path, help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.output:
        sample(asked)
        return
    with tempfile.TemporaryDirectory(dir=asked.directory) as directory:
        compare(Path(directory), asked)


if __name__ == "__main__":
    main()
