"""Functions and procedures that users create, in SQL or Python."""

from airflow_provider_spcs.emulator.routines import blocks, ddl, show

__all__ = ["blocks", "ddl", "show"]
