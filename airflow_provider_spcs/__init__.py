"""Run container jobs on Snowflake from Apache Airflow, and the same DAG without an account."""

__version__ = "0.1.0"
