"""CALL and EXPLAIN; system functions that belong to the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator import registry
from airflow_provider_spcs.emulator.deviations import deviates
from airflow_provider_spcs.emulator.engine import translate
from airflow_provider_spcs.emulator.engine.failures import translated
from airflow_provider_spcs.emulator.engine.translate.call import Call, plain
from airflow_provider_spcs.emulator.engine.translate.parser import parse
from airflow_provider_spcs.emulator.engine.translate.remainder import rest
from airflow_provider_spcs.emulator.engine.translate.rewrite import METHOD, settle
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.registry import command, scalar
from airflow_provider_spcs.emulator.result import Kind, Result, text, value
from airflow_provider_spcs.emulator.routines import procedures
from airflow_provider_spcs.emulator.statement import split

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement


@command("CALL")
def call(session: Session, statement: Statement) -> Result:
    """CALL of a procedure, a system function or an object's method."""
    if statement.done:
        raise statement.unexpected()
    sql, binds = rest(statement)
    ran = procedures.call(session, sql, binds)
    if ran is not None:
        return ran
    settled, tokens, left = settle(session, f"SELECT {sql}", binds)
    node = parse(settled, tokens, left).expressions[0].unalias()
    if isinstance(node, exp.Dot):
        node = node.expression
    name = str(node.this).upper() if isinstance(node, exp.Anonymous) else node.key.upper()
    caller = Call(session, translate.Translation(node))
    if name == METHOD:
        shown = node.expressions[1].this
        found: Any = caller.method(node.expressions)
    elif name in registry.SCALARS and isinstance(node, exp.Anonymous):
        shown = name
        found = caller.scalar_value(name, node.expressions)
    else:
        # Snowflake also takes CALL for its own functions.
        if not name.startswith("SYSTEM$"):
            raise SnowflakeError(f"SQL compilation error:\nUnknown user-defined function {name}.", 2140, "42601")
        shown, found = name, session.rows(f"SELECT {sql}", binds)[0][0]
    if isinstance(found, Result):
        return Result(found.columns, found.rows, found.batches, Kind.CALL)
    return value(shown, plain(found), Kind.CALL)


@command("EXPLAIN", "EXPLAIN USING TEXT", "EXPLAIN USING TABULAR", "EXPLAIN USING JSON")
def explain(session: Session, statement: Statement) -> Result:
    """EXPLAIN: DuckDB's plan, not Snowflake's."""
    translation = translate.query(session, statement)
    with session.cursor() as cursor, translated(translation.names):
        for name, table in translation.relations.items():
            cursor.register(name, table)
        rows = cursor.execute(f"EXPLAIN {translation.sql}").fetchall()
    lines = [line for row in rows for line in str(row[-1]).splitlines()]
    return Result([text("plan")], [(line,) for line in lines])


@command("EXECUTE IMMEDIATE")
def execute_immediate(session: Session, statement: Statement) -> Result:
    """EXECUTE IMMEDIATE of a statement or a scripting block in a string or a variable, with USING."""
    values: list[Any] = []
    if statement.is_string():
        inner = statement.string()
        if statement.accept("USING"):
            sql, binds = rest(statement)
            values = list(session.rows(f"SELECT {sql.strip()[1:-1]}", binds)[0])
    else:
        sql, binds = rest(statement)
        inner = str(session.rows(f"SELECT {sql}", binds)[0][0])
    parts = split(inner)
    if len(parts) != 1:
        raise SnowflakeError(f"EXECUTE IMMEDIATE takes one statement, found {len(parts)}.", 1003, "42000")
    return session.execute(parts[0], values)


@scalar("SYSTEM$CANCEL_ALL_QUERIES")
def cancel_all_queries(session: Session, session_id: int | str) -> str:
    """Cancel what another session runs."""
    other = session.account.engine.sessions.get(int(session_id))
    if other is not None and other is not session:
        other.cancel()
    return f"{'All' if other else 'No'} queries cancelled."


@scalar("SYSTEM$CANCEL_QUERY")
def cancel_query(session: Session, query_id: str) -> str:
    """Cancel one running statement of the same user, by its id."""
    queries = session.account.queries
    found = queries.find(str(query_id))
    if found is None or found.user != session.user or not queries.cancel(found):
        raise SnowflakeError("Identified SQL statement is not currently executing.", 605, "02000")
    return f"query [{query_id}] terminated."


@scalar("SYSTEM$CLIENT_VERSION_INFO")
def client_version_info(session: Session) -> str:
    """An empty list: every version of every client is welcome."""
    del session
    return "[]"


@scalar("SYSTEM$GET_DEFAULT_PYTHON_ARTIFACT_REPOSITORY")
def default_artifact_repository(session: Session, *_: object) -> str:
    """Where Python functions take their packages from: what this machine has."""
    del session
    return "snowflake.snowpark.anaconda_shared_repository"


@scalar("SYSTEM$ARE_ANACONDA_TERMS_ACKNOWLEDGED")
def are_anaconda_terms_acknowledged(session: Session) -> bool:
    """True: nothing is taken from Anaconda."""
    del session
    return True


@scalar("IS_ROLE_IN_SESSION")
def is_role_in_session(session: Session, role: str) -> bool:
    """Whether the current role is or inherits a role; grants between the account's own roles are not followed."""
    inherited = {"ACCOUNTADMIN": {"SYSADMIN", "SECURITYADMIN", "USERADMIN"}, "SECURITYADMIN": {"USERADMIN"}}
    return role in {session.role, "PUBLIC", *inherited.get(session.role, set())}


@scalar("SYSTEM$ABORT_SESSION")
def abort_session(session: Session, session_id: int | str) -> str:
    """Cancel what a session runs."""
    return str(cancel_all_queries(session, session_id))


@scalar("SYSTEM$WAIT")
def wait(session: Session, amount: int, unit: str = "SECONDS") -> str:
    """Wait; cancelling the statement ends the wait."""
    seconds = {"SECONDS": 1.0, "MINUTES": 60.0, "HOURS": 3600.0, "DAYS": 86400.0, "MILLISECONDS": 0.001}[unit.upper()]
    if session.account.clock.wait(amount * seconds, session.cancelled):
        raise SnowflakeError("SQL execution canceled", 604, "57014")
    return f"waited {amount} {unit.lower()}"


deviates("queries", "EXPLAIN shows DuckDB's plan.", "IS_ROLE_IN_SESSION knows the system roles' hierarchy only.")
