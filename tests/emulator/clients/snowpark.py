"""Every case of Snowpark; see ``cases.py`` for how to run them."""

from __future__ import annotations

import snowpark_frames  # noqa: F401 - registers its cases
import snowpark_functions  # noqa: F401
import snowpark_tables  # noqa: F401
from cases import main

if __name__ == "__main__":
    main()
