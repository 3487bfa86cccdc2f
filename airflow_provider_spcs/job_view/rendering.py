"""Templates to HTML for Airflow's iframe: every value escaped, nothing loaded from elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_COMMON = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store"}
HEADERS = {
    **_COMMON,
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
}
SANDBOX = {
    **_COMMON,
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:",
}
"""For what a job wrote: no script of it runs, and it is of no site."""


def html(template: str, **values: Any) -> HTMLResponse:
    """A whole page."""
    text = _environment().get_template(template).render(now=datetime.now(UTC), **values)
    return HTMLResponse(text, headers=HEADERS)


def problem(words: str) -> HTMLResponse:
    """A page that says what went wrong; never a 500, which would show as a broken frame."""
    return html("problem.html", words=words)


def said(error: Exception) -> str:
    """An error for a person: ours says all by itself, another one is named by its kind."""
    from airflow_provider_spcs.errors import SpcsError

    return str(error) if isinstance(error, SpcsError) else f"{type(error).__name__}: {error}"


def _ago(when: datetime | None, now: datetime) -> str:
    if when is None:
        return ""
    seconds = max(0, round((now - when).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def _stamp(when: datetime | None) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if when else ""


def _query(**values: object) -> str:
    return urlencode({name: value for name, value in values.items() if value not in {None, ""}})


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"ago": _ago, "stamp": _stamp}
    made.globals["query"] = _query
    return made
