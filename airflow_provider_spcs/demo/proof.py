"""Did it truly happen? The registry is asked for the version, and the model scores rows of the table."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

from airflow_provider_spcs.demo.errors import DemoError

_ROWS = 5


@dataclass(frozen=True)
class Proof:
    """What the registry and the loaded model said."""

    model: str
    version: str
    is_default: bool
    probabilities: list[float]


def prove(connect_arguments: dict[str, Any], table: str, features: list[str], model: str, version: str) -> Proof:
    """Load the version back from the registry and score a few rows.

    Raises:
        DemoError: The version is not there, or its scores are no probabilities.
    """
    from snowflake.ml.registry import Registry
    from snowflake.snowpark import Session

    session = Session.builder.configs(connect_arguments).create()
    try:
        registry = Registry(session)
        stored = registry.get_model(model)
        names = {row["name"] for row in stored.show_versions().to_dict("records")}
        if version not in names:
            raise DemoError(
                f"registry: model {model} has versions {sorted(names)}, not {version}. The register task logs it."
            )
        with warnings.catch_warnings():
            # The registry warns that loading needs the environment of logging: here both are this one.
            warnings.simplefilter("ignore", RuntimeWarning)
            loaded = stored.version(version).load(force=True)
        rows = session.table(table).limit(_ROWS).to_pandas()
        probabilities = [float(value) for value in loaded.predict_proba(rows[features])[:, 1]]
        if len(probabilities) != _ROWS or not all(0.0 <= value <= 1.0 for value in probabilities):
            raise DemoError(
                f"registry: {model} {version} scored {_ROWS} rows as {probabilities}. Each is a probability."
            )
        return Proof(model, version, stored.default.version_name == version, probabilities)
    finally:
        session.close()
