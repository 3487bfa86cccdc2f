"""CREATE, ALTER and DROP COMPUTE POOL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import SnowflakeError, invalid_value
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Result, status
from airflow_provider_spcs.emulator.services import clauses, ddl, families, pool_state, workload_types

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

KIND = "COMPUTE POOL"
NODES_LOST = "Encountered fatal error"
_NODES = clauses.integer(1, 10_000, "nodes")
_ALTERABLE: dict[str, clauses.Reader] = {
    "MIN_NODES": _NODES,
    "MAX_NODES": _NODES,
    "AUTO_RESUME": clauses.boolean,
    "AUTO_SUSPEND_SECS": clauses.integer(0, 2**31 - 1, "AUTO_SUSPEND_SECS"),
    "COMMENT": clauses.string,
}
_READERS = _ALTERABLE | {
    "INSTANCE_FAMILY": clauses.word,
    "INITIALLY_SUSPENDED": clauses.boolean,
    "PLACEMENT_GROUP": clauses.string,
}
_DEFAULTS = {"AUTO_SUSPEND_SECS": 3600, "AUTO_RESUME": True, "COMMENT": None}


@command(*ddl.starts(KIND))
def create_pool(session: Session, statement: Statement) -> Result:
    """Compute pools with every instance family; nodes come and go without cost."""
    unless_exists = clauses.if_not_exists(statement)
    name = ddl.account_name(clauses.name(statement))
    given = clauses.read(statement, _READERS)
    for needed in ("MIN_NODES", "MAX_NODES", "INSTANCE_FAMILY"):
        if needed not in given:
            raise ddl.missing_property(needed)
    families.node(given["INSTANCE_FAMILY"])
    _check_nodes(given["MIN_NODES"], given["MAX_NODES"])
    replace = ddl.replaces(statement)
    if replace:
        _refuse_in_use(session, name, "replaced")
    result = ddl.create(session, KIND, name, _document(session, given), replace=replace, unless_exists=unless_exists)
    session.account.services.supervisor.wake()
    return result


def _document(session: Session, given: dict[str, Any]) -> dict[str, Any]:
    document = ddl.created(
        session,
        comment=given.get("COMMENT"),
        min_nodes=given["MIN_NODES"],
        max_nodes=given["MAX_NODES"],
        instance_family=given["INSTANCE_FAMILY"],
        auto_resume=given.get("AUTO_RESUME", True),
        auto_suspend_secs=given.get("AUTO_SUSPEND_SECS", 3600),
        placement_group=given.get("PLACEMENT_GROUP"),
        state="SUSPENDED",
        nodes=0,
        busy=0,
        coming=0,
        ready_at=None,
        idle_since=None,
        resumed_on=None,
    )
    if not given.get("INITIALLY_SUSPENDED", False):
        document |= resumed(session.account, document)
    return document


def resumed(account: Account, document: dict[str, Any]) -> dict[str, Any]:
    """What changes when a suspended pool is started now."""
    now, timing = account.clock.now(), account.services.timing
    changes = pool_state.resumed(document, now, timing)
    return changes | pool_state.advance(document | changes, now, pool_state.Need(), timing)


def make_system_pool(account: Account) -> None:
    """The pool that a new account has, suspended until it is used.

    Source: https://docs.snowflake.com/en/developer-guide/snowflake-ml/ml-jobs/overview
    """
    name = Name.account_level("SYSTEM_COMPUTE_POOL_CPU")
    if account.objects.find(KIND, name) is None:
        now = account.clock.now().isoformat()
        account.objects.create(KIND, name, {
            "created_on": now, "updated_on": now, "owner": "ACCOUNTADMIN", "comment": None, "min_nodes": 1,
            "max_nodes": 25, "instance_family": "CPU_X64_S", "auto_resume": True, "auto_suspend_secs": 600,
            "placement_group": None, "state": "SUSPENDED", "nodes": 0, "busy": 0, "coming": 0, "ready_at": None,
            "idle_since": None, "resumed_on": None,
        })  # fmt: skip


@command("ALTER COMPUTE POOL")
def alter_pool(session: Session, statement: Statement) -> Result:
    """SUSPEND, RESUME, STOP ALL, SET, UNSET."""
    missing_is_fine = clauses.if_exists(statement)
    name = ddl.account_name(clauses.name(statement))
    services = session.account.services
    document = session.account.objects.find(KIND, name)
    if document is None and missing_is_fine:
        return status("Statement executed successfully.")
    document = session.account.objects.get(KIND, name)
    if statement.accept("STOP", "ALL"):
        kinds = workload_types.read(statement)
        statement.end()
        services.stop_pool(name.name, kinds)
    elif statement.accept("SUSPEND"):
        statement.end()
        services.supervisor.call(lambda: _suspend(session.account, name))
    elif statement.accept("RESUME"):
        statement.end()
        if document["state"] not in {"SUSPENDED", "STOPPING"}:
            raise _wrong_state(name, document["state"], "resumed")
        session.account.objects.update(KIND, name, **resumed(session.account, document))
    else:
        _set(session, name, document, ddl.set_or_unset(statement, _ALTERABLE, _DEFAULTS))
    services.supervisor.wake()
    return status("Statement executed successfully.")


@command("DROP COMPUTE POOL")
def drop_pool(session: Session, statement: Statement) -> Result:
    """Refused while a job service of any state is in it, as on Snowflake."""
    if_exists = clauses.if_exists(statement)
    name = ddl.account_name(clauses.name(statement))
    statement.end()
    _refuse_in_use(session, name, "dropped")
    return ddl.drop(session, KIND, name, if_exists=if_exists)


def _suspend(account: Account, name: Name) -> None:
    document = account.objects.get(KIND, name)
    if document["state"] == "SUSPENDED":
        raise _wrong_state(name, "SUSPENDED", "suspended")
    state = "STOPPING" if document["busy"] else "SUSPENDED"
    changes = {"state": state, "coming": 0, "ready_at": None, "idle_since": None}
    account.objects.update(KIND, name, **(changes if document["busy"] else changes | {"nodes": 0}))


def _set(session: Session, name: Name, document: dict[str, Any], given: dict[str, Any]) -> None:
    changes = {key.lower(): value for key, value in given.items()}
    after = document | changes
    _check_nodes(after["min_nodes"], after["max_nodes"])
    session.account.objects.update(KIND, name, **changes, updated_on=session.account.clock.now().isoformat())
    supervisor = session.account.services.supervisor
    # Source: lowering MAX_NODES takes nodes away from running jobs, which fail and are not restarted.
    supervisor.call(lambda: supervisor.stopping.lose_nodes(name.name, after["max_nodes"], NODES_LOST))


def _check_nodes(low: int, high: int) -> None:
    if low > high:
        raise invalid_value(low, "MIN_NODES", f"It must not be more than MAX_NODES, which is {high}.")


def _wrong_state(name: Name, state: str, verb: str) -> SnowflakeError:
    return SnowflakeError(
        f"Invalid state. Compute pool '{name}' is in state {state} and cannot be {verb}.", 90064, "22000"
    )


def _refuse_in_use(session: Session, name: Name, verb: str) -> None:
    used = session.account.services.in_pool(name.name)
    if used:
        raise SnowflakeError(
            f"Compute pool '{name}' cannot be {verb}: it has {len(used)} service(s), for example {used[0]}. "
            f"Run ALTER COMPUTE POOL {name} STOP ALL first.",
            395057,
            "55006",
        )
