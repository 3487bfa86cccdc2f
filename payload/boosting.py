"""What XGBoost can do here, and what a booster must remember to be served."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from problems import InputError
from table_cache import TableCache

if TYPE_CHECKING:
    import xgboost

#: Under this name a booster keeps the columns it was trained on, inside its own file.
LAYOUT_ATTRIBUTE = "payload_layout"
_OLDEST_XGBOOST = (3, 1)


def choose_device(wanted: str) -> str:
    """``"cuda"`` or ``"cpu"``, from ``"auto"``, ``"cuda"`` or ``"cpu"``.

    Raises:
        InputError: If a GPU is asked for that is not there, or this XGBoost cannot use one.
    """
    present = any(Path("/dev").glob("nvidia[0-9]*"))
    if wanted == "cpu" or (wanted == "auto" and not present):
        return "cpu"
    import xgboost

    built = bool(xgboost.build_info().get("USE_CUDA"))
    if wanted == "cuda" and not (built and present):
        reason = "this machine has no NVIDIA device" if built else "this XGBoost is built without CUDA"
        raise InputError(
            "--device=cuda",
            reason,
            "A GPU must be in the container's resource requests and limits",
            "Use a GPU pool, or --device auto",
        )
    return "cuda" if built else "cpu"


def check_version() -> None:
    """Refuse an XGBoost whose models do not hold the names of their categories.

    Raises:
        InputError: If it is older than 3.1.
    """
    version = _version()
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST_XGBOOST:
        raise InputError(
            f"xgboost {version}",
            "it is too old",
            "From 3.1 on a model holds its categories, so that text can be scored",
            "pip install 'xgboost>=3.1'",
        )


def _version() -> str:
    try:
        # Importing it takes seconds, which reading the table hides.
        return metadata.version("xgboost")
    except metadata.PackageNotFoundError:
        # It is installed under another name, as xgboost-cpu.
        import xgboost

        return str(xgboost.__version__)


def remember_layout(booster: xgboost.Booster, cache: TableCache) -> None:
    """Keep in the booster what is needed to score raw rows: columns, categories, label, id."""
    layout = cache.layout
    document = {
        "numeric": layout.numeric,
        "categorical": {column: cache.categories(column) for column in layout.categorical},
        "label": layout.label,
        "id_column": layout.id_column,
        "moments": layout.moments,
    }
    booster.set_attr(**{LAYOUT_ATTRIBUTE: json.dumps(document)})


def load(model: bytes, threads: int) -> xgboost.Booster:
    """A booster from UBJSON, to predict with so many processors."""
    import xgboost

    return xgboost.Booster({"nthread": threads}, model_file=bytearray(model))
