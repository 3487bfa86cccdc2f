"""CREATE VIEW: stored as a DuckDB view over the translated query, its text kept as written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import catalog, physical, query, temporary, translate, types
from airflow_provider_spcs.emulator.engine.ddl.options import modifiers, options
from airflow_provider_spcs.emulator.engine.failures import translated
from airflow_provider_spcs.emulator.errors import SnowflakeError, already_exists, unsupported, wrong_type
from airflow_provider_spcs.emulator.names import Name, quoted
from airflow_provider_spcs.emulator.registry import command, find_command
from airflow_provider_spcs.emulator.result import Result, status
from airflow_provider_spcs.emulator.statement import Statement

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

_KINDS = [f"{secure}{kind}" for secure in ("", "SECURE ") for kind in
          ("", "TEMPORARY ", "TEMP ", "SCOPED TEMPORARY ", "LOCAL TEMPORARY ", "RECURSIVE ")]  # fmt: skip


@command(*[f"CREATE {replace}{kind}VIEW" for replace in ("", "OR REPLACE ") for kind in _KINDS])
def create_view(session: Session, statement: Statement) -> Result:
    """CREATE [OR REPLACE] [SECURE] [TEMPORARY] VIEW ... AS SELECT."""
    words = {statement.word(index - statement.at) for index in range(statement.at)}
    missing_only = modifiers(statement)
    name = session.qualify(statement.name())
    session.check_schema(name)
    aliases, comments = _column_list(statement) if statement.accept("(") else ([], {})
    said = options(statement, {"COMMENT", "CHANGE_TRACKING"}, {"AS"})
    statement.expect("AS")
    hidden = bool(words & {"TEMPORARY", "TEMP"})
    there = name in session.temporary if hidden else _exists(session, name)
    if there and missing_only:
        return status(f"{name.name} already exists, statement succeeded.")
    if there and "REPLACE" not in words:
        raise already_exists(name)
    document = {
        "created_on": session.account.clock.now().isoformat(),
        "owner": session.role,
        "comment": str(said.get("COMMENT") or ""),
        "text": statement.text,
        "secure": "SECURE" in words,
    }
    _make(session, name, statement, aliases, comments, document, hidden=hidden)
    return status(f"View {name.name} successfully created.")


def _make(  # noqa: PLR0917 - private
    session: Session,
    name: Name,
    statement: Statement,
    aliases: list[str],
    comments: dict[str, str],
    document: dict[str, Any],
    *,
    hidden: bool,
) -> None:
    translation = translate.query(session, statement)
    if translation.relations:
        raise unsupported("a view over a table function, a stage or INFORMATION_SCHEMA")
    if translation.models:
        raise unsupported("a view that calls a model")
    with session.cursor() as cursor, translated(translation.names):
        relation = query.prepare(cursor, translation)
        kinds = [types.of_duckdb(str(kind)) or types.Declared("VARCHAR") for kind in relation.types]
        kinds = translation.types(relation.columns, kinds)
        names = aliases or [physical.column_name(column) for column in relation.columns]
        if len(names) != len(relation.columns):
            raise SnowflakeError("SQL compilation error:\nInvalid column definition list", 2026, "42601")
        del relation
    _unique(names)
    target = physical.relation(name, temporary.add(session, name) if hidden else None)
    schema, stored = physical.schema_of(name.database, name.schema), physical.encode(name.name)

    def work(cursor: Any) -> None:
        table = cursor.execute(
            "SELECT 1 FROM duckdb_tables() WHERE schema_name = ? AND table_name = ?", [schema, stored]
        ).fetchone()
        if table and not hidden:
            raise wrong_type("TABLE", "VIEW")
        shown = ", ".join(quoted(physical.column(item)) for item in names)
        cursor.execute(f"CREATE OR REPLACE VIEW {target} ({shown}) AS {translation.sql}")
        catalog.remember(cursor, target, "VIEW", document)
        for column, kind in zip(names, kinds, strict=True):
            said = {"type": str(kind)} | ({"comment": comments[column]} if column in comments else {})
            catalog.remember_column(cursor, target, column, said)

    session.transaction.ddl([name], work, translation.names)


def make_again(session: Session, found: catalog.Relation, name: Name) -> None:
    """Make a view by the text of another one, under another name."""
    statement = Statement.parse(found.document["text"])
    find_command(statement)
    modifiers(statement)
    statement.name()
    aliases, comments = _column_list(statement) if statement.accept("(") else ([], {})
    options(statement, {"COMMENT", "CHANGE_TRACKING"}, {"AS"})
    statement.expect("AS")
    _make(session, name, statement, aliases, comments, found.document, hidden=False)


def _unique(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise SnowflakeError(f"SQL compilation error:\nduplicate column name '{name}'", 2025, "42601")


def _exists(session: Session, name: Name) -> bool:
    found = catalog.find(session, name)
    return found is not None and not found.temporary


def _column_list(statement: Statement) -> tuple[list[str], dict[str, str]]:
    names: list[str] = []
    comments: dict[str, str] = {}
    while not statement.accept(")"):
        names.append(statement.identifier())
        if statement.accept("COMMENT"):
            comments[names[-1]] = statement.string()
        statement.accept(",")
    return names, comments


@command("ALTER VIEW")
def alter_view(session: Session, statement: Statement) -> Result:
    """ALTER VIEW ... RENAME TO, SET or UNSET COMMENT."""
    missing_ok = statement.accept("IF", "EXISTS")
    name = session.qualify(statement.name())
    found = catalog.find(session, name)
    if found is None and missing_ok:
        return status("Statement executed successfully.")
    found = catalog.get(session, name, "VIEW")
    document = dict(found.document)
    if statement.accept("RENAME", "TO"):
        new = session.qualify(statement.name())
        return _rename(session, name, new)
    if statement.accept("UNSET", "COMMENT"):
        document["comment"] = ""
    elif statement.accept("SET"):
        if statement.looking_at("SECURE"):
            statement.expect("SECURE")
            document["secure"] = True
        else:
            statement.expect("COMMENT", "=")
            document["comment"] = statement.string()
    else:
        raise unsupported(f"ALTER VIEW {statement.rest()[:40]}")
    statement.end()
    session.transaction.ddl([name], lambda cursor: catalog.remember(cursor, session.relation(name), "VIEW", document))
    return status("Statement executed successfully.")


def _rename(session: Session, name: Name, new: Name) -> Result:
    if (new.database, new.schema) != (name.database, name.schema):
        raise unsupported("ALTER VIEW ... RENAME TO another schema")
    if catalog.find(session, new) is not None:
        raise already_exists(new)
    session.transaction.ddl(
        [name, new],
        lambda cursor: cursor.execute(
            f"ALTER VIEW {session.relation(name)} RENAME TO {quoted(physical.encode(new.name))}"
        ),
    )
    return status("Statement executed successfully.")
