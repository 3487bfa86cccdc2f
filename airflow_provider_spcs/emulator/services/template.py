"""Templates of specifications: ``{{ name }}`` and ``{{ name | default(value) }}``.

Source: https://docs.snowflake.com/en/developer-guide/snowpark-container-services/working-with-services
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from airflow_provider_spcs.emulator.errors import SnowflakeError

_EXPRESSION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_VARIABLE = re.compile(
    r"""\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*
        (?:\|\s*default\(\s*(?P<default>'[^']*'|"[^"]*"|[A-Za-z0-9_.+-]+)\s*(?:,\s*(?P<falsy>true|false))?\s*\)\s*)?\Z""",
    re.VERBOSE | re.IGNORECASE,
)
_SIMPLE = re.compile(r"[A-Za-z0-9_.+-]+\Z")


def render(template: str, values: Mapping[str, object]) -> str:
    """The template with each variable replaced.

    Args:
        template: Specification text.
        values: What USING gives; names are case-sensitive.

    Raises:
        SnowflakeError: 395069 when a variable has neither value nor default, or an expression is not understood.
    """
    for block in ("{%", "{#"):
        if block in template:
            raise _failed(f"'{block}' is not supported; only variables are.")
    return _EXPRESSION.sub(lambda match: _replacement(match[1], values), template)


def _replacement(expression: str, values: Mapping[str, object]) -> str:
    match = _VARIABLE.match(expression)
    if not match:
        raise _failed(f"cannot understand the expression '{{{{{expression}}}}}'.")
    name, default = match["name"], match["default"]
    given = values.get(name)
    if name in values and not (match["falsy"] and match["falsy"].lower() == "true" and not given):
        return _text(name, given)
    if default is None:
        raise _failed(f"value not provided for the variable '{name}'.")
    return default[1:-1] if default[0] in "'\"" else default


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    content = str(value)
    if not _SIMPLE.match(content):
        try:
            json.loads(content)
        except ValueError:
            raise _failed(f"the value of '{name}' must be alphanumeric or valid JSON.") from None
    return content


def _failed(reason: str) -> SnowflakeError:
    return SnowflakeError(f"Unable to render service spec from given template: {reason}", 395069, "23001")
