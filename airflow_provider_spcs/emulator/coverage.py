"""The coverage page, from the registries and the code: ``python -m airflow_provider_spcs.emulator.coverage``."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any

from airflow_provider_spcs.emulator import registry
from airflow_provider_spcs.emulator.deviations import DEVIATIONS, REFUSALS

_HEAD = """# Coverage

What the emulated account does. Made by `python -m airflow_provider_spcs.emulator.coverage`; a test holds it to the
code. A statement, function or endpoint that is not here is an error that names this page. `CREATE OR REPLACE` and the
kinds of one object (TEMPORARY, TRANSIENT...) are shown once.
"""
_REFUSED = re.compile(r"\bunsupported\(\s*f?\"([^\"]+)\"")
_FAMILIES = ("engine", "events", "models", "rest", "services", "stages", "wire")
_PATH = re.compile(r"airflow_provider_spcs\.emulator\.(\w+)")


def page() -> str:
    """The page's text."""
    registry.load()
    _import_all()
    parts = [_HEAD, _statements(), _functions(), _endpoints(), _list("Refused", _refusals()), _deviations()]
    return "\n".join(parts)


def _import_all() -> None:
    """Every module of the account, so that each has declared what it refuses and how it deviates."""
    for family in _FAMILIES:
        package = importlib.import_module(f"airflow_provider_spcs.emulator.{family}")
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(found.name)


def _statements() -> str:
    rows: dict[tuple[str, str], list[str]] = {}
    for words, handler in registry.COMMANDS.items():
        rows.setdefault((_family(handler), _said(handler)), []).append(" ".join(words))
    body = [(family, _shortest(names), said) for (family, said), names in rows.items()]
    body += [
        ("engine", "`SELECT`, `WITH`, `VALUES`", "Queries, by translation to DuckDB's SQL."),
        ("engine", "`INSERT`, `UPDATE`, `DELETE`, `MERGE`", "Changes of rows; INSERT ALL and FIRST too."),
    ]
    return _table("Statements", ("Family", "Statement", "What it does"), sorted(body))


def _shortest(names: Iterable[str]) -> str:
    plain = {re.sub(r"\b(OR REPLACE|TERSE|TEMPORARY|TEMP|VOLATILE|TRANSIENT|SCOPED|LOCAL|GLOBAL) ", "", name)
             for name in names}  # fmt: skip
    return ", ".join(f"`{name}`" for name in sorted(plain))


def _functions() -> str:
    from airflow_provider_spcs.emulator.engine.translate.functions import CLASSES, NAMES
    from airflow_provider_spcs.emulator.engine.translate.functions.context import FUNCTIONS
    from airflow_provider_spcs.emulator.engine.translate.functions.names import BY_RULE, MACROS

    named = sorted({*MACROS, *BY_RULE, *NAMES, *(kind.__name__.upper() for kind in CLASSES if _function(kind))})
    rows = [
        ("Of the session", ", ".join(f"`{name}`" for name in sorted(FUNCTIONS))),
        ("With a rule of their own", ", ".join(f"`{name}`" for name in named)),
        ("Any other", "what sqlglot translates to DuckDB; what it cannot is refused with error 2 or 2140"),
    ]
    calls = [("function", f"`{name}`", _said(handler)) for name, handler in sorted(registry.SCALARS.items())]
    calls += [
        ("table function", f"`{name}`", _said(handler))
        for name, handler in sorted(registry.TABLES.items())
        if not name.startswith("SF_")
    ]
    calls += [("method", f"`object!{name}`", _said(handler)) for name, handler in sorted(registry.METHODS.items())]
    return (
        _table("Functions", ("Family", "Functions"), rows)
        + "\n"
        + _table("System functions, table functions, methods", ("Kind", "Name", "What it does"), calls)
    )


def _function(kind: type) -> bool:
    from sqlglot import exp

    return issubclass(kind, exp.Func) and not issubclass(kind, exp.Cast | exp.Binary)


def _endpoints() -> str:
    from airflow_provider_spcs.emulator.page.routes import PAGES
    from airflow_provider_spcs.emulator.rest.routes import ENDPOINTS
    from airflow_provider_spcs.emulator.wire.app import ANSWERED, AWAITED

    rows = [(f"`{'/'.join(methods)} {path}`", _said(handler)) for path, handler, methods in [*ANSWERED, *AWAITED]]
    rows += [(f"`{method} {path}`", _said(handler)) for path, method, handler in ENDPOINTS]
    rows += [(f"`GET {path}`", f"A page for people. {_said(handler)}") for path, handler in PAGES]
    return _table("Endpoints", ("Path", "What it does"), sorted(rows))


def _refusals() -> list[str]:
    """What the code refuses by a fixed text, and what modules declare."""
    found = {item for items in REFUSALS.values() for item in items}
    for name, module in list(sys.modules.items()):
        family = _PATH.match(name)
        if family and family[1] in _FAMILIES:
            found.update(
                text for text in _REFUSED.findall(inspect.getsource(module)) if "{" not in text and text.strip()
            )
    return sorted(found, key=str.lower)


def _deviations() -> str:
    rows = [(family, sentence) for family, said in sorted(DEVIATIONS.items()) for sentence in said]
    return _table("Deviations", ("Family", "What is otherwise"), rows)


def _family(handler: Callable[..., Any]) -> str:
    found = _PATH.match(handler.__module__)
    return found[1] if found else "engine"


def _said(handler: Callable[..., Any]) -> str:
    text = inspect.getdoc(handler) or ""
    return re.sub(r"``", "`", text.splitlines()[0] if text else "").replace("|", "\\|")


def _table(title: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, tuple("---" for _ in head), *rows)]
    return "\n".join([f"## {title}", *lines, ""])


def _list(title: str, items: Iterable[str]) -> str:
    return "\n".join([f"## {title}", *(f"- {item}" for item in items), ""])


if __name__ == "__main__":
    sys.stdout.write(page())
