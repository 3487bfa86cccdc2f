"""Whatever a client sends, the engine answers or raises an error of SQL: nothing else may come out of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_spcs.emulator.account import Account
from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.statement import split

WORDS = (
    "select from where group by order having qualify limit top distinct all as on using join left lateral flatten "
    "table values with recursive union except case when then else end cast try_cast interval date timestamp_tz "
    "array_agg listagg within over partition rows between pivot unpivot for in any match_recognize connect start prior "
    "sample create replace temporary function procedure returns language sql python handler begin declare let if "
    "return exception raise execute immediate call insert into update set delete merge matched alter drop show "
    "describe like grant copy put get @stage $1 ?"
)
MARKS = "( ) , ; . :: : = := => * + - / || [ ] { } !"
VALUES = "a t \"q\" 1 1.5 1e400 'x' '' ' \" $$ -- /* \\ null int"
PIECES = st.one_of(*[st.sampled_from(text.split()) for text in (WORDS, MARKS, VALUES)], st.text(max_size=3))
TEXTS = st.lists(PIECES, min_size=1, max_size=14).map(" ".join)


@pytest.fixture(scope="module")
def anyone(engine_account: Account) -> Iterator[Session]:
    """A session for all of it."""
    made = engine_account.session(database="EMULATOR", schema="PUBLIC", warehouse="COMPUTE_WH")
    yield made
    made.close()


def answered(session: Session, text: str) -> None:
    """Run each statement of a text; only errors with an errno and a sqlstate may come out."""
    failed: SnowflakeError | None = None
    try:
        for statement in split(text):
            session.rows(statement)
    except SnowflakeError as error:
        failed = error
    assert failed is None or (failed.errno and len(failed.sqlstate) == 5)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=TEXTS)
def test_text_of_any_kind_is_answered_or_refused_as_sql(anyone: Session, text: str) -> None:
    """Noise of SQL's own words, marks and values."""
    answered(anyone, text)


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(words=st.permutations(["select", "a", "+", "1", "from", "(", "values", "(", "1", ")", ")", "t", "(", "a", ")"]))
def test_words_of_a_query_in_any_order_are_answered_or_refused_as_sql(anyone: Session, words: list[str]) -> None:
    """Nearly right statements reach deeper than noise."""
    answered(anyone, " ".join(words))
