"""The table ``loan_applications``: its columns, and a signal in it whose best achievable AUC is known.

A model that finds everything in this table has an AUC of 0.8204 and no more, so the distance to it is a quality measure
that real data cannot give. The formula of the true probability stands here once, as SQL; ``ceiling.py`` says the same
in numpy and derives the constants from it.
"""

from __future__ import annotations

from collections.abc import Iterable

BEST_ACHIEVABLE_AUC = 0.8204
LABEL_RATE = 0.1498

#: Name and type of each column, in order. Numbers are FLOAT, as ROUND(NORMAL(...)) gives.
COLUMNS = {
    "APPLICATION_ID": "NUMBER(38, 0)",
    "AGE": "FLOAT",
    "INCOME": "FLOAT",
    "CREDIT_SCORE": "FLOAT",
    "EMPLOYMENT_LENGTH": "FLOAT",
    "LOAN_AMOUNT": "FLOAT",
    "DEBT_TO_INCOME": "FLOAT",
    "NUMBER_OF_CREDIT_LINES": "FLOAT",
    "PREVIOUS_DEFAULTS": "FLOAT",
    "LOAN_PURPOSE": "VARCHAR",
    "IS_DEFAULT": "BOOLEAN",
    "CREATED_AT": "TIMESTAMP_NTZ",
}

#: The columns to learn from, in order.
FEATURES = tuple(name for name in COLUMNS if name not in {"APPLICATION_ID", "IS_DEFAULT", "CREATED_AT"})

INTERCEPT = -2.982

#: Loan purpose: what it adds to the logit, and to the slope of the debt-to-income ratio there.
PURPOSES = {
    "home_improvement": (-0.40, 0.00),
    "debt_consolidation": (0.15, 0.60),
    "business": (0.75, 0.30),
    "education": (-0.50, -0.45),
    "major_purchase": (0.00, 0.10),
    "medical": (0.45, -0.15),
    "vehicle": (-0.15, -0.37),
    "other": (-0.015, 0.00),
}

#: Largest seed; a row's draws are hashes of ``seed * 2^44 + id * 16 + number of the draw``, which must stay below 2^62.
MAX_SEED = 2**18 - 1
_DRAWS_PER_ROW = 16
#: Draws 11 to 15, each of which decides about two features.
_MISSING_DRAWS = 5


def create(table: str, comment: str) -> str:
    """DDL of the table.

    Args:
        table: The name as quoted SQL.
        comment: What is kept with the table; quoted here.
    """
    columns = ",\n  ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    literal = comment.replace("\\", "\\\\").replace("'", "''")
    return f"CREATE OR REPLACE TABLE {table} (\n  {columns}\n)\nCOMMENT = '{literal}'"


def insert(table: str, first: int, rows: int, seed: int, *, missing_rate: float = 0.0, drift: float = 0.0) -> str:
    """A statement that appends the applications ``first`` to ``first + rows - 1``.

    Every value is a function of the seed and the application's id alone: the same rows come out whatever the size of
    the chunks, the number of threads or the order of execution, which seeded RANDOM() does not promise.

    Args:
        table: The name as quoted SQL.
        first: Id of the first application.
        rows: How many.
        seed: Another gives other applications.
        missing_rate: Share of each feature's values that are NULL; the label is drawn from the values that are hidden.
        drift: Standard deviations by which applicants are worse than the model's first ones: lower credit score and
            income, higher debt.

    Source: HASH is stable and deterministic; SEQ8 may have gaps, hence ROW_NUMBER.
        https://docs.snowflake.com/en/sql-reference/functions/hash, .../seq1
    """
    return f"""
INSERT INTO {table} ({", ".join(COLUMNS)})
WITH numbered AS (
  SELECT {first - 1} + ROW_NUMBER() OVER (ORDER BY SEQ8()) AS application_id
  FROM TABLE(GENERATOR(ROWCOUNT => {rows}))
),
drawn AS (
  SELECT application_id,
    {_uniform(seed, 0)} AS u0,
    {_uniform(seed, 1)} AS u1,
    {_uniform(seed, 2)} AS u2,
    {_uniform(seed, 3)} AS u3,
    {_uniform(seed, 4)} AS u4,
    {_uniform(seed, 5)} AS u5,
    {_uniform(seed, 6)} AS u6,
    {_uniform(seed, 7)} AS u7,
    {_uniform(seed, 8)} AS u_purpose,
    {_uniform(seed, 9)} AS u_default,
    {_uniform(seed, 10)} AS u_created{_missing_draws(seed, missing_rate)}
  FROM numbered
),
applicants AS (
  SELECT application_id, u_default{_missing_names(missing_rate)},
    ROUND(40 + 10 * {_normal("u0", "u1", "COS")}) AS age,
    ROUND({65000 - 20000 * drift:g} + 20000 * {_normal("u0", "u1", "SIN")}) AS income,
    ROUND({680 - 50 * drift:g} + 50 * {_normal("u2", "u3", "COS")}) AS credit_score,
    ROUND(5 + 2 * {_normal("u2", "u3", "SIN")}) AS employment_length,
    ROUND(25000 + 8000 * {_normal("u4", "u5", "COS")}) AS loan_amount,
    ROUND({35 + 10 * drift:g} + 10 * {_normal("u4", "u5", "SIN")}, 2) AS debt_to_income,
    ROUND(5 + 2 * {_normal("u6", "u7", "COS")}) AS number_of_credit_lines,
    GREATEST(0, ROUND(1 + {_normal("u6", "u7", "SIN")})) AS previous_defaults,
    CASE FLOOR({len(PURPOSES)} * u_purpose) {_cases(enumerate(PURPOSES))} END AS loan_purpose,
    DATEADD('minute', -FLOOR(525600 * u_created), '2026-01-01 00:00:00'::TIMESTAMP_NTZ) AS created_at
  FROM drawn
),
standardized AS (
  SELECT applicants.*,
    (age - 40) / 10 AS z_age,
    (income - 65000) / 20000 AS z_income,
    (credit_score - 680) / 50 AS z_credit,
    (employment_length - 5) / 2 AS z_employment,
    (loan_amount - 25000) / 8000 AS z_loan,
    (debt_to_income - 35) / 10 AS z_dti,
    (number_of_credit_lines - 5) / 2 AS z_lines
  FROM applicants
),
scored AS (
  SELECT standardized.*,
    {INTERCEPT}
    - 0.85 * z_credit
    + 0.45 * z_dti
    + 0.40 * previous_defaults
    - 0.30 * z_income
    + 0.20 * z_loan
    - 0.25 * z_employment
    + 0.10 * z_lines
    + 0.12 * z_age * z_age
    + 0.35 * GREATEST(0, -z_credit) * GREATEST(0, z_dti)
    + 0.25 * z_loan * GREATEST(0, -z_income)
    + CASE WHEN previous_defaults >= 2 AND credit_score < 680 THEN 0.30 ELSE 0 END
    + CASE loan_purpose {_cases((name, effect) for name, (effect, _) in PURPOSES.items())} END
    + CASE loan_purpose {_cases((name, slope) for name, (_, slope) in PURPOSES.items())} END * z_dti AS logit
  FROM standardized
)
SELECT application_id, {_features(missing_rate)}, u_default < 1 / (1 + EXP(-logit)), created_at
FROM scored"""


def _missing_draws(seed: int, missing_rate: float) -> str:
    if not missing_rate:
        return ""
    return "".join(f",\n    {_uniform(seed, 11 + number)} AS u_missing{number}" for number in range(_MISSING_DRAWS))


def _missing_names(missing_rate: float) -> str:
    return "".join(f", u_missing{number}" for number in range(_MISSING_DRAWS)) if missing_rate else ""


def _features(missing_rate: float) -> str:
    """SQL of the features, each NULL for its own draw: of 52 bits the upper 26 decide one, the lower 26 another."""
    if not missing_rate:
        return ", ".join(name.lower() for name in FEATURES)
    columns = []
    for place, name in enumerate(FEATURES):
        bits = f"u_missing{place // 2} * {2**26}"
        draw = f"FLOOR({bits}) / {2**26}" if place % 2 == 0 else f"{bits} - FLOOR({bits})"
        columns.append(f"CASE WHEN {draw} < {missing_rate:.9f} THEN NULL ELSE {name.lower()} END")
    return ", ".join(columns)


def _uniform(seed: int, draw: int) -> str:
    """SQL of a number in (0, 1), never 0 or 1: 52 bits of a hash, so that a FLOAT holds it exactly."""
    offset = seed * 2**44 + draw
    bits = f"BITAND(HASH(application_id * {_DRAWS_PER_ROW} + {offset}), {2**52 - 1})"
    return f"(CAST({bits} AS FLOAT) + 0.5) / {2**52}"


def _normal(radius: str, angle: str, side: str) -> str:
    """SQL of a standard normal number, one of the two that Box and Muller get from two uniform ones."""
    return f"SQRT(-2 * LN({radius})) * {side}(2 * PI() * {angle})"


def _cases(pairs: Iterable[tuple[object, object]]) -> str:
    """SQL of the branches of a CASE."""
    return " ".join(f"WHEN {_literal(when)} THEN {_literal(then)}" for when, then in pairs)


def _literal(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)
