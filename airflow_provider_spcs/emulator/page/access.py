"""Who may look: on loopback whoever is on this machine, from elsewhere who knows the owner's password."""

from __future__ import annotations

import base64
import binascii
from ipaddress import ip_address
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.wire.credentials import ADMIN

if TYPE_CHECKING:
    from starlette.requests import Request

    from airflow_provider_spcs.emulator.wire.credentials import Credentials


class DeniedError(Exception):
    """A request that is not answered.

    Args:
        status: 401 asks for the password, 403 does not.
        reason: For the person who asked.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def check(request: Request, credentials: Credentials) -> None:
    """Let a request pass, or not.

    A browser on this machine may have been sent here by any web page, under a name of that page's choosing that leads
    to loopback; its ``Host`` header tells.

    Raises:
        DeniedError: The name is not loopback's, or the password of the user ADMIN is missing or wrong.
    """
    client, server = request.client, request.scope.get("server")
    if client is not None and server is not None and _loopback(client.host) and _loopback(server[0]):
        if _loopback(request.url.hostname or ""):
            return
        raise DeniedError(
            403,
            f"This page was asked for under the name {request.url.hostname!r}. On loopback it answers to localhost and "
            f"127.0.0.1 only. Open http://127.0.0.1:{server[1]}/.",
        )
    if not _is_owner(request.headers.get("authorization", ""), credentials):
        raise DeniedError(
            401,
            f"From another machine this page wants the user {ADMIN} and the password in the file admin-password of the "
            "emulator's home.",
        )


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _is_owner(header: str, credentials: Credentials) -> bool:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return user == ADMIN and credentials.has_password(user, password)
