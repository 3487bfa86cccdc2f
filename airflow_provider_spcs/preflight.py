"""Everything a job needs, looked up before it is submitted, so that all problems are told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from airflow_provider_spcs import rows, sql
from airflow_provider_spcs.errors import InvalidName, StatementError
from airflow_provider_spcs.quoting import StagePath, bare, identifier, qualified, split
from airflow_provider_spcs.rows import PoolState
from airflow_provider_spcs.spec import ServiceSpec, StageVolume
from airflow_provider_spcs.spec.families import FAMILIES
from airflow_provider_spcs.spec.quantities import cores, memory_bytes
from airflow_provider_spcs.sql import Sql

_GIB = 2**30
_SINGULAR = {"STAGES": "STAGE", "SECRETS": "SECRET", "IMAGE REPOSITORIES": "IMAGE REPOSITORY"}


class Preflight:
    """Looks a job's needs up.

    Args:
        query: Runs a statement and gives its rows.
        place: Database and schema that names without them mean.
    """

    def __init__(self, query: Callable[[Sql], list[dict[str, Any]]], place: tuple[str, str]) -> None:
        self._query = query
        self._place = place

    def problems(
        self,
        spec: ServiceSpec | None,
        *,
        compute_pool: str,
        replicas: int = 1,
        query_warehouse: str | None = None,
        external_access_integrations: Sequence[str] = (),
    ) -> list[str]:
        """One line for each thing that is missing or cannot fit."""
        found = list(self._pool(spec, compute_pool, replicas))
        if query_warehouse:
            found += self._account_object("WAREHOUSES", "query_warehouse", query_warehouse)
        for name in external_access_integrations:
            found += self._account_object("EXTERNAL ACCESS INTEGRATIONS", "external_access_integrations", name)
        if spec is not None:
            found += self._stages(spec)
            found += self._secrets(spec)
            found += self._images(spec)
        return found

    @cached_property
    def _role(self) -> str:
        """Who would need a grant."""
        return str(self._query(sql.current_role())[0]["role_name"] or "...")

    def _pool(self, spec: ServiceSpec | None, compute_pool: str, replicas: int) -> Iterator[str]:
        try:
            wanted = bare(identifier(compute_pool, "compute_pool"))
        except InvalidName as error:
            yield str(error)
            return
        found = self._query(sql.show_pools(wanted))
        pool = next((rows.pool_state(row) for row in found if row.get("name") == wanted), None)
        if pool is None:
            yield (
                f"compute_pool: there is no compute pool {wanted} that this role may see. "
                f"Create it, or GRANT USAGE ON COMPUTE POOL {wanted} TO ROLE {self._role}"
            )
            return
        if pool.state in ("SUSPENDED", "STOPPING") and not pool.auto_resume:
            yield (
                f"compute_pool: {wanted} is {pool.state} and does not resume by itself. "
                f"ALTER COMPUTE POOL {wanted} RESUME"
            )
        if spec is not None:
            yield from _fit(spec, pool, replicas)

    def _account_object(self, kind: str, what: str, name: str) -> Iterator[str]:
        try:
            wanted = bare(identifier(name, what))
        except InvalidName as error:
            yield str(error)
            return
        if not any(row.get("name") == wanted for row in self._query(sql.show_like(kind, wanted))):
            yield (
                f"{what}: {wanted} is not among the {kind.lower()} this role may see. Create it, or "
                f"GRANT USAGE ON {kind.removesuffix('S')} {wanted} TO ROLE {self._role}"
            )

    def _schema_object(self, kind: str, what: str, name: str) -> Iterator[str]:
        try:
            parts = [bare(part) for part in split(qualified(name, what)) or []]
        except InvalidName as error:
            yield str(error)
            return
        database, schema, wanted = [*self._place, *parts][-3:] if len(parts) != 2 else (self._place[0], *parts)
        place = ".".join('"' + part.replace('"', '""') + '"' for part in (database, schema))
        try:
            there = self._query(sql.show_like(kind, wanted, place))
        except StatementError:
            there = []
        if not any(row.get("name") == wanted for row in there):
            yield (
                f"{what}: {database}.{schema}.{wanted} is not among the {kind.lower()} that this role may see. "
                f"Create it, or GRANT READ ON {_SINGULAR[kind]} {database}.{schema}.{wanted} TO ROLE {self._role}"
            )

    def _stages(self, spec: ServiceSpec) -> Iterator[str]:
        for index, volume in enumerate(spec.volumes):
            if isinstance(volume, StageVolume):
                where = f"spec.volumes[{index}] {volume.name!r}"
                try:
                    stage = StagePath.parse(volume.stage, where).stage
                except InvalidName as error:
                    yield str(error)
                    continue
                yield from self._schema_object("STAGES", where, stage)

    def _secrets(self, spec: ServiceSpec) -> Iterator[str]:
        for number, container in enumerate(spec.containers):
            for index, secret in enumerate(container.secrets):
                if not secret.reference:
                    yield from self._schema_object(
                        "SECRETS", f"spec.containers[{number}].secrets[{index}]", secret.name
                    )

    def _images(self, spec: ServiceSpec) -> Iterator[str]:
        for number, container in enumerate(spec.containers):
            where = f"spec.containers[{number}].image"
            parts = container.image.strip("/").split("/")
            if not container.image.startswith("/"):
                parts = parts[1:]
            if len(parts) < 4:
                yield f"{where}: {container.image!r} is not /database/schema/repository/name:tag"
                continue
            if [part.lower() for part in parts[:2]] == ["snowflake", "images"]:
                # Snowflake's own images are everybody's, and are not among the repositories that SHOW lists.
                continue
            yield from self._schema_object("IMAGE REPOSITORIES", where, ".".join(parts[:3]))


def _fit(spec: ServiceSpec, pool: PoolState, replicas: int) -> Iterator[str]:
    """One instance lies on one node: its containers' requests together have to fit there."""
    family = FAMILIES.get(pool.instance_family)
    if family is None:
        return
    wanted = [container.resources for container in spec.containers if container.resources is not None]
    asked = {
        "cores": sum(cores(resources.cpu) or 0.0 for resources in wanted),
        "GiB of memory": sum(memory_bytes(resources.memory) or 0 for resources in wanted) / _GIB,
        "GPUs": float(sum(resources.gpu or 0 for resources in wanted)),
    }
    there = {"cores": family.cpu, "GiB of memory": family.memory, "GPUs": family.gpu}
    fitting = True
    for what, amount in asked.items():
        if amount > there[what]:
            fitting = False
            yield (
                f"spec: its containers ask for {amount:g} {what} together; a node of {pool.name} ({family.name}) has "
                f"{there[what]}. Ask for less, or use a pool of a larger family"
            )
    instances = min((int(there[what] / amount) for what, amount in asked.items() if amount > 0), default=replicas)
    if fitting and replicas > instances * pool.max_nodes > 0:
        yield (
            f"replicas: {replicas} instances, and {pool.name} holds {instances * pool.max_nodes} at most "
            f"({pool.max_nodes} nodes, {instances} on each). Ask for fewer, or raise MAX_NODES"
        )
