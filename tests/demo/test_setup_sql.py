"""The set-up files as statements."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_spcs.demo import setup_sql
from airflow_provider_spcs.demo.errors import DemoError


def test_statements_with_placeholders_are_filled(tmp_path: Path) -> None:
    """A placeholder becomes its value; comments go; the order stays."""
    path = tmp_path / "a.sql"
    path.write_text("-- first\nUSE ROLE X;\nCREATE SECRET s SECRET_STRING = '<github_token>'; -- why\n")
    filled = list(setup_sql.statements(path, {"github_token": "t0k"}))
    assert filled == ["USE ROLE X", "CREATE SECRET s SECRET_STRING = 't0k'"]


def test_statements_with_an_unknown_placeholder_are_refused(tmp_path: Path) -> None:
    """A placeholder that nobody fills is named, with its file."""
    path = tmp_path / "a.sql"
    path.write_text("CREATE DATABASE <name>;")
    with pytest.raises(DemoError, match=r"a\.sql: no value for the placeholder <name>"):
        list(setup_sql.statements(path, {}))


def test_statements_with_a_dollar_quoted_text_stay_whole(tmp_path: Path) -> None:
    """A semicolon inside $$ ends nothing."""
    path = tmp_path / "a.sql"
    path.write_text("EXECUTE JOB SERVICE FROM SPECIFICATION $$\nspec: 'a; b'\n$$;\nSELECT 1;")
    assert len(list(setup_sql.statements(path, {}))) == 2
