"""A container's network in terms the launcher understands: doors, names and rules."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.runner.request import ContainerRequest, Neighbour

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.endpoints import Endpoints

# The keeper receives at most 250 sockets: the proxy's, these, and those to other services.
_MOST_FORWARDS = 100
_MOST_NEIGHBOURS = 140
_SIX = "fd53:5043::"
"""Unique local addresses, used inside a container's own network only."""


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
    neighbours = _neighbours(request)
    own += dict.fromkeys(name for item in neighbours for name in item["names"])
    return {
        "network_key": (request.network or str(request.job)) if request.shared_network else None,
        "join_network_of": None,
        "forwards": _forwards(account_host, request.allowed_hosts),
        "hosts": [[request.address, hostname], *hosts],
        "neighbours": neighbours,
        "published": [{"port": port, "socket": f"{request.instance_id}-{port}"} for port in request.published],
        "published_at": {"address": request.address, "directory": str(request.doors)},
        "own_addresses": own,
        "egress": {
            "account_host": account_host,
            "endpoints": str(endpoints),
            "allowed": list(request.allowed_hosts),
            "own_addresses": own,
        },
    }


def _neighbours(request: ContainerRequest) -> list[dict[str, Any]]:
    """Doors to other services: an address for each name, behind which the keeper finds the other end."""
    addresses: dict[tuple[object, ...], str] = {}

    def address(item: Neighbour) -> str:
        number = len(addresses)
        new = f"{_SIX}{number + 1:x}" if item.six else f"127.0.{65 + number // 250}.{number % 250 + 1}"
        return addresses.setdefault((item.names, item.instance, item.six), new)

    return [
        {
            "names": list(item.names),
            "address": address(item),
            "port": item.port,
            "directory": str(item.doors),
            "instance": item.instance,
            "direct": item.address,
        }
        for item in request.neighbours[:_MOST_NEIGHBOURS]
    ]


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
