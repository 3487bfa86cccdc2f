"""The jobs of this Airflow inside its own UI: a list under Browse, and a tab on each task instance."""
