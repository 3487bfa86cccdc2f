"""Where a job's data came from and went, for OpenLineage: from what the job returned, and from the code it ran.

A result may say ``inputs`` and ``outputs`` (lists of ``DB.SCHEMA.TABLE`` or ``@stage/path``); besides, ``source_table``
is an input, ``table`` an output, and ``model`` with ``version`` an output of the model registry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.naming import JobName

if TYPE_CHECKING:
    from airflow_provider_spcs.git import GitSource


def datasets(result: Any, place: tuple[str, str]) -> tuple[list[str], list[str]]:
    """Names of what a result says that it read and wrote, qualified.

    Args:
        result: What the job returned.
        place: Database and schema of names without them.
    """
    if not isinstance(result, Mapping):
        return [], []
    model = result.get("model")
    version = f"/versions/{result['version']}" if result.get("version") else ""
    read = [*_names(result.get("inputs")), *_names(result.get("source_table"))]
    written = [*_names(result.get("outputs")), *_names(result.get("table"))]
    inputs = list(dict.fromkeys(_qualified(name, place) for name in read))
    outputs = list(dict.fromkeys(_qualified(name, place) for name in written))
    if isinstance(model, str) and model:
        outputs.append(f"{_qualified(model, place)}{version}")
    return inputs, outputs


def lineage(
    result: Any,
    place: tuple[str, str],
    *,
    namespace: str,
    git: GitSource | None = None,
    commit: str = "",
    query_id: str = "",
) -> Any:
    """Facets of one run.

    Args:
        result: What the job returned; None before its end.
        place: Database and schema of names without them.
        namespace: ``snowflake://organization-account``.
        git: The repository that was cloned.
        commit: What its ref stood for.
        query_id: The submitting statement.

    Returns:
        An ``OperatorLineage`` of the OpenLineage provider, which may not be installed.
    """
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.event_v2 import Dataset
    from openlineage.client.facet_v2 import external_query_run, source_code_location_job

    inputs, outputs = datasets(result, place)
    found: Any = OperatorLineage(
        inputs=[Dataset(namespace=namespace, name=name) for name in inputs],
        outputs=[Dataset(namespace=namespace, name=name) for name in outputs],
    )
    if query_id:
        query = external_query_run.ExternalQueryRunFacet(externalQueryId=query_id, source=namespace)
        found.run_facets["externalQuery"] = query
    if git is not None:
        found.job_facets["sourceCodeLocation"] = source_code_location_job.SourceCodeLocationJobFacet(
            type="git", url=git.url, repoUrl=git.url, path=git.directory, version=commit or None, branch=git.ref
        )
    return found


class JobLineage:
    """What OpenLineage asks an operator for; nothing here is called unless its provider is installed."""

    git: GitSource | None
    snowflake_conn_id: str
    hook: Any
    job_name: str | None
    result: Any = None
    """What the job returned, once it is known."""
    commit: str = ""
    """The git commit that it ran, once it is known."""
    query_id: str = ""
    """The statement that submitted it; empty after a deferral."""

    def get_openlineage_facets_on_start(self) -> Any:
        """Before the job: the code."""
        return self._lineage()

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:  # noqa: ARG002
        """After the job: the code, the statement, what it read and wrote."""
        return self._lineage()

    def get_openlineage_facets_on_failure(self, task_instance: Any) -> Any:  # noqa: ARG002
        """After a failure: as far as a result was left."""
        return self._lineage()

    def _lineage(self) -> Any:
        connection = self.hook.get_connection(self.snowflake_conn_id)
        info = self.hook.get_openlineage_database_info(connection)
        name = JobName.parse(self.job_name) if self.job_name else None
        return lineage(
            self.result if name else None,
            (name.database, name.schema) if name else ("", ""),
            namespace=f"{info.scheme}://{info.authority}",
            git=self.git,
            commit=self.commit,
            query_id=self.query_id,
        )


def _names(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list | tuple) else [value]:
        if isinstance(each, str) and each:
            yield each


def _qualified(name: str, place: tuple[str, str]) -> str:
    if name.startswith("@"):
        return name
    parts = [part if part.startswith('"') else part.upper() for part in name.split(".")]
    return ".".join([*place, *parts][-3:]) if len(parts) != 2 else ".".join([place[0], *parts])
