"""snowflake-ml-python 2.6: the model registry, data connectors, ML Jobs.

Command: see ``cases.py``; needs ``snowflake-ml-python``, ``xgboost`` and ``scikit-learn``.
"""

from __future__ import annotations

import warnings

import ml_data
import ml_jobs
import ml_registry
from cases import main
from ml_session import prepare

__all__ = ["ml_data", "ml_jobs", "ml_registry"]

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(prepare)
