"""A container's network in terms the launcher understands: doors, names and rules."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.runner.request import ContainerRequest

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.endpoints import Endpoints

_MOST_FORWARDS = 200


def ports(endpoints: Endpoints) -> dict[str, int]:
    """Where the account listens on the host's loopback."""
    return {"tls_port": endpoints.tls_port, "http_port": endpoints.port}


def describe(request: ContainerRequest, account_host: str, hostname: str, endpoints: Path) -> dict[str, Any]:
    """What the launcher is to make of the container's network.

    Args:
        request: Its grants, address and neighbours.
        account_host: The account's name inside.
        hostname: The container's own.
        endpoints: File that says where the account listens.
    """
    hosts = [[address, name] for name, addresses in request.hosts.items() for address in addresses]
    # Of the host's loopback, a job may freely reach only addresses that are its own instances'.
    own = [item for pair in hosts for item in pair] + [request.address]
    own = [item for item in dict.fromkeys(own) if item != "127.0.0.1"]
    return {
        "network_key": str(request.job) if request.shared_network else None,
        "join_network_of": None,
        "forwards": _forwards(account_host, request.allowed_hosts),
        "hosts": [[request.address, hostname], *hosts],
        "own_addresses": own,
        "egress": {
            "account_host": account_host,
            "endpoints": str(endpoints),
            "allowed": list(request.allowed_hosts),
            "own_addresses": own,
        },
    }


def _forwards(account_host: str, allowed: tuple[str, ...]) -> list[dict[str, Any]]:
    """Doors for what has a plain name or a loopback address, so that clients without proxy support pass too.

    Names resolve to loopback addresses of the container's own network, one for each host.
    """
    addresses: dict[str, str] = {}
    wanted = [f"{account_host}:443", f"{account_host}:80", *allowed]
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for rule in wanted:
        host, _, number = rule.lower().rpartition(":") if ":" in rule else (rule.lower(), "", "443")
        if "*" in host or not number.isdigit():
            continue
        loopback = "127.0.0.1" if host == "localhost" else _loopback(host)
        if loopback is None:
            continue
        address = loopback or addresses.setdefault(host, f"127.0.64.{len(addresses) + 1}")
        forward = {"address": address, "port": int(number), "host": host, "named": not loopback}
        found.setdefault((address, int(number)), forward)
        if len(found) == _MOST_FORWARDS:
            break
    return list(found.values())


def _loopback(host: str) -> str | None:
    """A loopback address itself; empty for a name; None for an address of elsewhere, which only the proxy reaches."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    return host if address.is_loopback and address.version == 4 else None
