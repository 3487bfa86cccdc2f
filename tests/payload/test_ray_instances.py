"""One model trained on the nodes of a Ray cluster, as Snowflake's container runtime has them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.payload.commands import run_command

pytest.importorskip("duckdb")
pytest.importorskip("ray")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """Of the first of two instances: an account with a table, and a Ray cluster of two nodes."""
    from ray.cluster_utils import Cluster

    from airflow_provider_spcs.emulator import start

    with start() as account, pytest.MonkeyPatch.context() as patch:
        for key, value in account.connection_kwargs.items():
            patch.setenv(f"SNOWFLAKE_{key.upper()}", str(value))
        patch.setenv("SNOWFLAKE_SSL", "off")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        made = run_command("generate_data.py", "--rows", "20000", environment=os.environ, timeout=300)
        assert made.returncode == 0, made.stderr
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        try:
            cluster.add_node(num_cpus=1)
            cluster.wait_for_nodes()
            yield {
                **os.environ,
                "RAY_ADDRESS": cluster.address,
                "SNOWFLAKE_JOB_INDEX": "0",
                "SNOWFLAKE_JOBS_COUNT": "2",
            }
        finally:
            cluster.shutdown()


def _train(environment: dict[str, str], output: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    own = ["--num_rounds", "10", "--threads", "1", "--no_report", "--output_dir", str(output)]
    return run_command("train.py", *own, *arguments, environment=environment, timeout=300)


def _result(output: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((output / "result.json").read_text())
    return result


def test_ray_nodes_train_one_model_as_one_instance_does(environment: dict[str, str], tmp_path: Path) -> None:
    """The command runs once, on the first node; the rows are all there, the AUC is the same within its interval."""
    alone, together = tmp_path / "alone", tmp_path / "together"
    for output, env in ((alone, {**environment, "SNOWFLAKE_JOBS_COUNT": "1"}), (together, environment)):
        done = _train(env, output)
        assert done.returncode == 0, done.stdout + done.stderr
    one, two = _result(alone), _result(together)
    assert (one["instances"], two["instances"]) == (1, 2)
    assert two["fingerprint"] == one["fingerprint"]
    assert abs(one["auc"] - two["auc"]) < one["metrics"]["auc_standard_error"]


def test_failing_ray_node_fails_the_command_with_its_reason(environment: dict[str, str], tmp_path: Path) -> None:
    """What is wrong on the other node is the last thing that the first one says."""
    done = _train(environment, tmp_path / "model", "--label", "NO_SUCH_COLUMN")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "NO_SUCH_COLUMN" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "model" / "result.json").exists()
