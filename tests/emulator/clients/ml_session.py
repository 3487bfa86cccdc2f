"""The one Snowpark session of the cases of snowflake-ml-python, and a model to work with."""

from __future__ import annotations

import functools
from typing import Any

from cases import Place
from snowflake.snowpark import Session

DATABASE, SCHEMA, POOL = "EMULATOR", "ML_CASES", "ML_CASES_POOL"
_SESSIONS: list[Session] = []


def prepare(place: Place) -> None:
    """A schema and a pool of the cases' own."""
    made = Session.builder.configs({**place.kwargs, "schema": "PUBLIC"}).create()
    made.sql(f"create or replace schema {DATABASE}.{SCHEMA}").collect()
    made.sql(
        f"create compute pool if not exists {POOL} min_nodes = 1 max_nodes = 3 instance_family = CPU_X64_S"
    ).collect()
    _SESSIONS.append(made)


def session() -> Session:
    """As prepared."""
    return _SESSIONS[0]


@functools.cache
def trained() -> tuple[Any, Any]:
    """A small XGBoost classifier, and the frame that it was trained on."""
    import numpy as np
    import pandas as pd
    import xgboost

    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(200, 3)), columns=["A", "B", "C"])
    return xgboost.XGBClassifier(n_estimators=5, n_jobs=1).fit(frame, (frame.A + frame.B > 0).astype(int)), frame
