"""Snowflake's REST API (``/api/v2``) for the objects that snowflake.core and the ``snow`` command reach by it.

Each call becomes the SQL statement it stands for, so that both ways have one meaning.
``Source:`` https://docs.snowflake.com/en/developer-guide/snowflake-rest-api/snowflake-rest-api and the models of
snowflake-core.
"""

from airflow_provider_spcs.emulator.rest import as_resource  # noqa: F401 - registers its statement
