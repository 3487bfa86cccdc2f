"""What Airflow reads about this provider."""

from __future__ import annotations

from typing import Any

_INTEGRATION = "Snowpark Container Services"


def get_provider_info() -> dict[str, Any]:
    """The provider's metadata, by Airflow's ``provider_info.schema.json``.

    There is no connection type of our own: jobs use the type ``snowflake`` that users have already.
    """
    return {
        "package-name": "airflow-provider-spcs",
        "name": _INTEGRATION,
        "description": "Run container jobs on Snowflake, and the same DAG on a laptop without an account.",
        "integrations": [
            {
                "integration-name": _INTEGRATION,
                "external-doc-url": "https://docs.snowflake.com/en/developer-guide/snowpark-container-services/overview",
                "tags": ["service"],
            }
        ],
        "operators": [_modules("operators", "compute_pools")],
        "sensors": [_modules("sensors")],
        "hooks": [_modules("hooks")],
        "triggers": [_modules("triggers")],
        "task-decorators": [
            {"name": "spcs", "class-name": "airflow_provider_spcs.decorators.spcs_task"},
            {"name": "spcs_cmd", "class-name": "airflow_provider_spcs.decorators.spcs_cmd_task"},
        ],
        "extra-links": ["airflow_provider_spcs.links.SpcsJobLink", "airflow_provider_spcs.links.SpcsReportLink"],
        "config": {
            "spcs": {
                "description": "Snowpark Container Services.",
                "options": {
                    "deployment": _option(
                        "Names this Airflow in its jobs' comments, so that two deployments on one schema do not take "
                        "over each other's jobs. Default: the host name of [api] base_url.",
                        "production",
                    ),
                    "job_url": _option(
                        "Link from a task to its job; may use {account}, {account_path}, {database}, {schema}, {job} "
                        "and {query_id}. A connection's extra of the same name goes before it. Default: the submitting "
                        "statement in Snowsight's query history.",
                        "https://app.snowflake.com/{account_path}/#/compute/history/queries/{query_id}/detail",
                    ),
                },
            }
        },
    }


def _modules(*names: str) -> dict[str, Any]:
    return {
        "integration-name": _INTEGRATION,
        "python-modules": [f"airflow_provider_spcs.{name}" for name in names],
    }


def _option(description: str, example: str) -> dict[str, Any]:
    return {"description": description, "version_added": "0.1.0", "type": "string", "example": example, "default": ""}
