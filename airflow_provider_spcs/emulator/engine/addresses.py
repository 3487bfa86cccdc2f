"""Addresses of networks and of pages, taken apart.

Source: Snowflake's documentation of PARSE_IP and PARSE_URL.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from typing import Any

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://([^/?#]*)(?:/([^?#]*))?|([^?#]*))(?:\?([^#]*))?(?:#(.*))?")


def parse_ip(text: str, kind: str, permissive: int = 0) -> str:
    """An address or network as an object.

    Raises:
        ValueError: It is none, and errors are asked for.
    """
    try:
        found = ipaddress.ip_interface(text)
    except ValueError:
        if permissive:
            return json.dumps({"error": f"Error parsing IP: {text}"})
        raise ValueError(f"100206|22023|Failure parsing IP address: [{text}] is not a valid address") from None
    size = 4 if found.version == 6 else 1
    whole = int(found.ip)
    fields = [whole >> (32 * (size - 1 - index)) & 0xFFFFFFFF for index in range(size)] + [0] * (4 - size)
    said: dict[str, Any] = {
        "family": found.version,
        "host": str(found.ip),
        "ip_fields": fields,
        "ip_type": kind.lower(),
        "netmask_prefix_length": found.network.prefixlen if "/" in text else None,
        "snowflake$type": "ip_address",
    }
    network = found.network
    if found.version == 4:
        said |= {"ipv4": whole, "ipv4_range_start": int(network[0]), "ipv4_range_end": int(network[-1])}
    else:
        said |= {
            "hex_ipv6": f"{whole:032X}",
            "hex_ipv6_range_start": f"{int(network[0]):032X}",
            "hex_ipv6_range_end": f"{int(network[-1]):032X}",
        }
    return json.dumps(said)


def parse_url(text: str, permissive: int) -> str:
    """The parts of a URL as an object.

    Raises:
        ValueError: It has no scheme, and errors are asked for.
    """
    found = _URL.fullmatch(text)
    if found is None:
        if permissive:
            return json.dumps({"error": "scheme not specified"})
        raise ValueError(f"100139|22P02|Error parsing URL: scheme not specified: {text}")
    scheme, place, path, other, query, fragment = found.groups()
    host, port = place, None
    numbered = re.fullmatch(r"(.*):(\d+)", place or "")
    if numbered:
        host, port = numbered[1], numbered[2]
    pairs = [part.partition("=") for part in query.split("&")] if query else None
    return json.dumps(
        {
            "fragment": fragment,
            "host": host,
            "parameters": {key: value for key, _, value in pairs} if pairs else None,
            "path": path if place is not None else other,
            "port": port,
            "query": query,
            "scheme": scheme,
        }
    )


FUNCTIONS: dict[str, tuple[Callable[..., Any], list[str], str]] = {
    "sf_parse_ip_text": (parse_ip, ["VARCHAR", "VARCHAR", "BIGINT"], "VARCHAR"),
    "sf_parse_url_text": (parse_url, ["VARCHAR", "BIGINT"], "VARCHAR"),
}
