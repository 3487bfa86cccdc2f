"""Monitoring as people set it up: a filtered view over the event table, and the queries of the ``snow`` CLI."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.gate import held

if TYPE_CHECKING:
    from conftest import Local
else:
    Local = Any
Spec = Callable[..., str]
# As snowflake-cli 3.31 builds it (_plugins/spcs/common.py, build_resource_clause).
RESOURCE = """
    (
        upper(resource_attributes:"snow.service.name") = upper('{name}')
        and (
            resource_attributes:"snow.service.instance" = '0'
            or resource_attributes:"snow.service.container.instance" = '0')
        and resource_attributes:"snow.service.container.name" = 'main'
    )
"""


@pytest.fixture
def monitored(local: Local, make_spec: Spec) -> Local:
    """An account where the job WATCHED has ended, with a line of log and metrics."""
    if local.sql("SHOW SERVICES LIKE 'WATCHED'") == []:
        gate = local.gate("WATCHED")
        text = gate.mounted(make_spec(held("pass", before="print('seen')")))
        text = text[:-2] + ', "platformMonitor": {"metricConfig": {"groups": ["system", "status"]}}}}'
        local.start("WATCHED", text)
        local.until(lambda: bool(local.sql("SELECT 1 FROM TABLE(WATCHED!SPCS_GET_METRICS())")))
        gate.open()
        assert local.ended("WATCHED") == "DONE"
        local.start("OTHER", make_spec("print('unseen')"))
        local.ended("OTHER")
        local.account.services.telemetry.flush()
    return local


def test_view_over_the_events_shows_one_databases_jobs(monitored: Local) -> None:
    """``SELECT * FROM SNOWFLAKE.TELEMETRY.EVENTS_VIEW`` filtered by attributes, in a database of its own."""
    monitored.sql("CREATE DATABASE IF NOT EXISTS TELEMETRY_DB")
    monitored.sql("CREATE SCHEMA IF NOT EXISTS TELEMETRY_DB.SPCS_LOGS")
    monitored.sql("GRANT USAGE ON SCHEMA TELEMETRY_DB.SPCS_LOGS TO ROLE PUBLIC")
    for view, database in (("JOBS_V", "EMULATOR"), ("NONE_V", "ELSEWHERE")):
        monitored.sql(
            f"""CREATE VIEW TELEMETRY_DB.SPCS_LOGS.{view} as (
              SELECT * FROM SNOWFLAKE.TELEMETRY.EVENTS_VIEW
              where 1=1
                and resource_attributes:"snow.database.name" = '{database}'
                and resource_attributes:"snow.schema.name" = 'PUBLIC'
                and resource_attributes:"snow.compute_pool.name" = 'POOL'
                and resource_attributes:"snow.service.type" = 'Job'
            )"""
        )
        monitored.sql(f"GRANT SELECT ON VIEW TELEMETRY_DB.SPCS_LOGS.{view} TO ROLE PUBLIC")
    rows = monitored.sql(
        "SELECT VALUE::STRING AS LINE FROM TELEMETRY_DB.SPCS_LOGS.JOBS_V WHERE RECORD_TYPE = 'LOG' "
        "AND RESOURCE_ATTRIBUTES:\"snow.service.name\"::STRING = 'WATCHED' ORDER BY TIMESTAMP"
    )
    assert [row["LINE"] for row in rows] == ["seen"]
    assert monitored.value("SELECT COUNT(*) FROM TELEMETRY_DB.SPCS_LOGS.NONE_V") == 0


def test_cli_finds_the_events_of_a_container(monitored: Local) -> None:
    """``snow spcs service events``: the last ones, oldest first."""
    table = monitored.sql("SHOW PARAMETERS LIKE 'event_table' IN ACCOUNT")[0]["value"]
    rows = monitored.sql(
        f"""select * from (
                select * from {table}
                where ({RESOURCE.format(name="watched")})
                and record_type = 'EVENT' and scope['name'] = 'snow.spcs.platform'
                order by timestamp desc limit 2
            ) order by timestamp asc"""
    )
    assert [json.loads(row["VALUE"])["status"] for row in rows] == ["READY", "DONE"]
    assert {json.loads(row["RECORD"])["name"] for row in rows} == {"CONTAINER.STATUS_CHANGE"}


def test_cli_finds_the_latest_metrics_of_a_container(monitored: Local) -> None:
    """``snow spcs service metrics``: one row for each metric."""
    rows = monitored.sql(
        f"""with rankedmetrics as (
            select *, row_number() over (
                    partition by COALESCE(record['name'], record['metric']['name'])
                    order by timestamp desc
                ) as rank
            from snowflake.telemetry.events
            where record_type = 'METRIC' and scope['name'] = 'snow.spcs.platform'
                and {RESOURCE.format(name="WATCHED")}
                and (
                    resource_attributes:"snow.database.name" = 'EMULATOR'
                    and resource_attributes:"snow.schema.name" = 'PUBLIC'
                )
                and timestamp > dateadd('hour', -1, current_timestamp)
        )
        select * from rankedmetrics where rank = 1 order by timestamp desc"""
    )
    names = sorted(json.loads(row["RECORD"])["metric"]["name"] for row in rows)
    assert names == ["container.cpu.usage", "container.memory.usage", "container.restarts", "container.state.running"]
