"""What a command prints on standard output: aligned columns, blocks of facts, or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from airflow_provider_spcs.rows import ContainerReport, JobState, PoolState

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]

_COLOURS = {
    "DONE": "green",
    "RUNNING": "cyan",
    "READY": "cyan",
    "PENDING": "yellow",
    "FAILED": "red",
    "INTERNAL_ERROR": "red",
    "CANCELLED": "magenta",
}


def line(text: str = "") -> None:
    """One line; without colours when nobody looks."""
    typer.echo(text)


def print_json(value: Any) -> None:
    """A JSON document."""
    typer.echo(json.dumps(value, indent=2, default=_plain, ensure_ascii=False))


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Aligned columns under their names; a status is coloured on a terminal."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    for row in (columns, *rows):
        cells = [_coloured(cell, cell.ljust(width)) for cell, width in zip(row, widths, strict=True)]
        line("  ".join(cells).rstrip())


def facts(pairs: Mapping[str, str]) -> None:
    """``name  value`` lines; what is empty is left out."""
    shown = {name: value for name, value in pairs.items() if value}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        line(f"{name.ljust(width)}  {value}")


def _coloured(word: str, text: str) -> str:
    colour = _COLOURS.get(word)
    return typer.style(text, fg=colour) if colour and sys.stdout.isatty() else text


def _plain(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def age(since: datetime | None, until: datetime | None = None) -> str:
    """Time passed in its two largest units, for example ``3h12m``; empty when it is not known."""
    if since is None:
        return ""
    seconds = max(0, int(((until or datetime.now(UTC)) - since).total_seconds()))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days}d{hours}h"
    if hours:
        return f"{hours}h{minutes}m"
    return f"{minutes}m{seconds % 60}s" if minutes else f"{seconds}s"


def moment(value: datetime | None) -> str:
    """A time for a person, in UTC."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if value else ""


def job_document(job: JobState) -> dict[str, Any]:
    """A job as JSON values; its specification is not in it."""
    return {
        "name": job.name.name,
        "database": job.name.database,
        "schema": job.name.schema,
        "status": job.status.value,
        "terminal": job.status.terminal,
        "compute_pool": job.compute_pool,
        "created_at": job.created_at,
        "ended_at": job.ended_at,
        "replicas": job.replicas,
        "query_warehouse": job.query_warehouse,
        "owner": job.owner,
        "message": job.message,
        "query_id": job.query_id,
        "deleted": job.deleted,
        "ours": job.stamp is not None,
        "stamp": asdict(job.stamp) if job.stamp else None,
        "comment": job.comment,
    }


def container_document(report: ContainerReport) -> dict[str, Any]:
    """A container as JSON values."""
    return {**asdict(report), "state": report.state.value}


def pool_document(pool: PoolState | None) -> dict[str, Any] | None:
    """A compute pool as JSON values."""
    return asdict(pool) if pool else None
