"""Airflow's public REST API, as far as a person at the UI would use it: trigger, look, read logs and results."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airflow_provider_spcs.demo.errors import DemoError

#: For how long a question is asked again that gets no answer: a laptop that is busy training answers slowly.
_PATIENCE_SECONDS = 300.0


class AirflowApi:
    """A logged-in client.

    Args:
        url: Of the UI.
        user: Who logs in.
        password: Of that user.
    """

    def __init__(self, url: str, user: str, password: str) -> None:
        import httpx

        self._client = httpx.Client(base_url=url, timeout=60, trust_env=False)
        answer = self._ask("/auth/token", "POST", json={"username": user, "password": password})
        self._client.headers["Authorization"] = f"Bearer {self._checked(answer)['access_token']}"

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def dag_known(self, dag_id: str) -> bool:
        """Whether the DAG processor has read the DAG.

        Raises:
            DemoError: The DAG folder has an import error.
        """
        if self._ask(f"/api/v2/dags/{dag_id}").status_code == 200:
            return True
        errors = self._get("/api/v2/importErrors")["import_errors"]
        for error in errors:
            if dag_id in error["filename"]:
                raise DemoError(f"{error['filename']}: does not import:\n{error['stack_trace'].strip()}")
        return False

    def trigger(self, dag_id: str, conf: dict[str, Any]) -> str:
        """Unpause the DAG and start a run with these params; the run's id."""
        self._checked(self._client.patch(f"/api/v2/dags/{dag_id}", json={"is_paused": False}))
        answer = self._client.post(f"/api/v2/dags/{dag_id}/dagRuns", json={"conf": conf, "logical_date": None})
        return str(self._checked(answer)["dag_run_id"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        """The run's state, for example ``running``."""
        return str(self._get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """The run's task instances."""
        return list(self._get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"])

    def log(self, dag_id: str, run_id: str, task_id: str, try_number: int) -> Iterator[dict[str, Any]]:
        """The records of one try's log so far, oldest first."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{try_number}"
        answer = self._ask(path, params={"full_content": "true"}, headers={"Accept": "application/json"})
        if answer.status_code != 200:
            return
        for record in answer.json()["content"]:
            yield record if isinstance(record, dict) else {"event": str(record)}

    def result(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """What the task returned."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        return self._get(path)["value"]

    def _get(self, path: str) -> Any:
        return self._checked(self._ask(path))

    def _ask(self, path: str, method: str = "GET", **arguments: Any) -> Any:
        """One request, again and again while nobody answers; only for what may be asked twice."""
        import httpx
        import tenacity

        patient = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(httpx.TransportError),
            stop=tenacity.stop_after_delay(_PATIENCE_SECONDS),
            wait=tenacity.wait_fixed(1),
            reraise=True,
        )
        try:
            return patient(self._client.request, method, path, **arguments)
        except httpx.TransportError as error:
            raise DemoError(
                f"Airflow API: {method} {path}: no answer for {_PATIENCE_SECONDS:.0f} s ({error}). "
                "It runs on this machine. Look into the logs under --home, "
                "and whether the machine has memory and processor time left."
            ) from error

    def _checked(self, answer: Any) -> Any:
        if answer.status_code >= 400:
            request = answer.request
            raise DemoError(
                f"Airflow API: {request.method} {request.url.path}: {answer.status_code} {answer.text[:500]}"
            )
        return answer.json()
