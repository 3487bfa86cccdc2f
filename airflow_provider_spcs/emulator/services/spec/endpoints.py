"""The ``spec.endpoints`` list of a specification."""

from __future__ import annotations

import re

from airflow_provider_spcs.emulator.services.spec.model import Endpoint
from airflow_provider_spcs.emulator.services.spec.node import Node


def endpoint(node: Node) -> Endpoint:
    """One endpoint, checked."""
    fields = node.fields(("port", "portRange", "public", "protocol", "corsSettings"), required=("name",))
    if ("port" in fields) == ("portRange" in fields):
        raise node.fail("Exactly one of 'port' and 'portRange' must be set.")
    public = "public" in fields and fields["public"].boolean()
    protocol = fields["protocol"].choice("TCP", "HTTP", "HTTPS") if "protocol" in fields else "HTTP"
    port_range = None
    if "portRange" in fields:
        port_range = _range(fields["portRange"])
        if public or protocol != "TCP":
            raise fields["portRange"].fail("It needs protocol TCP and public false.")
    if "corsSettings" in fields:
        fields["corsSettings"].fields(
            (
                "Access-Control-Allow-Origin",
                "Access-Control-Allow-Methods",
                "Access-Control-Allow-Headers",
                "Access-Control-Expose-Headers",
            )
        )
    port = fields["port"].integer(1, 65535) if "port" in fields else None
    return Endpoint(fields["name"].label(), port, port_range, public, protocol)


def _range(node: Node) -> str:
    match = re.fullmatch(r"(\d{1,5})-(\d{1,5})", node.text())
    if not match or not 1 <= int(match[1]) <= int(match[2]) <= 65535:
        raise node.fail(f"Value '{node.text()}' must be two ports, the lower first, for example 12031-13000.")
    return node.text()
