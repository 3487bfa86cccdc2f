"""Which columns a model sees."""

from __future__ import annotations

import pytest
from features import choose
from names import parts, quoted
from problems import InputError


def _choose(kinds: dict[str, str], **changes: object) -> object:
    return choose(kinds, "T", **{"label": "is_default", "id_column": "application_id", **changes})  # type: ignore[arg-type]


def test_choose_without_features_takes_numbers_and_text_but_not_label_id_or_time(kinds: dict[str, str]) -> None:
    """The seed's nine features are what the sample's table gives."""
    layout = _choose(kinds)
    assert layout.categorical == ("LOAN_PURPOSE",)
    assert set(layout.numeric) == set(kinds) - {"LOAN_PURPOSE", "IS_DEFAULT", "APPLICATION_ID", "CREATED_AT"}


def test_choose_with_features_keeps_their_names_as_stored(kinds: dict[str, str]) -> None:
    """Names are found as Snowflake finds them: folded to upper case, or as they stand between double quotes."""
    assert _choose(kinds, features=["income", "AGE"]).features == ("INCOME", "AGE")
    assert _choose({**kinds, "my id": "numeric"}, id_column='"my id"', features=["AGE"]).id_column == "my id"


def test_choose_variant_column_counts_as_text(kinds: dict[str, str]) -> None:
    """The public sample's LOAN_PURPOSE is a VARIANT."""
    assert _choose({**kinds, "LOAN_PURPOSE": "variant"}).categorical == ("LOAN_PURPOSE",)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"label": "DEFAULTED"}, r"--label=DEFAULTED.*no such column.*IS_DEFAULT"),
        ({"label": "LOAN_PURPOSE"}, "--label=LOAN_PURPOSE.*text"),
        ({"id_column": "ID"}, "--id_column=ID.*no such column"),
        ({"id_column": "CREATED_AT"}, "--id_column=CREATED_AT.*time"),
        ({"features": ["AGE", "WEIGHT"]}, "--features=WEIGHT.*no such column"),
        ({"features": ["AGE", "AGE"]}, "--features=AGE.*twice"),
        ({"features": ["IS_DEFAULT"]}, "--features=IS_DEFAULT.*label"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_choose_with_a_wrong_column_is_refused_by_name(
    kinds: dict[str, str], changes: dict[str, object], words: str
) -> None:
    """The message names the argument, the column and what there is."""
    with pytest.raises(InputError, match=words):
        _choose(kinds, **changes)


def test_choose_column_whose_name_xgboost_refuses_is_refused_by_name(kinds: dict[str, str]) -> None:
    """Before the table is read, not after."""
    with pytest.raises(InputError, match=r"--features=x\[0\]: its name has"):
        _choose({**kinds, "x[0]": "numeric"})


def test_choose_table_with_label_and_id_alone_is_refused() -> None:
    """There is nothing to learn from."""
    with pytest.raises(InputError, match="no column to learn from"):
        _choose({"APPLICATION_ID": "numeric", "IS_DEFAULT": "boolean"})


@pytest.mark.parametrize(
    ("name", "sql"),
    [
        ("loans", '"LOANS"'),
        ("db.sch.loans", '"DB"."SCH"."LOANS"'),
        ('db."my schema"."a""b.c"', '"DB"."my schema"."a""b.c"'),
    ],
)
def test_parts_of_a_name_fold_as_snowflake_does(name: str, sql: str) -> None:
    """Unquoted parts are upper case; quoted ones stay as they are."""
    assert quoted(parts(name, "--source_table")) == sql


@pytest.mark.parametrize("name", ["", "a b", "a;drop table b", "a.b.c.d", 'a"', "1a", "a.", "loans -- x", "loans\n"])
def test_parts_of_what_is_no_name_is_refused(name: str) -> None:
    """Nothing but a name reaches a statement."""
    with pytest.raises(InputError, match="--source_table="):
        parts(name, "--source_table")
