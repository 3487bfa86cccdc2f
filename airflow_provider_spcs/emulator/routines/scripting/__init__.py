"""Snowflake Scripting: blocks of statements with variables, branches, loops, cursors and exceptions.

Source: Snowflake's documentation, "Snowflake Scripting reference".
"""

from airflow_provider_spcs.emulator.routines.scripting.run import run_script

__all__ = ["run_script"]
