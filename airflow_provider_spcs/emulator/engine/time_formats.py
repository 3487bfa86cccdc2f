"""Dates and times read and written by Snowflake's formats, where DuckDB's own cannot say them.

Source: Snowflake's documentation, "Date and time input and output formats".
"""

from __future__ import annotations

import functools
import re
from datetime import datetime, timedelta

_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"]  # fmt: skip
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_ELEMENT = re.compile(
    r'"(?P<quoted>[^"]*)"|YYYY|YY|MMMM|MON|MM|DD|DY|HH24|HH12|HH|AM|PM|MI|SS|FF\d?|TZH:?TZM|TZH|TZM|.',
    re.IGNORECASE | re.DOTALL,
)
_FRACTION = r"(?P<fraction>\d{1,9})"
_READ = {
    "YYYY": r"(?P<year>[+-]?\d{4})",
    "YY": r"(?P<short>\d{2})",
    "MMMM": "(?P<name>[A-Za-z]{3,9})",
    "MON": "(?P<name>[A-Za-z]{3})",
    "MM": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
    "DY": "[A-Za-z]{3,9}",
    "HH24": r"(?P<hour>\d{1,2})",
    "HH12": r"(?P<hour>\d{1,2})",
    "HH": r"(?P<hour>\d{1,2})",
    "AM": "(?P<half>[AaPp][Mm])",
    "PM": "(?P<half>[AaPp][Mm])",
    "MI": r"(?P<minute>\d{1,2})",
    "SS": r"(?P<second>\d{1,2})",
    "TZH": r"(?P<zone>[+-]\d{1,2})",
    "TZHTZM": r"(?P<zone>Z|[+-]\d{2}\d{2})",
    "TZH:TZM": r"(?P<zone>Z|[+-]\d{1,2}:\d{2})",
}
AUTOMATIC = (
    "DY, DD MON YYYY HH24:MI:SS TZHTZM", "DY, DD MON YYYY HH24:MI:SS", "DY, DD MON YYYY HH12:MI:SS AM TZHTZM",
    "DY, DD MON YYYY HH12:MI:SS AM", "DY MON DD HH24:MI:SS TZHTZM YYYY", "MM/DD/YYYY HH24:MI:SS", "MM/DD/YYYY",
    "DD-MON-YYYY HH24:MI:SS", "DD-MON-YYYY", "DD-MMMM-YYYY",
)  # fmt: skip
"""Formats beside ISO's that AUTO knows."""


def read(text: str, form: str) -> str | None:
    """The moment that a text in a format says, as ISO text with the offset that it was given in; None when none."""
    found = _compiled(form).fullmatch(text.strip())
    if found is None:
        return None
    said = found.groupdict()
    try:
        return _moment(said).isoformat(sep=" ", timespec="microseconds") + _offset(said.get("zone"))
    except ValueError:
        return None


def automatic(text: str) -> str | None:
    """The moment that a text says in ISO's format or another one that AUTO knows."""
    try:
        return datetime.fromisoformat(text.strip()).isoformat(sep=" ", timespec="microseconds")
    except ValueError:
        return next((found for form in AUTOMATIC if (found := read(text, form)) is not None), None)


def write(moment: str, form: str) -> str:
    """A moment, given as ISO text with or without offset, in a format."""
    when = datetime.fromisoformat(moment)
    return "".join(_shown(found, when) for found in _ELEMENT.finditer(form))


@functools.lru_cache(maxsize=256)
def _compiled(form: str) -> re.Pattern[str]:
    pattern = "".join(_pattern(found) for found in _ELEMENT.finditer(form))
    # A fraction may be left out, with its point.
    return re.compile(pattern.replace(rf"\.{_FRACTION}", rf"(?:\.{_FRACTION})?"))


def _pattern(found: re.Match[str]) -> str:
    if found["quoted"] is not None:
        return re.escape(found["quoted"])
    word = found[0].upper()
    if word.startswith("FF") and len(word) <= 3:
        return _FRACTION
    return _READ.get(word) or (r"\s+" if found[0].isspace() else re.escape(found[0]))


def _moment(said: dict[str, str | None]) -> datetime:
    year = int(said.get("year") or 1970)
    short = said.get("short")
    if short is not None:
        year = int(short) + (2000 if int(short) < 70 else 1900)  # TWO_DIGIT_CENTURY_START is 1970
    month = int(said.get("month") or 1)
    name = said.get("name")
    if name is not None:
        month = _month(name)
    hour = int(said.get("hour") or 0)
    half = said.get("half")
    if half is not None:
        hour = hour % 12 + (12 if half.upper() == "PM" else 0)
    micros = int((said.get("fraction") or "0").ljust(9, "0")[:6])
    day = datetime(year, month, int(said.get("day") or 1))
    rest = timedelta(hours=hour, minutes=int(said.get("minute") or 0), seconds=int(said.get("second") or 0))
    if hour > 23 or rest >= timedelta(days=1):
        raise ValueError(f"{hour} is no hour")
    return day + rest + timedelta(microseconds=micros)


def _month(name: str) -> int:
    for number, full in enumerate(_MONTHS, start=1):
        if name.lower() in {full.lower(), full[:3].lower()}:
            return number
    raise ValueError(f"{name} is no month")


def _offset(zone: str | None) -> str:
    if zone is None:
        return ""
    if zone == "Z":
        return "+00:00"
    digits = zone[1:].replace(":", "")
    return f"{zone[0]}{digits[:2].zfill(2)}:{digits[2:] or '00'}" if len(digits) > 2 else f"{zone[0]}{digits:0>2}:00"


def _shown(found: re.Match[str], when: datetime) -> str:  # noqa: PLR0911 - one return an element
    if found["quoted"] is not None:
        return found["quoted"]
    word = found[0].upper()
    if re.fullmatch(r"FF\d?", word):
        digits = f"{when.microsecond:06}000"
        return digits[: int(word[2:] or 9)]
    if word in {"MMMM", "MON"}:
        return _MONTHS[when.month - 1] if word == "MMMM" else _MONTHS[when.month - 1][:3]
    if word == "DY":
        return _DAYS[when.weekday()][:3]
    if word in {"AM", "PM"}:
        return "AM" if when.hour < 12 else "PM"
    if word.startswith("TZ"):
        return _zone(word, when)
    numbers = {"YYYY": f"{when.year:04}", "YY": f"{when.year % 100:02}", "MM": f"{when.month:02}",
               "DD": f"{when.day:02}", "HH24": f"{when.hour:02}", "HH": f"{when.hour:02}",
               "HH12": f"{(when.hour + 11) % 12 + 1:02}", "MI": f"{when.minute:02}",
               "SS": f"{when.second:02}"}  # fmt: skip
    return numbers.get(word, found[0])


def _zone(word: str, when: datetime) -> str:
    minutes = int((when.utcoffset() or timedelta()).total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return {"TZH": f"{sign}{hours:02}", "TZM": f"{rest:02}"}.get(
        word, f"{sign}{hours:02}{':' if ':' in word else ''}{rest:02}"
    )
