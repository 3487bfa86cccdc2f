"""Airflow connections for the cases of Airflow's own provider, and operators run as a task would run them."""

from __future__ import annotations

import asyncio
import datetime
import json
import os
from typing import Any

from airflow.sdk.exceptions import TaskDeferred
from airflow.sdk.execution_time.context import set_current_context
from cases import Place

SCHEMA = "AIRFLOW"
_VALID_DAYS = 3


def environment(place: Place, home: Any) -> None:
    """Connections ``snowflake_default`` and ``snowflake_api``, over TLS and over the proxy, as ``spcs`` prints them."""
    tls, proxy = json.loads((home / "ports.json").read_text())
    bundle = str(home / "tls" / "ca-bundle.pem")
    os.environ |= {"REQUESTS_CA_BUNDLE": bundle, "SSL_CERT_FILE": bundle, "NO_PROXY": "127.0.0.1,localhost"}
    extra = {"account": "LOCAL", "host": place.host, "port": tls, "database": "EMULATOR", "warehouse": "COMPUTE_WH"}
    extra["role"] = "ACCOUNTADMIN"
    connection = {"conn_type": "snowflake", "login": "ADMIN", "password": place.password, "schema": SCHEMA}
    os.environ["AIRFLOW_CONN_SNOWFLAKE_DEFAULT"] = json.dumps(connection | {"extra": extra})
    token = _access_token(place)
    by_token = {"account": "local", "authenticator": "programmatic_access_token", "database": "EMULATOR"}
    connection |= {"password": token, "extra": by_token | {"warehouse": "COMPUTE_WH", "role": "ACCOUNTADMIN"}}
    os.environ["AIRFLOW_CONN_SNOWFLAKE_API"] = json.dumps(connection)
    os.environ["HTTPS_PROXY"] = f"http://{place.host}:{proxy}"


def _access_token(place: Place) -> str:
    """A programmatic access token, made in SQL."""
    from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook

    hook = SnowflakeHook()
    hook.run(f"create or replace schema EMULATOR.{SCHEMA}")
    name = f"airflow_{os.getpid()}"
    sql = f"alter user ADMIN add programmatic access token {name} days_to_expiry = {_VALID_DAYS}"
    return str(hook.get_first(sql)[1])


def run(operator: Any, context: dict[str, Any] | None = None) -> Any:
    """What a task of this operator does, through its trigger where it defers."""
    instance = _TaskInstance()
    context = context or {"ti": instance, "task_instance": instance, "dag_run": instance, "run_id": instance.run_id}
    try:
        with set_current_context(context):
            return operator.execute(context)
    except TaskDeferred as deferred:
        event = asyncio.run(_first(deferred.trigger))
        return getattr(operator, deferred.method_name)(context, event=event.payload)


async def _first(trigger: Any) -> Any:
    path, arguments = trigger.serialize()
    module, _, name = path.rpartition(".")
    made = getattr(__import__(module, fromlist=[name]), name)(**arguments)
    async for event in made.run():
        return event
    raise AssertionError("the trigger ended without an event")


class _TaskInstance:
    """As much of a task instance as these operators look at."""

    task_id, dag_id, run_id, map_index, try_number = "task", "dag", "run", -1, 1
    run_after = start_date = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)

    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value
