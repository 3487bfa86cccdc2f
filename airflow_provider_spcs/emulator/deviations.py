"""What answers otherwise than Snowflake, and what is refused: said in code, read by the coverage page."""

from __future__ import annotations

DEVIATIONS: dict[str, list[str]] = {}
"""By family: sentences on what is answered otherwise than Snowflake would."""
REFUSALS: dict[str, list[str]] = {}
"""By family: what is refused with error 2, sqlstate 0A000."""


def deviates(family: str, *sentences: str) -> None:
    """Declare, in the module that deviates, how it does."""
    DEVIATIONS.setdefault(family, []).extend(sentences)


def refuses(family: str, *items: str) -> None:
    """Declare, in the module that refuses, what it does."""
    REFUSALS.setdefault(family, []).extend(items)
