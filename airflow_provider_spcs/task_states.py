"""Airflow's states of task instances, from where they can be had: its REST API, its database, or inside a task."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.errors import SpcsError
from airflow_provider_spcs.orphans import TaskState

if TYPE_CHECKING:
    import httpx

    from airflow_provider_spcs.naming import Stamp

_Key = tuple[str, str, str, int]
#: Runs asked for at once: their ids are long, and databases limit the length of IN lists.
_CHUNK = 50
_PAGE = 100


class StatesNotToBeHad(SpcsError):  # noqa: N818 - says what happened, as the tree in errors.py does
    """Airflow cannot be asked."""


def of_running_task(stamps: Sequence[Stamp]) -> dict[Stamp, TaskState]:
    """States through the supervisor of the task, or the triggerer, that this runs in."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    found: dict[Stamp, TaskState] = {}
    for dag_id in sorted({stamp.dag_id for stamp in stamps}):
        mine = [stamp for stamp in stamps if stamp.dag_id == dag_id]
        for chunk in _chunks(sorted({stamp.run_id for stamp in mine})):
            states: Mapping[str, Mapping[str, Any]] = RuntimeTaskInstance.get_task_states(
                dag_id=dag_id, task_ids=sorted({stamp.task_id for stamp in mine}), run_ids=chunk
            )
            for stamp in mine:
                key = stamp.task_id if stamp.map_index < 0 else f"{stamp.task_id}_{stamp.map_index}"
                if key in states.get(stamp.run_id, {}):
                    found[stamp] = TaskState(states[stamp.run_id][key])
    return found


def of_database(stamps: Sequence[Stamp]) -> dict[Stamp, TaskState]:
    """States from the metadata database of this machine's Airflow.

    Raises:
        StatesNotToBeHad: There is no such database, or it cannot be read.
    """
    try:
        return _match(stamps, _database_rows(stamps))
    except Exception as error:
        # Whatever keeps it from being read (no file, no driver, no table), the answer is the same.
        raise StatesNotToBeHad("Airflow's database", f"{type(error).__name__}: {str(error).splitlines()[0]}") from error


def _database_rows(stamps: Sequence[Stamp]) -> Iterator[tuple[_Key, TaskState]]:
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        # Also proves that the database is there when no stamp is asked for.
        for chunk in _chunks(sorted({stamp.run_id for stamp in stamps})):
            query = select(
                TaskInstance.dag_id,
                TaskInstance.task_id,
                TaskInstance.run_id,
                TaskInstance.map_index,
                TaskInstance.state,
                TaskInstance.max_tries,
            ).where(TaskInstance.run_id.in_(chunk), TaskInstance.dag_id.in_({stamp.dag_id for stamp in stamps}))
            for dag_id, task_id, run_id, map_index, state, max_tries in session.execute(query):
                yield (dag_id, task_id, run_id, map_index), TaskState(state and str(state), max_tries)


class RestApi:
    """States through Airflow's REST API.

    Args:
        url: Of the UI.
        token: A bearer token; else ``user`` and ``password`` get one.
        user: Who asks.
        password: Of that user.
    """

    def __init__(self, url: str, *, token: str = "", user: str = "", password: str = "") -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._user = user
        self._password = password

    def __call__(self, stamps: Sequence[Stamp]) -> dict[Stamp, TaskState]:
        """Ask.

        Raises:
            StatesNotToBeHad: Airflow does not answer, or refuses.
        """
        import httpx

        try:
            with httpx.Client(base_url=self._url, timeout=30) as client:
                client.headers["Authorization"] = f"Bearer {self._token or self._login(client)}"
                return _match(stamps, self._rows(client, stamps))
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise self._refused(f"{type(error).__name__}: {error}") from error

    def _login(self, client: httpx.Client) -> str:
        answer = client.post("/auth/token", json={"username": self._user, "password": self._password})
        if answer.status_code not in (200, 201):
            raise self._refused(f"the login is answered with {answer.status_code}")
        return str(answer.json()["access_token"])

    def _rows(self, client: httpx.Client, stamps: Sequence[Stamp]) -> Iterator[tuple[_Key, TaskState]]:
        for chunk in _chunks(sorted({stamp.run_id for stamp in stamps})):
            mine = [stamp for stamp in stamps if stamp.run_id in set(chunk)]
            offset, total = 0, 1
            while offset < total:
                body = {
                    "dag_ids": sorted({stamp.dag_id for stamp in mine}),
                    "dag_run_ids": chunk,
                    "task_ids": sorted({stamp.task_id for stamp in mine}),
                    "page_limit": _PAGE,
                    "page_offset": offset,
                }
                answer = client.post("/api/v2/dags/~/dagRuns/~/taskInstances/list", json=body)
                if answer.status_code != 200:
                    raise self._refused(f"{answer.request.url.path} is answered with {answer.status_code}")
                page = answer.json()
                found = page["task_instances"]
                for row in found:
                    key = (row["dag_id"], row["task_id"], row["dag_run_id"], row["map_index"])
                    yield key, TaskState(row["state"], row.get("max_tries"))
                offset, total = offset + len(found), page["total_entries"] if found else 0

    def _refused(self, what: str) -> StatesNotToBeHad:
        return StatesNotToBeHad(
            f"Airflow at {self._url}",
            what,
            "Its REST API is asked for the states of tasks",
            "Check the URL, and AIRFLOW_API_TOKEN or AIRFLOW_API_USER and AIRFLOW_API_PASSWORD",
        )


def _match(stamps: Sequence[Stamp], rows: Iterable[tuple[_Key, TaskState]]) -> dict[Stamp, TaskState]:
    known = dict(rows)
    keys = {stamp: (stamp.dag_id, stamp.task_id, stamp.run_id, stamp.map_index) for stamp in stamps}
    return {stamp: known[key] for stamp, key in keys.items() if key in known}


def _chunks(items: Sequence[str]) -> Iterator[list[str]]:
    for begin in range(0, len(items), _CHUNK):
        yield list(items[begin : begin + _CHUNK])
