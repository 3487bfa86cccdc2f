"""No input can break out of the SQL text it is put into."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_spcs.errors import InvalidName
from airflow_provider_spcs.quoting import StagePath, bare, count, identifier, literal, qualified, split

HOSTILE = st.text(st.one_of(st.sampled_from("'\"\\;$-/*\n.@ ()"), st.characters()), max_size=40)


def snowflake_literal(text: str) -> str | None:
    """What Snowflake reads in one string literal; None when the text is not exactly one. Written from its manual."""
    if not re.fullmatch(r"'(?:[^'\\]|\\.|'')*'", text, re.DOTALL):
        return None
    return re.sub(r"\\(.)|''", lambda match: match[1] or "'", text[1:-1], flags=re.DOTALL)


@given(HOSTILE)
def test_literal_is_one_literal_and_says_the_same(text: str) -> None:
    """Quotes and backslashes come back, nothing ends early."""
    try:
        quoted = literal(text)
    except InvalidName:
        assert "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text)
    else:
        assert snowflake_literal(quoted) == text


@given(HOSTILE)
def test_identifier_is_one_identifier_or_refused(text: str) -> None:
    """Either plain, or in quotes with every inner quote doubled."""
    try:
        quoted = identifier(text, "x")
    except InvalidName:
        return
    assert re.fullmatch(r'[A-Z_][A-Z0-9_$]*|"(?:[^"]|"")+"', quoted)


@given(HOSTILE)
def test_qualified_name_is_at_most_three_identifiers_or_refused(text: str) -> None:
    """Dots inside quotes are no separators."""
    try:
        quoted = qualified(text, "x")
    except InvalidName:
        return
    part = r'(?:[A-Z_][A-Z0-9_$]*|"(?:[^"]|"")+")'
    assert re.fullmatch(rf"{part}(?:\.{part}){{0,2}}", quoted)


@given(HOSTILE)
def test_stage_path_is_one_literal_without_a_way_up_or_refused(text: str) -> None:
    """No quote, no `..`, no variable."""
    try:
        place = StagePath.parse("@db.s.st/" + text)
    except InvalidName:
        return
    assert snowflake_literal(place.sql) == str(place)
    assert not {"..", "."} & set(place.path.split("/"))
    assert not set(place.path) & set("'\"\\$;\n")


@pytest.mark.parametrize(
    ("name", "expected"), [("my_pool", "MY_POOL"), ('"My pool"', '"My pool"'), ('"a""b"', '"a""b"')]
)
def test_identifier_is_read_as_snowflake_reads_it(name: str, expected: str) -> None:
    """Plain ones are upper case, quoted ones are as they are."""
    assert identifier(name, "x") == expected


@pytest.mark.parametrize("name", ["", "1a", "a b", "a-b", '"', '""', '"a"b"', "a;b", None, 5, "é", "a" * 256, 'a"'])
def test_name_that_is_no_identifier_is_refused_with_what_it_names(name: object) -> None:
    """The message names the parameter."""
    with pytest.raises(InvalidName, match="compute_pool"):
        identifier(name, "compute_pool")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.b", ["a", "b"]),
        ('"a.b".c', ['"a.b"', "c"]),
        ("a", ["a"]),
        ("a..b", None),
        (".a", None),
        ("a.", None),
        ("", None),
        ('"a"b', None),
        (5, None),
    ],
)
def test_name_is_split_at_dots_outside_quotes(name: object, parts: list[str] | None) -> None:
    """None when dots and quotes do not fit together."""
    assert split(name) == parts


def test_bare_name_is_what_snowflake_stores() -> None:
    """Upper case, or what stands between the quotes."""
    assert (bare("a"), bare('"a""b"')) == ("A", 'a"b')


@pytest.mark.parametrize("value", [-1, 2**31, True, "1", 1.0, None])
def test_count_that_is_no_whole_number_in_range_is_refused(value: object) -> None:
    """A number goes into SQL as it is, so it has to be one."""
    with pytest.raises(InvalidName):
        count(value, "replicas")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("@a.b.c/d/e.f", "'@A.B.C/d/e.f'"),
        ('@"A"."b c"."x/y"/d', '\'@"A"."b c"."x/y"/d\''),
        ("@~/x", "'@~/x'"),
        ("@a//b/", "'@A/b'"),
        ("@a/b c", "'@A/b c'"),
    ],
)
def test_stage_path_is_parsed_as_stage_and_path(text: str, sql: str) -> None:
    """Slashes inside a quoted stage name belong to the name."""
    assert StagePath.parse(text).sql == sql


@pytest.mark.parametrize("text", ["", "@", "a/b", "@a/../b", "@a/b'c", "@a.b.c.d", "@a/$x", '@"A"x/y', "@a/b\nc", None])
def test_text_that_is_no_place_on_a_stage_is_refused(text: object) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidName):
        StagePath.parse(text)  # type: ignore[arg-type]


def test_stage_path_has_parts() -> None:
    """Directory, file, and what is below."""
    place = StagePath.parse("@s/a/b.json")
    assert (str(place.parent), place.name, str(place.parent / "c")) == ("@S/a", "b.json", "@S/a/c")
