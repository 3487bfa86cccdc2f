"""`spcs up`: emulator, repository and Airflow, kept running for a person at the UI."""

from __future__ import annotations

import time
from pathlib import Path

from airflow_provider_spcs.demo import airflow_home, client_files, sources
from airflow_provider_spcs.demo.airflow_api import AirflowApi
from airflow_provider_spcs.demo.retrain import wait_for_dag
from airflow_provider_spcs.demo.screen import Screen
from airflow_provider_spcs.demo.workbench import DAG_ID, open_workbench


def run(home: Path, port: int, screen: Screen) -> None:
    """Keep everything up until interrupted.

    Args:
        home: Where all state is kept.
        port: Of the UI; 0 takes a free one.
        screen: Where to say what happens.

    Raises:
        DemoError: A part cannot start.
    """
    if port:
        airflow_home.check_port(port)
    with open_workbench(home, screen) as workbench:
        screen.working("airflow: starting")
        with airflow_home.run(
            home / "airflow",
            sources.example_dags(),
            workbench.airflow_environment(),
            port=port,
            deferrable=True,
            tick=screen.tick,
        ) as airflow:
            api = AirflowApi(airflow.url, airflow.user, airflow.password)
            wait_for_dag(api, screen)
            api.close()
            screen.idle()
            screen.line("")
            screen.line(f"Airflow   {airflow.url}/dags/{DAG_ID}", "bold")
            screen.line(f"user      {airflow.user}", "bold")
            screen.line(f"password  {airflow.password}", "bold")
            screen.line(f"Snowflake {workbench.account.url}", "bold")
            screen.line(f"state     {home}")
            clients = client_files.write(workbench.account, home, workbench.connect_arguments())
            screen.line(f"In another shell, for spcs, snow and Python: . {clients}")
            screen.line("Press Trigger on the DAG's page. Ctrl-C stops all of it.")
            try:
                while True:
                    time.sleep(3600)
            finally:
                screen.working("stopping")
