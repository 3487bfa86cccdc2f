"""What looks secret is not printed; what does not is."""

from __future__ import annotations

import pytest

from airflow_provider_spcs.redaction import HIDDEN, hide, hide_arguments, looks_secret


@pytest.mark.parametrize(
    "name",
    ["PASSWORD", "db_pw_secret", "GIT_TOKEN", "API_KEY", "apikey", "AWS_SECRET_ACCESS_KEY", "PRIVATE_KEY", "DB_PWD",
     "passphrase", "HTTP_AUTH", "CREDENTIALS", "SSH_KEY", "GITHUB_PAT", "CONN_STRING"],
)  # fmt: skip
def test_name_that_says_secret_hides_its_value(name: str) -> None:
    """People name secrets."""
    assert hide(name, "x") == HIDDEN


@pytest.mark.parametrize("name", ["ROWS", "MONKEY", "KEYBOARD", "AUTHOR", "PATH", "SOURCE_TABLE", "COMPASS_HEADING"])
def test_ordinary_name_keeps_its_value(name: str) -> None:
    """A dry run that hides everything shows nothing."""
    assert hide(name, "x") == "x"


@pytest.mark.parametrize(
    "value",
    ["ghp_" + "a" * 36, "-----BEGIN RSA PRIVATE KEY-----", "https://user:pw@host/x", "AKIA" + "A" * 16,
     "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.x", "xoxb-123"],
)  # fmt: skip
def test_value_that_only_secrets_have_is_hidden_under_any_name(value: str) -> None:
    """People misname secrets."""
    assert looks_secret("X", value)


@pytest.mark.parametrize("value", ["https://host/path", "a:b@c", "/a/b", "ghp", 5, None])
def test_ordinary_value_is_shown(value: object) -> None:
    """URLs without a password are no secrets."""
    assert hide("X", value) == value


def test_empty_value_is_shown_as_empty() -> None:
    """That a token is empty is worth seeing, and hides nothing."""
    assert not hide("TOKEN", "")


def test_option_values_are_hidden_in_both_spellings() -> None:
    """`--token x` and `--token=x`; the next option is shown."""
    assert hide_arguments(["--token", "x", "--rows", "5", "--api-key=y", "--password", "--verbose"]) == [
        "--token", HIDDEN, "--rows", "5", f"--api-key={HIDDEN}", "--password", "--verbose",
    ]  # fmt: skip
