"""HTTPS with the account's own certificate, and the CONNECT proxy."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import pytest
import requests

from airflow_provider_spcs.emulator import RunningAccount
from airflow_provider_spcs.emulator.wire.tls import HOSTS
from tests.waiting import DEADLINE


def _through(account: RunningAccount, url: str) -> requests.Response:
    return requests.get(
        url,
        proxies={"https": account.endpoints.proxy_url},
        verify=str(account.endpoints.ca_bundle),
        timeout=DEADLINE,
    )


def test_tls_port_serves_the_connector(account: RunningAccount, connect: Any) -> None:
    """protocol=https, trusted through REQUESTS_CA_BUNDLE alone; chunks come over TLS too."""
    cursor = connect(protocol="https", port=account.endpoints.tls_port).cursor()
    rows = cursor.execute("select seq8() from table(generator(rowcount => 30000))").fetchall()
    assert len(rows) == 30000


def test_proxy_leads_snowflake_hosts_to_the_account(account: RunningAccount, connect: Any) -> None:
    """A client that knows only its account name arrives here."""
    connection = connect(
        host=None, port=None, protocol=None, proxy_host="127.0.0.1", proxy_port=str(account.endpoints.proxy_port)
    )
    assert connection.host.endswith(".snowflakecomputing.com")
    rows = connection.cursor().execute("select seq8() from table(generator(rowcount => 30000))").fetchall()
    assert len(rows) == 30000


@pytest.mark.parametrize("host", ["example.com", "snowflakecomputing.com.example.com", "127.0.0.1:80", "x:22"])
def test_proxy_refuses_other_hosts_with_403(account: RunningAccount, host: str) -> None:
    """Nothing but Snowflake is reachable without a rule that allows it."""
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        _through(account, f"https://{host}/")


def test_proxy_tunnels_what_a_rule_allows(account: RunningAccount) -> None:
    """An allowed host and port are reached; the rule hears who asks."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        asked: list[tuple[str, int, str]] = []

        def allowed(host: str, to: int, client: str) -> bool:
            asked.append((host, to, client))
            return to == port

        account.proxy.allowed, before = allowed, account.proxy.allowed
        try:
            with socket.create_connection(("127.0.0.1", account.endpoints.proxy_port), 10) as client:
                client.sendall(
                    f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nProxy-Authorization: Basic am9iOg==\r\n\r\n".encode()
                )
                assert b" 200 " in client.recv(200)
                far, _ = server.accept()
                with far:
                    client.sendall(b"ping")
                    assert far.recv(10) == b"ping"
                    far.sendall(b"pong")
                    assert client.recv(10) == b"pong"
        finally:
            account.proxy.allowed = before
    assert asked == [("127.0.0.1", port, "job")]


def test_proxy_refuses_other_methods(account: RunningAccount) -> None:
    """Plain HTTP through the proxy is 405 with the reason."""
    with socket.create_connection(("127.0.0.1", account.endpoints.proxy_port), 10) as client:
        client.sendall(b"GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n")
        assert client.recv(200).startswith(b"HTTP/1.1 405")


@pytest.mark.parametrize(
    "host",
    [
        "local.snowflakecomputing.com",
        "xy12345.eu-central-1.snowflakecomputing.com",
        "xy12345.west-europe.azure.snowflakecomputing.com",
        "xy12345.us-east-2.aws.privatelink.snowflakecomputing.com",
    ],
)
def test_certificate_covers_hosts_with_a_region(account: RunningAccount, host: str) -> None:
    """Old account addresses have the region in them; a wildcard covers one label only."""
    import socket
    import ssl

    context = ssl.create_default_context(cafile=str(account.endpoints.ca_bundle))
    address = (account.endpoints.host, account.endpoints.tls_port)
    with socket.create_connection(address, 10) as plain, context.wrap_socket(plain, server_hostname=host) as secure:
        assert secure.version() in {"TLSv1.2", "TLSv1.3"}


@pytest.mark.parametrize(
    ("host", "names"), [("127.0.0.1", 1), ("localhost", 1), ("my-account.snowflakecomputing.com", len(HOSTS))]
)
def test_certificate_names_other_hosts_only_to_those_who_ask_for_one(
    account: RunningAccount, host: str, names: int
) -> None:
    """A client reads every name of a certificate, at each connection; both are signed by the account's authority."""
    trusting = ssl.create_default_context(cafile=account.endpoints.ca_bundle)
    place = (account.endpoints.host, account.endpoints.tls_port)
    with socket.create_connection(place) as plain, trusting.wrap_socket(plain, server_hostname=host) as secured:
        shown = (secured.getpeercert() or {})["subjectAltName"]
    assert sum(kind == "DNS" for kind, _ in shown) == names
