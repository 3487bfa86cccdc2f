"""SHOW COMPUTE POOL INSTANCE FAMILIES."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, number, text
from airflow_provider_spcs.emulator.services import families

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

COLUMNS = [text("name"), number("vcpu"), number("memory_gib"), number("gpu_count")]
"""Snowflake's own columns are not known (UNCONFIRMED): these say what a node holds. Read them by name."""


@command("SHOW COMPUTE POOL INSTANCE FAMILIES")
def show_families(_session: Session, statement: Statement) -> Result:
    """Every family with what one node of it holds; LIKE, STARTS WITH and LIMIT choose among them."""
    from airflow_provider_spcs.emulator.engine.show import Filter

    chosen = Filter()
    while not statement.done:
        if statement.accept("LIKE"):
            chosen.like = statement.string()
        elif statement.accept("STARTS", "WITH"):
            chosen.starts_with = statement.string()
        elif statement.accept("LIMIT"):
            chosen.limit = int(statement.literal())
        else:
            raise statement.unexpected()
    found = sorted((name, size) for name, size in families.every().items() if chosen.matches(name))
    rows: list[tuple[object, ...]] = [
        (name, size.cpu, size.memory // 2**30, size.gpu) for name, size in found[: chosen.limit]
    ]
    return Result(COLUMNS, rows, kind=Kind.SHOW)
