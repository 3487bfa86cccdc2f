"""How this payload trains, beside what a user would take instead, on the same rows in one run.

From the root of the repository run as::

    python tests/benchmarks/training.py --rows 1000000

Each way runs in a process of its own, one after the other, on the same local Parquet file of generated loan
applications; rivals are given the file as they read it best. Peak memory is the process's, less that of an empty
interpreter, over all rows. Prints a table of seconds by phase, peak bytes a row, AUC, and the ratio to this payload's
in-memory engine. Asserts nothing: machines differ, ratios less.

Rivals: ``sample`` is the public sample's approach reimplemented (all rows into pandas; impute, scale and one-hot by
scikit-learn; XGBClassifier); ``lightgbm``; ``hist`` is scikit-learn's HistGradientBoostingClassifier.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PAYLOAD = Path(__file__).resolve().parents[2] / "payload"
sys.path.insert(0, str(PAYLOAD))

OURS = ("in_memory", "external", "blocks")
RIVALS = ("sample", "lightgbm", "hist")
_LABEL, _ID, _TEXT = "IS_DEFAULT", "APPLICATION_ID", "LOAN_PURPOSE"
_SETTINGS = {"max_depth": 6, "learning_rate": 0.1}
_CHUNK = 250_000


class Parquet:
    """The file as `source.Source`: read batch by batch, as Snowflake's result chunks are.

    Args:
        file: Of loan applications.
    """

    name = "LOAN_APPLICATIONS"

    def __init__(self, file: Path) -> None:
        self._file = file

    def kinds(self) -> dict[str, str]:
        """See `source.Source`."""
        import pyarrow.parquet as pq

        special = {_ID: "numeric", _TEXT: "text", _LABEL: "boolean"}
        return {name: special.get(name, "numeric") for name in pq.read_schema(self._file).names}

    def count(self) -> int:
        """See `source.Source`."""
        import pyarrow.parquet as pq

        return int(pq.read_metadata(self._file).num_rows)

    def best_achievable_auc(self) -> float:
        """See `source.Source`."""
        return 0.8204

    def batches(self, layout: Any, instance: Any = None) -> Iterator[Any]:
        """See `source.Source`."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        with pq.ParquetFile(self._file) as file:
            for batch in file.iter_batches(_CHUNK):
                yield pa.table(batch)


def generate(file: Path, rows: int) -> None:
    """Write so many loan applications, chunk by chunk."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    from ceiling import draw, true_probability

    writer = None
    for first in range(0, rows, _CHUNK):
        generator = np.random.default_rng([7, first])
        count = min(_CHUNK, rows - first)
        columns = draw(count, generator)
        labels = (generator.random(count) < true_probability(columns)).astype(float)
        table = pa.table({_ID: np.arange(first + 1, first + count + 1), **columns, _LABEL: labels})
        writer = writer or pq.ParquetWriter(file, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def ours(way: str, file: Path, rounds: int) -> dict[str, Any]:
    """This payload's trainer with one engine."""
    import train

    blocks = ["--blocks", "10"] if way == "blocks" else []
    arguments = train.parser().parse_args(["--memory", way, *blocks, "--num_rounds", str(rounds), "--device", "cpu"])
    with tempfile.TemporaryDirectory(dir=file.parent) as work:
        result = train.train(Parquet(file), arguments, Path(work)).result
    held = result["peak_unreclaimable_bytes"]
    return {"seconds": result["seconds"], "auc": result["auc"], "unreclaimable": held}


def rival(way: str, file: Path, rounds: int) -> dict[str, Any]:
    """Everything into pandas, then the rival's own way."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from sklearn.metrics import roc_auc_score
    from split import held_out

    clock, seconds = time.perf_counter(), {}

    def lap(step: str) -> None:
        nonlocal clock
        seconds[step], clock = time.perf_counter() - clock, time.perf_counter()

    frame = pd.read_parquet(file)
    lap("read")
    held = held_out(pa.chunked_array([pa.array(frame[_ID])]), 0.2, _ID)
    features = frame.drop(columns=[_ID, _LABEL])
    labels = frame[_LABEL].to_numpy()
    if way != "sample":
        features[_TEXT] = features[_TEXT].astype("category")
    train, test = features[~held], features[held]
    lap("prepare")
    model = {"sample": _sample, "lightgbm": _lightgbm, "hist": _hist}[way](list(features.columns), rounds)
    model.fit(train, labels[~held])
    lap("train")
    scores = np.concatenate([model.predict_proba(test)[:, 1]])
    auc = float(roc_auc_score(labels[held], scores))
    lap("evaluate")
    return {"seconds": seconds, "auc": auc}


def _sample(columns: list[str], rounds: int) -> Any:
    import xgboost
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    texts = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    numeric = [name for name in columns if name != _TEXT]
    steps = ColumnTransformer([("numbers", numbers, numeric), ("texts", texts, [_TEXT])])
    classifier = xgboost.XGBClassifier(n_estimators=rounds, subsample=0.8, colsample_bytree=0.8, **_SETTINGS)
    return make_pipeline(steps, classifier)


def _lightgbm(columns: list[str], rounds: int) -> Any:
    import lightgbm

    return lightgbm.LGBMClassifier(
        n_estimators=rounds,
        num_leaves=63,
        subsample=0.8,
        subsample_freq=1,
        colsample_bytree=0.8,
        verbose=-1,
        **_SETTINGS,
    )


def _hist(columns: list[str], rounds: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=rounds, categorical_features="from_dtype", early_stopping=False, max_leaf_nodes=63, **_SETTINGS
    )


def one(way: str, file: Path, rounds: int) -> None:
    """Run one way in this process; its last line is the result as JSON."""
    run: Callable[[str, Path, int], dict[str, Any]] = ours if way in OURS else rival
    empty = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    started = time.perf_counter()
    found = run(way, file, rounds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({**found, "peak": peak, "empty": empty, "total": time.perf_counter() - started}))


def measure(way: str, file: Path, rounds: int) -> dict[str, Any] | None:
    """Run one way in a process of its own; None, with its last lines shown, when it failed."""
    command = [sys.executable, __file__, "--way", way, "--file", str(file), "--rounds", str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    if done.returncode:
        print(f"{way:<10} failed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
        return None
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    """Print the table, or run one way."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=100)
    arguments.add_argument("--ways", nargs="+", default=[*OURS, *RIVALS], choices=[*OURS, *RIVALS])
    arguments.add_argument("--directory", type=Path, help="where the rows are kept meanwhile (default: temporary)")
    arguments.add_argument("--way", help=argparse.SUPPRESS)
    arguments.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.way:
        one(asked.way, asked.file, asked.rounds)
        return
    with tempfile.TemporaryDirectory(dir=asked.directory) as directory:
        file = Path(directory) / "rows.parquet"
        generate(file, asked.rows)
        print(f"{asked.rows:,} rows, {asked.rounds} rounds, {os.cpu_count()} processors, best achievable AUC 0.8204")
        print(
            f"{'way':<10}{'read':>8}{'prepare':>9}{'train':>8}{'evaluate':>10}{'total s':>9}"
            f"{'peak B/row':>12}{'AUC':>9}{'time x':>8}{'memory x':>10}"
        )
        base: dict[str, Any] | None = None
        for way in asked.ways:
            found = measure(way, file, asked.rounds)
            if found is None:
                continue
            base = base or found
            phases = [found["seconds"].get(step, 0.0) for step in ("read", "prepare", "train", "evaluate")]
            bytes_a_row = (found["peak"] - found["empty"]) / asked.rows
            ratios = found["total"] / base["total"], found["peak"] / base["peak"]
            print(
                f"{way:<10}{phases[0]:>8.1f}{phases[1]:>9.1f}{phases[2]:>8.1f}{phases[3]:>10.1f}{found['total']:>9.1f}"
                f"{bytes_a_row:>12.0f}{found['auc']:>9.4f}{ratios[0]:>8.2f}{ratios[1]:>10.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
