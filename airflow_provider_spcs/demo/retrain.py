"""The demo: one run of the weekly retrain from nothing to a scored model, with a summary."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_provider_spcs.demo import airflow_home, sources
from airflow_provider_spcs.demo.airflow_api import AirflowApi
from airflow_provider_spcs.demo.errors import DemoError
from airflow_provider_spcs.demo.follow import Follower
from airflow_provider_spcs.demo.proof import Proof, prove
from airflow_provider_spcs.demo.screen import Screen
from airflow_provider_spcs.demo.workbench import DAG_ID, Workbench, open_workbench

_PARSE_SECONDS = 120


@dataclass(frozen=True)
class Outcome:
    """What the three tasks returned, and the proof."""

    results: dict[str, dict[str, Any]]
    proof: Proof
    seconds: float


def run(home: Path, rows: int, screen: Screen, *, deferrable: bool, kept: bool) -> None:
    """Run the retrain on ``rows`` rows with all state under ``home``.

    Raises:
        DemoError: A step failed; the message is the failing step's own.
    """
    began = time.monotonic()
    with open_workbench(home, screen) as workbench:
        results = _run_dag(workbench, rows, screen, deferrable=deferrable)
        registered = results["register"]
        with screen.step("registry: load the model back and score"):
            proof = prove(
                workbench.connect_arguments(),
                table=results["generate_data"]["table"],
                features=results["train"]["features"],
                model=registered["model"],
                version=registered["version"],
            )
        _summarize(Outcome(results, proof, time.monotonic() - began), workbench, screen, kept=kept)


def _run_dag(workbench: Workbench, rows: int, screen: Screen, *, deferrable: bool) -> dict[str, dict[str, Any]]:
    screen.working("airflow: starting")
    with airflow_home.run(
        workbench.home / "airflow",
        sources.example_dags(),
        workbench.airflow_environment(),
        deferrable=deferrable,
        tick=screen.tick,
    ) as airflow:
        screen.line(f"airflow: {airflow.url}", "green")
        api = AirflowApi(airflow.url, airflow.user, airflow.password)
        try:
            wait_for_dag(api, screen)
            run_id = api.trigger(DAG_ID, {"rows": rows})
            screen.line(f"{DAG_ID}: run {run_id} with {rows:,} rows", "green")
            Follower(api, screen, DAG_ID, run_id).until_end()
            return {task: api.result(DAG_ID, run_id, task) for task in ("generate_data", "train", "register")}
        finally:
            api.close()
            screen.working("airflow: stopping")


def wait_for_dag(api: AirflowApi, screen: Screen) -> None:
    """Wait until Airflow has read the DAG.

    Raises:
        DemoError: It does not import, or was not read in two minutes.
    """
    deadline = time.monotonic() + _PARSE_SECONDS
    screen.working(f"airflow: reading {DAG_ID}")
    while not api.dag_known(DAG_ID):
        if time.monotonic() > deadline:
            raise DemoError(
                f"airflow: {DAG_ID} was not read within {_PARSE_SECONDS} s. Look at the DAG processor's log."
            )
        screen.tick()
        time.sleep(0.5)


def _summarize(outcome: Outcome, workbench: Workbench, screen: Screen, *, kept: bool) -> None:
    generated, trained = outcome.results["generate_data"], outcome.results["train"]
    proof, metrics = outcome.proof, trained["metrics"]
    scores = ", ".join(f"{value:.3f}" for value in proof.probabilities)
    facts = {
        "rows": f"{generated['rows']:,} generated at {generated['rows_per_second']:,.0f} rows/s",
        "training": f"{trained['rows_per_second']:,.0f} rows/s, commit {trained['commit'][:12]}",
        "AUC": f"{metrics['auc']:.4f} on the hold-out; best achievable {metrics['best_achievable_auc']:.4f}",
        "model": f"{proof.model} version {proof.version}" + (", the default" if proof.is_default else ""),
        "loaded back": f"scored {len(proof.probabilities)} rows: {scores}",
        "time": f"{outcome.seconds:.0f} s in all",
    }
    if kept:
        facts["model files"] = str(workbench.account.account.home.directory("stages"))
        facts["container logs"] = str(workbench.account.account.home.directory("containers"))
        facts["UI"] = f"spcs up --home {workbench.home}"
    else:
        facts["files"] = "removed with the temporary home; `spcs demo --keep` keeps logs and model files"
        facts["UI"] = "spcs up"
    screen.idle()
    screen.line("")
    for name, text in facts.items():
        screen.line(f"{name:>14}  {text}", "bold")
