"""``dbt`` with its Snowflake adapter (PyPI dbt-snowflake), as a project's own author runs it.

Command: see ``cases.py``; needs ``dbt-snowflake``.
"""

from __future__ import annotations

import warnings

import dbt_checks  # noqa: F401 registers its cases
import dbt_incremental  # noqa: F401
import dbt_runs  # noqa: F401
from cases import main

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
