"""Registered models: their versions, and how their metrics went from one to the next."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.models.versions import aliases
from airflow_provider_spcs.emulator.page import chart, names, rendering

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.objects import Document

_MOST_CHARTS = 12


@dataclass(frozen=True)
class Version:
    """One version as the page shows it; ``metrics`` has numbers and other values by name."""

    name: str
    created: str
    comment: str
    aliases: list[str]
    metrics: dict[str, Any]
    size: int
    functions: list[str]


def model_list(account: Account, _request: Request) -> Response:
    """The registered models."""
    return rendering.html(
        "models.html", account=account, here="/models", now=account.clock.now(), models=account.objects.list("MODEL")
    )


def model(account: Account, request: Request) -> Response:
    """A model's versions and their metrics."""
    name = names.of(request)
    document = account.models.get(name)
    versions = [_version(account, document, each) for each in document["versions"]]
    numbers = sorted({key for each in versions for key, value in each.metrics.items() if _is_number(value)})
    charts = [
        (
            key,
            chart.line(
                [(each.name, float(each.metrics[key])) for each in versions if _is_number(each.metrics.get(key))]
            ),
        )
        for key in numbers[:_MOST_CHARTS]
    ]
    return rendering.html(
        "model.html",
        account=account,
        here="/models",
        now=account.clock.now(),
        name=name,
        document=document,
        versions=versions,
        charts=charts,
        numbers=numbers,
    )


def metrics(metadata: str) -> dict[str, Any]:
    """The metrics in a version's metadata, nested ones by dotted name; empty when it has none."""
    try:
        content = json.loads(metadata or "{}")
    except ValueError:
        return {}
    found = content.get("metrics") if isinstance(content, dict) else None
    return dict(_flat("", found)) if isinstance(found, dict) else {}


def _flat(prefix: str, node: dict[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in node.items():
        found += _flat(f"{prefix}{key}.", value) if isinstance(value, dict) else [(prefix + key, value)]
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _version(account: Account, document: Document, version: str) -> Version:
    stored = document["versions"][version]
    package = account.models.package(document, version)
    functions: list[str] = []
    with contextlib.suppress(SnowflakeError):
        functions = [function.name for function in package.functions]
    return Version(
        version,
        stored["created_on"],
        stored["comment"],
        [alias for alias, meant in aliases(document).items() if meant == version],
        metrics(stored["metadata"]),
        package.size,
        functions,
    )
