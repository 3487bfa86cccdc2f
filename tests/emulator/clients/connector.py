"""snowflake-connector-python 3.17, 4.x or 5.x: logins, statements, results, errors, files.

Command: see ``cases.py``; needs ``snowflake-connector-python[pandas]`` and, for ``aio``, ``aiohttp``.
"""

from __future__ import annotations

import warnings

import connector_aio
import connector_files
import connector_logins
import connector_pandas
import connector_results
import connector_statements
import snowflake.connector
from cases import Place, main

__all__ = [
    "connector_aio",
    "connector_files",
    "connector_logins",
    "connector_pandas",
    "connector_results",
    "connector_statements",
]


def prepare(place: Place) -> None:
    """A schema of the cases' own."""
    with snowflake.connector.connect(**{**place.kwargs, "schema": "PUBLIC"}) as connection:
        connection.cursor().execute("create or replace schema EMULATOR.CLIENTS")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(f"snowflake-connector-python {snowflake.connector.__version__}")
    main(prepare)
