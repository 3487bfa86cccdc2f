"""Whatever a client sends, the engine answers or raises an error of SQL: nothing else may come out of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
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


NAMES = (
    "abs round trunc to_char to_number to_date try_to_date to_timestamp to_time to_binary to_variant dateadd datediff "
    "date_trunc time_slice convert_timezone last_day iff nvl coalesce decode split split_part substr regexp_substr "
    "regexp_replace parse_json object_construct object_insert object_keys array_construct array_slice get get_path "
    "listagg array_agg count sum avg percentile_cont rank lag ntile width_bucket uniform normal seq4 hash sha2 lpad "
    "repeat charindex editdistance mod div0 log power greatest booland hll zeroifnull typeof"
)
ARGUMENTS = "a '' 'x' 'year' year '2024-01-31' '1.5' 1 0 -1 1.5 1e30 99999999999999999999 null true * '[' month"
TAILS = ["", "::int", "[0]", ":a.b", " over ()", " over (order by 1)", " within group (order by 1)"]
CALLS = st.builds(
    "select {}({}){} from (select 1 as a)".format,
    st.sampled_from(NAMES.split()),
    st.lists(st.sampled_from(ARGUMENTS.split()), max_size=4).map(", ".join),
    st.sampled_from(TAILS),
)


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


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@example(text="select get() from (select 1 as a)")
@example(text="select to_number(1.5, 1.5, a) from (select 1 as a)")
@example(text="select object_insert(month) over () from (select 1 as a)")
@example(text="select try_to_date()[0] from (select 1 as a)")
@example(text="select convert_timezone('x', a, a, '') within group (order by a) from (select 1 as a)")
@given(text=CALLS)
def test_function_of_any_arguments_is_answered_or_refused_as_sql(anyone: Session, text: str) -> None:
    """Too few arguments, too many, and such as no rule can read, wherever a call may stand."""
    answered(anyone, text)


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(words=st.permutations(["select", "a", "+", "1", "from", "(", "values", "(", "1", ")", ")", "t", "(", "a", ")"]))
def test_words_of_a_query_in_any_order_are_answered_or_refused_as_sql(anyone: Session, words: list[str]) -> None:
    """Nearly right statements reach deeper than noise."""
    answered(anyone, " ".join(words))
