"""What a page leaves out because it may be a secret: values in specifications, literals in statements."""

from __future__ import annotations

import re
from typing import Any

import yaml

HIDDEN = "\N{BULLET}" * 6
_NAME = re.compile(
    r"passw|passphrase|pwd|secret|token|credential|api.?key|access.?key|private.?key|auth|dsn|conn.*(str|ur[il])|_pat$|^pat$",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"-----BEGIN|\bgh[pousr]_\w{16,}|\bgithub_pat_|\bglpat-|\bxox[abprs]-|\bAKIA\w{12,}|\beyJ[\w-]{8,}\.[\w-]+\.",
    re.ASCII,
)
_LOGIN = re.compile(r"(\b[a-z][a-z0-9+.\-]*://)[^/\s:@'\"]*:[^/\s@'\"]+@", re.IGNORECASE)
_OPTION = re.compile(r"(--?[A-Za-z][\w-]*)(=.*)?\Z", re.DOTALL)
_LITERAL = re.compile(r"'(?:[^'\\]|''|\\.)*'|\$\$.*?\$\$", re.DOTALL)
_OF_SECRETS = re.compile(r"\s*(?:CREATE|ALTER)\b[^'$]*\b(?:SECRET|USER|INTEGRATION)\b", re.IGNORECASE)
_WITH_SPEC = re.compile(r"\bFROM\s+SPECIFICATION|\bSYSTEM\$EXECUTE_ML_JOB\b", re.IGNORECASE)
_ASSIGNED = re.compile(
    r"(\b\w*(?:PASSWORD|SECRET|TOKEN|PRIVATE_KEY|CREDENTIALS?|API_KEY)\w*\"?\s*(?:=>?|:)\s*)"
    r"('(?:[^'\\]|''|\\.)*'|\"[^\"]*\"|\$\$.*?\$\$|\([^)]*\))",
    re.IGNORECASE | re.DOTALL,
)


def specification(text: str) -> str:
    """A specification as YAML, with what may be a secret in its environments and arguments hidden."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        return "The specification cannot be shown: it is no YAML."
    return str(yaml.safe_dump(_node(content), sort_keys=False, allow_unicode=True, width=100))


def statement(sql: str) -> str:
    """A statement without the literals that may be secrets: all of those that a statement on secrets has."""
    if _OF_SECRETS.match(sql) or _WITH_SPEC.search(sql):
        return _LITERAL.sub(f"'{HIDDEN}'", sql)
    return _text(_ASSIGNED.sub(lambda found: f"{found[1]}'{HIDDEN}'", sql))


def _node(node: Any) -> Any:
    if isinstance(node, list):
        return [_node(item) for item in node]
    if not isinstance(node, dict):
        return _plain(node)
    shown: dict[Any, Any] = {}
    for key, value in node.items():
        if key == "env" and isinstance(value, dict):
            shown[key] = {name: _variable(str(name), each) for name, each in value.items()}
        elif key in {"args", "command"} and isinstance(value, list):
            shown[key] = _arguments([str(item) for item in value])
        else:
            shown[key] = _node(value)
    return shown


def _variable(name: str, value: Any) -> Any:
    return HIDDEN if _NAME.search(name) and value not in {"", None} else _plain(value)


def _arguments(arguments: list[str]) -> list[str]:
    shown, hide_next = [], False
    for argument in arguments:
        option = _OPTION.match(argument)
        named = option is not None and _NAME.search(option[1]) is not None
        if option is None and hide_next:
            shown.append(HIDDEN)
        elif option is not None and named and option[2]:
            shown.append(f"{option[1]}={HIDDEN}")
        else:
            shown.append(_plain(argument))
        hide_next = option is not None and named and not option[2]
    return shown


def _plain(value: Any) -> Any:
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> str:
    return HIDDEN if _VALUE.search(value) else _LOGIN.sub(rf"\g<1>{HIDDEN}@", value)
