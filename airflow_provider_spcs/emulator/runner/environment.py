"""The variables a container starts with: its image's, the platform's, its specification's; nothing of the host's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.runner.images import Image
from airflow_provider_spcs.emulator.runner.request import ContainerRequest

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account

HOME = "/home/job"
_SYSTEM_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS")


def account_host(account: Account) -> str:
    """The name under which a container reaches its account, over TLS on port 443."""
    return f"{account.name.lower().replace('_', '-')}.snowflakecomputing.com"


def variables(account: Account, request: ContainerRequest, image: Image, hostname: str) -> dict[str, str]:
    """All variables but those that point to the proxy, whose port is known later.

    Source: SNOWFLAKE_ACCOUNT, _HOST, _DATABASE, _SCHEMA and _SERVICE_NAME are what the platform injects
    (documentation of the service specification). The image's and the request's own win.
    """
    env = {
        "PATH": ":".join((*image.path, *_SYSTEM_PATH, f"{HOME}/.local/bin")),
        "HOME": HOME,
        "HOSTNAME": hostname,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "SNOWFLAKE_ACCOUNT": account.name,
        "SNOWFLAKE_HOST": account_host(account),
        "SNOWFLAKE_DATABASE": request.job.database,
        "SNOWFLAKE_SCHEMA": request.job.schema,
        "SNOWFLAKE_SERVICE_NAME": request.job.name,
    }
    endpoints = account.endpoints
    if endpoints is not None:
        env |= dict.fromkeys(_CA_VARIABLES, str(endpoints.ca_bundle))
    return env | image.env | request.env
