"""Templates to HTML: every value escaped, every reply with headers that let a page load nothing from elsewhere."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_UNITS = ("B", "KB", "MB", "GB", "TB")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def html(template: str, *, http_status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page."""
    return HTMLResponse(_environment().get_template(template).render(values), http_status, HEADERS)


def moment(when: datetime | str | None) -> datetime | None:
    """An aware time from one, from a naive one in UTC, or from ISO text."""
    if not when:
        return None
    found = datetime.fromisoformat(when) if isinstance(when, str) else when
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def duration(seconds: float) -> str:
    """Seconds as people say them: ``0.4 s``, ``3 min 5 s``, ``2 h 10 min``, ``3 d 4 h``."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    for size, unit, next_size, next_unit in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // next_size
            return f"{whole // size} {unit}" + (f" {rest} {next_unit}" if rest else "")
    return f"{whole} s"


def size(count: int) -> str:
    """Bytes as people say them: ``512 B``, ``1.5 MB``."""
    amount = float(count)
    for unit in _UNITS:
        if amount < 1000 or unit == _UNITS[-1]:
            return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError


def address(path: str, /, **query: object) -> str:
    """A link on this site; arguments that are None or empty are left out."""
    given = {name: value for name, value in query.items() if value not in {None, ""}}
    return f"{path}?{urlencode(given)}" if given else path


def printable(text: str) -> str:
    """The text without control characters, which browsers show as nothing."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _ago(when: datetime | str | None, now: datetime) -> str:
    found = moment(when)
    if found is None:
        return ""
    seconds = (now - found).total_seconds()
    return f"{duration(seconds)} ago" if seconds >= 1 else "just now"


def _stamp(when: datetime | str | None) -> str:
    found = moment(when)
    return f"{found.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if found else ""


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
    made.filters |= {"ago": _ago, "stamp": _stamp, "size": size, "duration": duration, "printable": printable}
    made.globals["address"] = address
    return made
