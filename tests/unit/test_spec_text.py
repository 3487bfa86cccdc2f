"""YAML without its surprises, and text that no content can end."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_spcs.errors import SpecError
from airflow_provider_spcs.spec import (
    BlockVolume,
    Container,
    Endpoint,
    LocalVolume,
    MemoryVolume,
    Probe,
    Resources,
    SecretRef,
    ServiceSpec,
    SessionToken,
    StageVolume,
    VolumeMount,
)
from airflow_provider_spcs.spec.text import parse, sql_text

#: Any text a process can be given, rich in what ends a literal.
TEXT = st.text(
    st.one_of(st.sampled_from("$'\"\\\n{}#:-&*!%@`\t"), st.characters(codec="utf-8", exclude_characters="\0"))
)
NAME = st.from_regex(r"[a-z](?:[a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
VARIABLE = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True)
SCALAR = st.one_of(
    TEXT, st.integers(-(10**12), 10**12), st.booleans(), st.floats(allow_nan=False, allow_infinity=False)
)
SMALL = st.integers(1, 9)

VOLUMES = st.one_of(
    st.builds(LocalVolume, NAME),
    st.builds(MemoryVolume, NAME, SMALL.map("{}Gi".format)),
    st.builds(
        StageVolume,
        NAME,
        st.sampled_from(["@a.b.c", "@c/dir", '@"a b"."c"."d"/e f']),
        st.none() | st.just("1h30m"),
        st.none() | st.just({"limits": {"cpu": "500m", "memory": "1Gi"}}),
        st.none() | st.integers(0, 9),
    ),
    st.builds(BlockVolume, NAME, SMALL.map("{}Gi".format), st.none() | TEXT.filter(str.strip), st.none() | SMALL),
)
RESOURCES = st.builds(
    Resources,
    st.none() | st.sampled_from([0.5, 1, "500m"]),
    st.none() | st.sampled_from(["1Gi", "512M"]),
    st.none() | SMALL,
    st.none() | st.sampled_from([2, "2000m"]),
    st.none() | st.just("2Gi"),
)


@st.composite
def specs(draw: st.DrawFn) -> ServiceSpec:
    """Specifications that keep every rule."""
    volumes = draw(st.lists(VOLUMES, max_size=3, unique_by=lambda volume: volume.name))
    containers = [
        Container(
            name,
            draw(st.sampled_from(["/d/s/r/i:1", "host.com/d/s/r/i"])),
            tuple(draw(st.lists(TEXT, max_size=3))),
            tuple(draw(st.lists(TEXT, max_size=3))),
            draw(st.dictionaries(VARIABLE, SCALAR, max_size=4)),
            tuple(VolumeMount(volume.name, f"/m/{index}") for index, volume in enumerate(volumes)),
            draw(st.none() | RESOURCES),
            draw(
                st.sampled_from(
                    [(), (SecretRef("db.s.x", directory="/s"), SecretRef("r", "lower_case", key="password"))]
                )
            ),
            draw(st.none() | st.builds(Probe, st.integers(1, 65535), st.just("/r"), st.none() | SMALL)),
            None,
            None,
            draw(st.none() | st.just(SessionToken("/t", "0600"))),
        )
        for name in draw(st.lists(NAME, min_size=1, max_size=3, unique=True))
    ]
    endpoints = draw(st.lists(st.builds(Endpoint, NAME, st.integers(1, 65535)), max_size=2, unique_by=lambda e: e.name))
    level = draw(st.none() | st.just("INFO"))
    return ServiceSpec(tuple(containers), tuple(volumes), tuple(endpoints), level)


@settings(max_examples=25, deadline=None)
@given(specs())
def test_specification_survives_every_round_trip(spec: ServiceSpec) -> None:
    """Document, YAML and SQL text are three spellings of one value."""
    assert ServiceSpec.from_dict(spec.to_dict()) == spec
    assert ServiceSpec.from_yaml(spec.to_sql_text()) == spec
    assert ServiceSpec.from_yaml(spec.to_yaml()) == spec


@given(st.dictionaries(TEXT, SCALAR, max_size=5))
def test_sql_text_cannot_be_ended_by_its_content_and_means_the_same(document: dict[str, Any]) -> None:
    """No `$$` inside, no `$` at either end; JSON readers and YAML readers get the same document."""
    text = sql_text(document)
    assert "$$" not in f"x{text}x"
    assert not text.startswith("$")
    assert not text.endswith("$")
    assert json.loads(text) == document


@given(TEXT)
def test_sql_text_is_read_alike_by_an_ordinary_yaml_reader(text: str) -> None:
    """Snowflake may read it as YAML: what JSON allows and YAML does not is escaped."""
    assert yaml.safe_load(sql_text({"k": text})) == {"k": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("8085", 8085), ("-3", -3), ("0.5", 0.5), ("true", True), ("False", False), ("null", None), ("~", None),
        ("1.10", "1.10"), ("0600", "0600"), ("12:30", "12:30"), ("12:30:45", "12:30:45"), ("on", "on"), ("NO", "NO"),
        ("2026-01-31", "2026-01-31"), ("1e3", "1e3"), ("+5", "+5"), ("0x10", "0x10"), ("1_000", "1_000"), (".5", ".5"),
        ("'8085'", "8085"),
    ],
)  # fmt: skip
def test_plain_scalar_is_a_number_only_in_its_one_plain_form(text: str, value: object) -> None:
    """A container's variables are text: `1.10` must not become 1.1, nor `on` true."""
    found = parse(f"k: {text}")["k"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("a: 1\na: 2", "line 2, column 1", "twice"),
        ("a: {b: 1, b: 2}", "line 1, column 11", "twice"),
        ("a: [", "line 1, column 5", ""),
        ("a: 1\n---\nb: 2", "line 2", "document"),
        ("a: !!python/object:os.system x", "line 1, column 4", "constructor"),
        ("1: 2\n[a]: 3", "line 2", "text"),
        ("a: \x01", "spec", ""),
        ("[" * 5000, "spec", ""),
    ],
)
def test_text_that_is_no_document_is_refused_with_its_place(text: str, where: str, says: str) -> None:
    """Line and column, from 1, as editors count."""
    with pytest.raises(SpecError) as caught:
        parse(text)
    assert where in caught.value.where
    assert says in str(caught.value)


@pytest.mark.parametrize("text", ["", "# nothing", "- a", "text", "5"])
def test_document_that_is_no_mapping_is_refused(text: str) -> None:
    """A specification begins with `spec:`."""
    with pytest.raises(SpecError, match="begins with 'spec:'"):
        ServiceSpec.from_yaml(text)


def test_merge_keys_of_yaml_still_work() -> None:
    """People share parts between containers with anchors."""
    assert parse("a: &x {k: 1}\nb: {<<: *x, l: 2}")["b"] == {"k": 1, "l": 2}
