"""How this payload trains, beside what a user would take instead, on the same rows in one run.

From the root of the repository run as::

    python tests/benchmarks/training.py --rows 1000000

Each way runs in a process of its own, one after the other, on the same local Parquet file of generated loan
applications; rivals are given the file as they read it best. Peak memory is the process's, less that of an empty
interpreter, over all rows; what is held is the peak of what the kernel cannot take back. Prints a table of seconds by
phase, bytes a row, AUC, and the ratio to this payload's in-memory engine. Asserts nothing: machines differ, ratios
less, and CPU seconds least on a machine that others use too. A billion rows, of which no file is made:

    python tests/benchmarks/training.py --rows 1000000000 --no_file --ways blocks --blocks 25 --verbose

Rivals: ``sample`` is the public sample's approach reimplemented (all rows into pandas; impute, scale and one-hot by
scikit-learn; XGBClassifier); ``lightgbm``; ``hist`` is scikit-learn's HistGradientBoostingClassifier.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
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


class Generated:
    """Loan applications that are drawn while they are read, for more rows than a file should hold.

    Args:
        rows: How many.
    """

    name = "LOAN_APPLICATIONS"

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def kinds(self) -> dict[str, str]:
        """See `source.Source`."""
        from ceiling import draw

        columns = draw(1, _generator(0))
        return {_ID: "numeric", **dict.fromkeys(columns, "numeric"), _TEXT: "text", _LABEL: "boolean"}

    def count(self) -> int:
        """See `source.Source`."""
        return self._rows

    def best_achievable_auc(self) -> float:
        """See `source.Source`."""
        return 0.8204

    def batches(self, layout: Any, instance: Any = None) -> Iterator[Any]:
        """See `source.Source`; drawn by two processes beside this one, as Snowflake's work is done elsewhere."""
        starts = iter(range(0, self._rows, _CHUNK))
        with ProcessPoolExecutor(2) as pool:

            def order() -> Iterator[Future[Any]]:
                for first in starts:
                    yield pool.submit(_chunk, first, min(_CHUNK, self._rows - first))

            ordered = order()
            ahead = deque(islice(ordered, 4))
            while ahead:
                yield ahead.popleft().result()
                ahead.extend(islice(ordered, 1))


def _generator(first: int) -> Any:
    import numpy as np

    return np.random.default_rng([7, first])


def _chunk(first: int, rows: int) -> Any:
    """Applications whose ids come after ``first``; the same whatever is drawn before them."""
    import numpy as np
    import pyarrow as pa
    from ceiling import draw, true_probability
    from loan_applications import PURPOSES

    generator = _generator(first)
    columns: dict[str, Any] = draw(rows, generator, named=False)
    labels = (generator.random(rows) < true_probability(columns)).astype(float)
    names = pa.DictionaryArray.from_arrays(columns[_TEXT].astype(np.int32), list(PURPOSES))
    columns[_TEXT] = names.cast(pa.string())
    return pa.table({_ID: np.arange(first + 1, first + rows + 1), **columns, _LABEL: labels})


def generate(file: Path, rows: int) -> None:
    """Write so many loan applications, chunk by chunk."""
    import pyarrow.parquet as pq

    writer = None
    for first in range(0, rows, _CHUNK):
        table = _chunk(first, min(_CHUNK, rows - first))
        writer = writer or pq.ParquetWriter(file, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def ours(way: str, source: Any, work: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """This payload's trainer with one engine."""
    import train

    own = ["--memory", way, "--num_rounds", str(asked.rounds), "--device", "cpu"]
    own += ["--test_fraction", str(asked.test_fraction)]
    own += ["--blocks", str(asked.blocks)] if way == "blocks" else []
    own += ["--threads", str(asked.threads)] if asked.threads else []
    arguments = train.parser().parse_args(own)
    with tempfile.TemporaryDirectory(dir=work) as rows:
        result = train.train(source, arguments, Path(rows)).result
    kept = ("seconds", "auc", "rows_per_second", "cache_bytes", "holdout_rows", "metrics")
    return {"unreclaimable": result["peak_unreclaimable_bytes"], **{name: result[name] for name in kept}}


def rival(way: str, file: Path, asked: argparse.Namespace) -> dict[str, Any]:
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
    held = held_out(pa.chunked_array([pa.array(frame[_ID])]), asked.test_fraction, _ID)
    features = frame.drop(columns=[_ID, _LABEL])
    labels = frame[_LABEL].to_numpy()
    if way != "sample":
        features[_TEXT] = features[_TEXT].astype("category")
    train, test = features[~held], features[held]
    lap("prepare")
    model = {"sample": sample_pipeline, "lightgbm": _lightgbm, "hist": _hist}[way](list(features.columns), asked)
    model.fit(train, labels[~held])
    lap("train")
    scores = np.concatenate([model.predict_proba(test)[:, 1]])
    auc = float(roc_auc_score(labels[held], scores))
    lap("evaluate")
    return {"seconds": seconds, "auc": auc}


def sample_pipeline(columns: list[str], asked: argparse.Namespace) -> Any:
    """The public sample's model: impute, scale and one-hot by scikit-learn, then XGBoost."""
    import xgboost
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    texts = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    numeric = [name for name in columns if name != _TEXT]
    steps = ColumnTransformer([("numbers", numbers, numeric), ("texts", texts, [_TEXT])])
    classifier = xgboost.XGBClassifier(
        n_estimators=asked.rounds, n_jobs=asked.threads, subsample=0.8, colsample_bytree=0.8, **_SETTINGS
    )
    return make_pipeline(steps, classifier)


def _lightgbm(columns: list[str], asked: argparse.Namespace) -> Any:
    import lightgbm

    return lightgbm.LGBMClassifier(
        n_estimators=asked.rounds,
        n_jobs=asked.threads,
        num_leaves=63,
        subsample=0.8,
        subsample_freq=1,
        colsample_bytree=0.8,
        verbose=-1,
        **_SETTINGS,
    )


def _hist(columns: list[str], asked: argparse.Namespace) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=asked.rounds, categorical_features="from_dtype", early_stopping=False, max_leaf_nodes=63, **_SETTINGS
    )


def one(asked: argparse.Namespace) -> None:
    """Run one way in this process; its last line is the result as JSON."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    from machine import peak_memory

    empty = peak_memory()
    started = time.perf_counter()
    if asked.way in OURS:
        source = Parquet(asked.file) if asked.file else Generated(asked.rows)
        found = ours(asked.way, source, asked.directory or Path(tempfile.gettempdir()), asked)
    else:
        found = rival(asked.way, asked.file, asked)
    total, used = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    measured = {"peak": peak_memory(), "empty": empty, "total": total, "cpu": used.ru_utime + used.ru_stime}
    print(json.dumps({**found, **measured}))


def measure(way: str, file: Path | None, asked: argparse.Namespace) -> dict[str, Any] | None:
    """Run one way in a process of its own; None, with its last line shown, when it failed."""
    command = [sys.executable, __file__, *sys.argv[1:], "--way", way, *(["--file", str(file)] if file else [])]
    errors = None if asked.verbose else subprocess.PIPE
    # HistGradientBoosting has no argument for it.
    own = {"OMP_NUM_THREADS": str(asked.threads)} if asked.threads else {}
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=errors, text=True, check=False, env={**os.environ, **own}
    )
    if done.returncode:
        print(f"{way:<10} failed: {((done.stderr or '').strip().splitlines() or ['?'])[-1]}", flush=True)
        return None
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def show(way: str, rows: int, found: dict[str, Any], base: dict[str, Any]) -> None:
    """Print a line of the table."""
    phases = [found["seconds"].get(step, 0.0) for step in ("read", "prepare", "train", "evaluate")]
    sizes = [found["peak"] - found["empty"], found.get("unreclaimable", found["peak"]) - found["empty"]]
    print(
        f"{way:<10}{phases[0]:>8.1f}{phases[1]:>9.1f}{phases[2]:>8.1f}{phases[3]:>10.1f}{found['total']:>9.1f}"
        f"{found['cpu']:>9.1f}{found['peak'] / 1e6:>9.0f}{sizes[0] / rows:>12.1f}{sizes[1] / rows:>12.1f}"
        f"{found['auc']:>9.4f}{found['total'] / base['total']:>8.2f}{found['peak'] / base['peak']:>10.2f}",
        flush=True,
    )


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=100)
    arguments.add_argument("--threads", type=int, help="of each way (default: all processors); 1 for CPU seconds")
    arguments.add_argument("--blocks", type=int, default=10, help="of the way of that name (default 10)")
    arguments.add_argument("--test_fraction", type=float, default=0.2)
    arguments.add_argument("--ways", nargs="+", default=[*OURS, *RIVALS], choices=[*OURS, *RIVALS])
    arguments.add_argument("--directory", type=Path, help="where the rows are kept meanwhile (default: temporary)")
    arguments.add_argument(
        "--no_file", action="store_true", help="draw the rows while they are read; not for rivals, who need a file"
    )
    arguments.add_argument("--verbose", action="store_true", help="show how a way gets on")
    arguments.add_argument("--way", help=argparse.SUPPRESS)
    arguments.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    return arguments


def main() -> None:
    """Print the table, or run one way."""
    asked = parser().parse_args()
    if asked.way:
        one(asked)
        return
    with tempfile.TemporaryDirectory(dir=asked.directory) as directory:
        file = None if asked.no_file else Path(directory) / "rows.parquet"
        if file:
            generate(file, asked.rows)
        print(f"{asked.rows:,} rows, {asked.rounds} rounds, {os.cpu_count()} processors, best achievable AUC 0.8204")
        print(
            f"{'way':<10}{'read':>8}{'prepare':>9}{'train':>8}{'evaluate':>10}{'total s':>9}{'CPU s':>9}{'peak MB':>9}"
            f"{'peak B/row':>12}{'held B/row':>12}{'AUC':>9}{'time x':>8}{'memory x':>10}",
            flush=True,
        )
        base: dict[str, Any] | None = None
        for way in asked.ways:
            found = measure(way, file, asked)
            if found is not None:
                base = base or found
                show(way, asked.rows, found, base)


if __name__ == "__main__":
    main()
