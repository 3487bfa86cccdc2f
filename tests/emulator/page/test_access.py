"""Who may look at the account's pages."""

from __future__ import annotations

import base64

import pytest
import requests
from starlette.requests import Request

from airflow_provider_spcs.emulator import RunningAccount
from airflow_provider_spcs.emulator.page import access


def _request(client: str, server: str, host: str, authorization: str = "") -> Request:
    headers = [(b"host", host.encode()), (b"authorization", authorization.encode())]
    return Request(
        {"type": "http", "method": "GET", "path": "/", "query_string": b"", "scheme": "http", "headers": headers,
         "client": (client, 5000), "server": (server, 80)}
    )  # fmt: skip


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("host", ["localhost:80", "127.0.0.1:80", "127.0.0.2", "[::1]:80"])
def test_request_on_loopback_under_its_own_name_passes(account: RunningAccount, host: str) -> None:
    """Whoever is on this machine may look."""
    access.check(_request("127.0.0.1", "127.0.0.1", host), account.account.credentials)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.1"])
def test_request_on_loopback_under_another_name_is_refused(account: RunningAccount, host: str) -> None:
    """A web page that leads its own name to loopback reads nothing."""
    with pytest.raises(access.DeniedError) as refused:
        access.check(_request("127.0.0.1", "127.0.0.1", host), account.account.credentials)
    assert refused.value.status == 403


@pytest.mark.parametrize(
    "authorization", ["", "Basic", "Basic !", "Bearer x", _basic("ADMIN", "guess"), _basic("OTHER", "")]
)
def test_request_from_elsewhere_without_the_password_is_asked_for_it(
    account: RunningAccount, authorization: str
) -> None:
    """Listening on all addresses opens the pages to nobody."""
    for client, server in (("10.0.0.2", "10.0.0.1"), ("127.0.0.1", "10.0.0.1"), ("10.0.0.2", "127.0.0.1")):
        with pytest.raises(access.DeniedError) as refused:
            access.check(_request(client, server, "10.0.0.1", authorization), account.account.credentials)
        assert refused.value.status == 401


def test_request_from_elsewhere_with_the_password_passes(account: RunningAccount) -> None:
    """The owner may look from anywhere."""
    credentials = account.account.credentials
    access.check(_request("10.0.0.2", "10.0.0.1", "box", _basic("ADMIN", credentials.admin_password)), credentials)


def test_page_under_a_foreign_host_header_is_403(account: RunningAccount) -> None:
    """The guard stands before every page, and no reply may be read by another site."""
    reply = requests.get(f"{account.url}/jobs", headers={"Host": "evil.example"}, timeout=60)
    assert reply.status_code == 403
    reply = requests.get(f"{account.url}/jobs", headers={"Origin": "https://evil.example"}, timeout=60)
    assert "Access-Control-Allow-Origin" not in reply.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_page_by_another_method_than_get_changes_nothing(account: RunningAccount, method: str) -> None:
    """The pages are read-only."""
    assert requests.request(method, f"{account.url}/jobs", timeout=60).status_code in {404, 405}
