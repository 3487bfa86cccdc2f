"""What a page leaves out of specifications and statements."""

from __future__ import annotations

import pytest
import yaml

from airflow_provider_spcs.emulator.page import hiding


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE SECRET s TYPE = GENERIC_STRING SECRET_STRING = 'hunter2'",
        "create or replace secret s type = password username='u' password = 'hunter2'",
        "ALTER USER u SET PASSWORD = 'hunter2'",
        "alter secret if exists s set secret_string = $$hunter2$$",
        "CREATE STAGE s CREDENTIALS = (AWS_KEY_ID = 'a' AWS_SECRET_KEY = 'hunter2')",
        "EXECUTE JOB SERVICE IN COMPUTE POOL p FROM SPECIFICATION $$env: {A: hunter2}$$",
        "call f('https://me:hunter2@host/')",
        "select 'it''s', password => 'hunter2'",
        "-- CREATE\nCREATE USER x PASSWORD='a\\'hunter2'",
    ],
)
def test_statement_with_a_secret_shows_none(sql: str) -> None:
    """A literal that may be one is replaced."""
    assert "hunter2" not in hiding.statement(sql)


def test_statement_without_a_secret_is_shown_as_it_is() -> None:
    """Most statements have nothing to hide."""
    assert hiding.statement("select 'a', b from t where c = 'd'") == "select 'a', b from t where c = 'd'"


def test_specification_with_secrets_shows_only_their_places() -> None:
    """Variables, options and URLs that hold one are shown as dots; all else is as it was."""
    container = {
        "name": "main",
        "env": {"DB_PASSWORD": "hunter2", "REPO": "https://me:hunter2@host/x", "ROWS": "5"},
        "args": ["--token", "hunter2", "--api-key=hunter2", "--rows", "5"],
        "secrets": [{"snowflakeSecret": "DB.S.TOKEN", "envVarName": "TOKEN"}],
    }
    shown = hiding.specification(yaml.safe_dump({"spec": {"containers": [container]}}))
    assert "hunter2" not in shown
    found = yaml.safe_load(shown)["spec"]["containers"][0]
    assert found["env"]["ROWS"] == "5"
    assert found["args"][3:] == ["--rows", "5"]
    assert found["secrets"] == container["secrets"]


def test_specification_that_is_no_yaml_is_not_shown() -> None:
    """What cannot be read cannot be searched for secrets."""
    assert "hunter2" not in hiding.specification("a: [hunter2")
