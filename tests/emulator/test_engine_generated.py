"""Generated rows: GENERATOR, RANDOM, UNIFORM, NORMAL, SEQ."""

from __future__ import annotations

from airflow_provider_spcs.emulator.engine.session import Session

_SEED = """create or replace table loans as select
  row_number() over (order by random()) as id,
  normal(40, 10, random()) as age,
  uniform(1, 8, random()) as bucket,
  array_construct('a', 'b', 'c')[uniform(0, 2, random())] as purpose,
  random() < 0.15 as flag,
  timeadd('minute', uniform(-525600, 0, random()), current_timestamp()) as at
from table(generator(rowcount => 100000))"""


def test_seed_style_generation_has_the_asked_distributions(session: Session) -> None:
    """Normal has its mean and deviation, uniform its bounds, ids are 1 to N."""
    session.execute(_SEED)
    mean, deviation, low, high, first, last, ids = session.rows(
        "select avg(age), stddev(age), min(bucket), max(bucket), min(id), max(id), count(distinct id) from loans"
    )[0]
    assert abs(mean - 40) < 0.3
    assert abs(deviation - 10) < 0.3
    assert (low, high, first, last, ids) == (1, 8, 1, 100000, 100000)


def test_random_is_a_64_bit_integer(session: Session) -> None:
    """RANDOM() is no fraction: it is below 0.15 for half of the rows.

    Source: Snowflake's documentation of RANDOM.
    """
    session.execute(_SEED)
    assert abs(float(session.rows("select avg(iff(flag, 1, 0)) from loans")[0][0]) - 0.5) < 0.02


def test_seeded_values_repeat_and_are_independent(session: Session) -> None:
    """The same seed gives the same values each time; two seeds are uncorrelated."""
    sql = (
        "select normal(0, 1, random(1)) as x, uniform(0::float, 1::float, random(2)) as u, seq4() as i "
        "from table(generator(rowcount => 50000))"
    )
    session.execute(f"create table a as {sql}")
    session.execute(f"create table b as {sql}")
    assert session.rows("select count(*) from a join b using (i) where a.x <> b.x or a.u <> b.u") == [(0,)]
    correlation, deviation, distinct = session.rows("select corr(x, u), stddev(x), count(distinct x) from a")[0]
    assert abs(correlation) < 0.03
    assert abs(deviation - 1) < 0.02
    assert distinct == 50000


def test_array_index_from_zero_never_misses(session: Session) -> None:
    """ARRAY_CONSTRUCT(...)[0] is the first element; the last index is the length less one."""
    session.execute(_SEED)
    assert session.rows("select count(distinct purpose), count_if(purpose is null) from loans") == [(3, 0)]


def test_count_of_distinct_variants_leaves_out_nulls_of_json(session: Session) -> None:
    """Each value once; a null of JSON is none."""
    session.execute(
        "create table v as select parse_json(column1) as x, column2 as n "
        "from values ('1', 1), ('1', 2), ('null', 1), ('\"a\"', 1)"
    )
    assert session.rows("select count(x), count(distinct x), count(distinct n) from v") == [(3, 2, 2)]
