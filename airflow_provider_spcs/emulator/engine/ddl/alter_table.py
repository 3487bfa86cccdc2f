"""ALTER TABLE: columns, names, comments, properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import catalog, physical, types
from airflow_provider_spcs.emulator.engine.ddl import keys
from airflow_provider_spcs.emulator.engine.ddl.columns import definition, skip_parenthesis
from airflow_provider_spcs.emulator.engine.failures import invalid_identifier
from airflow_provider_spcs.emulator.errors import SnowflakeError, already_exists, unsupported
from airflow_provider_spcs.emulator.names import Name, quoted
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Result, status

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_DONE = "Statement executed successfully."


@command("ALTER TABLE")
def alter_table(session: Session, statement: Statement) -> Result:  # noqa: PLR0911 - one return a clause
    """ALTER TABLE: ADD, DROP, RENAME, ALTER COLUMN; RENAME TO; SWAP WITH; SET and UNSET properties; CLUSTER BY."""
    missing_ok = statement.accept("IF", "EXISTS")
    name = session.qualify(statement.name())
    if missing_ok and catalog.find(session, name) is None:
        return status(_DONE)
    catalog.get(session, name, "TABLE")
    if statement.accept("RENAME", "TO"):
        return _rename(session, name, session.qualify(statement.name()))
    if statement.accept("SWAP", "WITH"):
        return _swap(session, name, session.qualify(statement.name()))
    if statement.accept("ADD"):
        return _add(session, name, statement)
    if statement.accept("DROP"):
        return _drop(session, name, statement)
    if statement.accept("RENAME", "COLUMN"):
        old = statement.identifier()
        statement.expect("TO")
        return _rename_column(session, name, old, statement.identifier())
    if statement.accept("ALTER") or statement.accept("MODIFY"):
        return _modify(session, name, statement)
    return _properties(session, name, statement)


def _stored(column: str) -> str:
    return quoted(physical.column(column))


def _run(session: Session, name: Name, *changes: str) -> Result:
    relation = session.relation(name)

    def work(cursor: Any) -> None:
        for change in changes:
            cursor.execute(f"ALTER TABLE {relation} {change}")

    session.transaction.ddl([name], work)
    return status(_DONE)


def _known(session: Session, name: Name, column: str) -> catalog.TableColumn:
    for item in catalog.columns(session, name):
        if item.name == column:
            return item
    raise invalid_identifier(column)


def _rename(session: Session, name: Name, new: Name) -> Result:
    session.check_schema(new)
    if catalog.find(session, new) is not None:
        raise already_exists(new)
    hidden = session.temporary.get(name)
    if (new.database, new.schema) == (name.database, name.schema):
        stored = physical.temporary(new.name, session.id) if hidden else physical.encode(new.name)
        _run(session, name, f"RENAME TO {quoted(stored)}")
    else:
        _move(session, name, new)
        stored = physical.temporary(new.name, session.id)
    if hidden:
        del session.temporary[name]
        session.temporary[new] = stored
    return status(_DONE)


def _move(session: Session, name: Name, new: Name) -> None:
    from airflow_provider_spcs.emulator.engine.ddl.tables import Making, copy

    found = catalog.get(session, name, "TABLE")
    making = Making(new, False, False, found.temporary, bool(found.document.get("transient")))
    copy(session, making, name, with_rows=True, said={"COMMENT": found.document.get("comment", "")})
    session.transaction.ddl(
        [name], lambda cursor: cursor.execute(f"DROP TABLE {physical.relation(name, found.physical)}")
    )


def _rename_column(session: Session, name: Name, old: str, new: str) -> Result:
    _known(session, name, old)
    table = catalog.get(session, name, "TABLE")
    _run(session, name, f"RENAME COLUMN {_stored(old)} TO {_stored(new)}")
    named = keys.renamed(keys.of(table), old, new)
    return _keep(session, name, table.document | {"keys": keys.document(named)})


def _swap(session: Session, name: Name, other: Name) -> Result:
    catalog.get(session, other, "TABLE")
    if name[:2] != other[:2] or name in session.temporary or other in session.temporary:
        raise unsupported("ALTER TABLE ... SWAP WITH a table of another schema, or a temporary one")
    first, second = session.relation(name), session.relation(other)
    between = f"{physical.encode(name.name)}%swap{session.id}"

    def work(cursor: Any) -> None:
        cursor.execute(f"ALTER TABLE {first} RENAME TO {quoted(between)}")
        cursor.execute(f"ALTER TABLE {second} RENAME TO {quoted(physical.encode(name.name))}")
        cursor.execute(
            f"ALTER TABLE {physical.relation(name, between)} RENAME TO {quoted(physical.encode(other.name))}"
        )

    session.transaction.ddl([name, other], work)
    return status(_DONE)


def _add(session: Session, name: Name, statement: Statement) -> Result:
    if keys.ahead(statement):
        return _add_key(session, name, statement)
    statement.accept("COLUMN")
    there = {item.name for item in catalog.columns(session, name)}
    relation = session.relation(name)
    columns = []
    while True:
        missing_only = statement.accept("IF", "NOT", "EXISTS")
        column = definition(session, statement)
        if column.name not in there:
            columns.append(column)
        elif not missing_only:
            raise SnowflakeError(f"SQL compilation error:\ncolumn '{column.name}' already exists", 1430, "42601")
        if not statement.accept(","):
            break
        statement.accept("COLUMN")
    statement.end()

    def work(cursor: Any) -> None:
        for column in columns:
            nullable, column.nullable = column.nullable, True
            cursor.execute(f"ALTER TABLE {relation} ADD COLUMN {column.sql()}")
            if not nullable:
                cursor.execute(f"ALTER TABLE {relation} ALTER COLUMN {_stored(column.name)} SET NOT NULL")
            catalog.remember_column(cursor, relation, column.name, column.remembered())

    session.transaction.ddl([name], work)
    return status(_DONE)


def _add_key(session: Session, name: Name, statement: Statement) -> Result:
    table = catalog.get(session, name, "TABLE")
    key = keys.read(session, statement)
    statement.end()
    for column in key.columns:
        _known(session, name, column)
    if key.kind == keys.PRIMARY:
        if any(other.kind == keys.PRIMARY for other in keys.of(table)):
            raise SnowflakeError(f"SQL compilation error:\nprimary key already exists for table '{name.name}'",
                                 2200, "42710")  # fmt: skip
        _run(session, name, *[f"ALTER COLUMN {_stored(column)} SET NOT NULL" for column in key.columns])
    return _keep(session, name, table.document | {"keys": keys.document([*keys.of(table), key])})


def _keep(session: Session, name: Name, document: dict[str, Any]) -> Result:
    """Remember what is known of the table."""
    relation = session.relation(name)
    session.transaction.ddl([name], lambda cursor: catalog.remember(cursor, relation, "TABLE", document))
    return status(_DONE)


def _drop(session: Session, name: Name, statement: Statement) -> Result:
    table = catalog.get(session, name, "TABLE")
    if keys.ahead(statement):
        left = keys.dropped(statement, keys.of(table))
        return _keep(session, name, table.document | {"keys": keys.document(left)})
    if statement.accept("CLUSTERING", "KEY"):
        return _keep(session, name, table.document | {"cluster_by": ""})
    statement.accept("COLUMN")
    missing_ok = statement.accept("IF", "EXISTS")
    names = [statement.identifier()]
    while statement.accept(","):
        names.append(statement.identifier())
    statement.end()
    if not missing_ok:
        for column in names:
            _known(session, name, column)
    _run(session, name, *[f"DROP COLUMN IF EXISTS {_stored(column)}" for column in names])
    left = [key for key in keys.of(table) if not set(names) & set(key.columns)]
    return _keep(session, name, table.document | {"keys": keys.document(left)})


def _modify(session: Session, name: Name, statement: Statement) -> Result:
    wrapped = statement.accept("(")
    while not statement.done:
        statement.accept("COLUMN")
        column = _known(session, name, statement.identifier())
        _modify_column(session, name, column, statement)
        if not statement.accept(","):
            break
    if wrapped:
        statement.expect(")")
    statement.end()
    return status(_DONE)


def _modify_column(session: Session, name: Name, column: catalog.TableColumn, statement: Statement) -> None:
    place = f"ALTER COLUMN {_stored(column.name)}"
    document = column.document | {"type": str(column.type)}
    changes: list[str] = []
    if statement.accept("COMMENT"):
        document["comment"] = statement.string()
    elif statement.accept("UNSET", "COMMENT"):
        document.pop("comment", None)
    elif statement.accept("DROP", "DEFAULT"):
        document.pop("default", None)
        changes.append(f"{place} DROP DEFAULT")
    elif statement.accept("DROP", "NOT", "NULL"):
        changes.append(f"{place} DROP NOT NULL")
    elif statement.accept("SET", "NOT", "NULL") or statement.accept("NOT", "NULL"):
        changes.append(f"{place} SET NOT NULL")
    else:
        statement.accept("SET", "DATA", "TYPE") or statement.accept("TYPE")
        new = types.read(statement, str(session.parameters["TIMESTAMP_TYPE_MAPPING"]))
        if new.name != column.type.name:
            raise SnowflakeError(
                f"SQL compilation error:\ncannot change column {column.name} from type {column.type} to {new}",
                2108,
                "22000",
            )
        document["type"] = str(new)
        if new.duckdb != column.type.duckdb:
            changes.append(f"{place} SET DATA TYPE {new.duckdb}")
    relation = session.relation(name)

    def work(cursor: Any) -> None:
        for change in changes:
            cursor.execute(f"ALTER TABLE {relation} {change}")
        catalog.remember_column(cursor, relation, column.name, document)

    session.transaction.ddl([name], work)


def _properties(session: Session, name: Name, statement: Statement) -> Result:
    document = dict(catalog.get(session, name).document)
    if statement.accept("CLUSTER", "BY") or statement.accept("CLUSTER BY"):
        document["cluster_by"] = skip_parenthesis(statement)
    elif statement.accept("SET"):
        if statement.looking_at("TAG"):
            raise unsupported("ALTER TABLE ... SET TAG")
        while not statement.done:
            option = statement.identifier().lower()
            statement.expect("=")
            document[option] = statement.literal()
            statement.accept(",")
    elif statement.accept("UNSET"):
        while not statement.done:
            document.pop(statement.identifier().lower(), None)
            statement.accept(",")
    else:
        raise unsupported(f"ALTER TABLE ... {statement.rest()[:60]}")
    statement.end()
    return _keep(session, name, document)
