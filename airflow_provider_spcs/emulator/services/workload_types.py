"""OF TYPE: which kinds of services a statement is about."""

from __future__ import annotations

from airflow_provider_spcs.emulator.errors import invalid_value
from airflow_provider_spcs.emulator.services import clauses
from airflow_provider_spcs.emulator.statement import Statement

EVERY = frozenset({"JOB", "SERVICE"})
_TYPES = {
    "JOB": "JOB", "JOBS": "JOB", "JOB_SERVICE": "JOB", "ML_JOB": "JOB", "SERVICE": "SERVICE", "SERVICES": "SERVICE",
    "NOTEBOOK": None, "STREAMLIT": None, "MODEL": None,
}  # fmt: skip


def read(statement: Statement) -> frozenset[str]:
    """Read the types after OF TYPE when it comes; of those that only Snowflake has, there are no services here.

    Which words Snowflake takes is not documented in full.

    Raises:
        SnowflakeError: 1008 for a word that is no type.
    """
    if not statement.accept("OF", "TYPE"):
        return EVERY
    if statement.looking_at("("):
        given = clauses.parenthesised(clauses.word)(statement)
    else:
        given = [clauses.word(statement)]
        while statement.accept(","):
            given.append(clauses.word(statement))
    for word in given:
        if word not in _TYPES:
            raise invalid_value(word, "TYPE", f"It must be one of {', '.join(sorted(_TYPES))}.")
    return frozenset(kind for word in given if (kind := _TYPES[word]) is not None)
