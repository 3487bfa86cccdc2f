"""Where the example DAGs and the payload lie: in the clone, or inside the installed package."""

from __future__ import annotations

from pathlib import Path

from airflow_provider_spcs.demo.errors import DemoError

_PACKAGE = Path(__file__).resolve().parent.parent


def example_dags() -> Path:
    """The directory of the example DAGs, with ``setup/*.sql`` in it."""
    return _find("example_dags", "weekly_retrain.py")


def payload() -> Path:
    """The directory of the code that runs inside the containers."""
    return _find("payload", "train.py")


def _find(directory: str, witness: str) -> Path:
    for root in (_PACKAGE.parent, _PACKAGE / "_bundled"):
        if (root / directory / witness).is_file():
            return root / directory
    raise DemoError(
        f"spcs demo: {directory}/{witness} is neither beside nor inside {str(_PACKAGE)!r}. "
        "The demo runs the project's own example. Run it from a clone, or install the package anew."
    )
