"""Where a running account listens, for whoever starts its clients."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TRUST_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
"""What clients trust by: the Python connector up to 4 by the first, from 5 on and ``aiohttp`` by the second."""


@dataclass(frozen=True)
class Endpoints:
    """Addresses of the running server.

    Args:
        host: Address of this machine on which all three listen.
        port: Plain HTTP.
        tls_port: HTTPS, with a certificate from ``ca_bundle``'s private authority.
        proxy_port: HTTP CONNECT proxy that leads ``*.snowflakecomputing.com:443`` to ``tls_port``.
        ca_bundle: PEM file for `TRUST_VARIABLES`.
    """

    host: str
    port: int
    tls_port: int
    proxy_port: int
    ca_bundle: Path

    @property
    def http_url(self) -> str:
        """The plain HTTP address, without a closing slash."""
        return f"http://{self.host}:{self.port}"

    @property
    def proxy_url(self) -> str:
        """What HTTPS_PROXY is set to."""
        return f"http://{self.host}:{self.proxy_port}"
