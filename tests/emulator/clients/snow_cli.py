"""``snow`` 3.31: connection, sql, stage, object, compute pools, job services.

Command: see ``cases.py``; run it with the Python of the environment that ``snow`` is installed in.
"""

from __future__ import annotations

import snow_services
import snow_sql
import snow_stages
from cases import Place, main
from snow import snow

__all__ = ["snow_services", "snow_sql", "snow_stages"]


def prepare(place: Place) -> None:
    """A schema and a pool of the cases' own."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as directory:
        place.directory = Path(directory)
        snow(place, "sql", "--schema", "PUBLIC", "-q", "create or replace schema EMULATOR.CLI")


if __name__ == "__main__":
    main(prepare)
