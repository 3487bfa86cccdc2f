"""Which values must not be printed.

Snowflake secrets are named, never written, in a specification; this hides what people write into variables anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "***"
_SHORTEST = 5
_NAMES = re.compile(
    r"password|passwd|passphrase|(^|_)pass($|_)|pwd|secret|token|credential|api_?key|access_?key|private_?key|"
    r"(^|_)auth(orization)?($|_)|(^|_)key$|(^|_)pat$|conn(ection)?_?(str|string|uri|url)|dsn",
    re.IGNORECASE,
)
_VALUES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_|\bglpat-|\bxox[abprs]-|"
    r"\bAKIA[0-9A-Z]{16}|"
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.|[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@",
    re.IGNORECASE,
)
_OPTION = re.compile(r"--?(?P<name>[A-Za-z][\w-]*)(?P<value>=.*)?\Z", re.DOTALL)


def looks_secret(name: str, value: object = "") -> bool:
    """Whether a variable's name says secret, or its value is of a kind that only secrets are."""
    return bool(_NAMES.search(name.replace("-", "_"))) or (isinstance(value, str) and bool(_VALUES.search(value)))


def hide(name: str, value: object) -> object:
    """``value``, or ``***`` when it looks secret; an empty value has nothing to hide."""
    return HIDDEN if value not in ("", None) and looks_secret(name, value) else value


def hide_arguments(arguments: Iterable[str]) -> list[str]:
    """A command line with the values of secret-looking options hidden: ``--token x`` and ``--token=x``."""
    shown: list[str] = []
    hide_next = False
    for argument in arguments:
        option = _OPTION.match(argument)
        if hide_next and option is None:
            shown.append(HIDDEN)
            hide_next = False
            continue
        secret = option is not None and bool(_NAMES.search(option["name"].replace("-", "_")))
        hide_next = secret and option is not None and option["value"] is None
        if secret and option is not None and option["value"] is not None:
            argument = argument[: option.start("value")] + "=" + HIDDEN  # noqa: PLW2901 - shown in its hidden form
        shown.append(str(hide("", argument)))
    return shown


def secret_values(spec: str) -> list[str]:
    """Values of secret-looking variables in a specification's text, the longest first; empty when it is not readable.

    A value of fewer than five characters is left out: hiding it would riddle every line.
    """
    import yaml

    try:
        document = yaml.safe_load(spec)
        containers = document["spec"]["containers"]
        variables = [(str(name), value) for each in containers for name, value in (each.get("env") or {}).items()]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        return []
    found = {str(value) for name, value in variables if len(str(value)) >= _SHORTEST and looks_secret(name, value)}
    return sorted(found, key=len, reverse=True)
