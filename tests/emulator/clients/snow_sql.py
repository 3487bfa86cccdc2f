"""Cases: ``snow connection``, ``snow sql`` and ``snow object``."""

from __future__ import annotations

import json

from cases import Place, case, same
from snow import read, snow


@case
def connection_test(place: Place) -> None:
    """Host, user, role and so on; status OK."""
    found = read(place, "connection", "test")
    same((found["Status"], found["User"], found["Database"]), ("OK", "ADMIN", "EMULATOR"))


@case
def connection_list(place: Place) -> None:
    """The configured connection."""
    same(read(place, "connection", "list")[0]["connection_name"], "emulator")


@case
def sql_query(place: Place) -> None:
    """``-q`` as a table and as JSON."""
    assert "| 1 | x |" in snow(place, "sql", "-q", "select 1 as a, 'x' as b")
    found = read(place, "sql", "-q", "select 1 as a, 'x' as b, 1.5::float as c, null as d")
    same(found, [{"A": 1, "B": "x", "C": 1.5, "D": None}])


@case
def sql_csv(place: Place) -> None:
    """``--format csv``."""
    same(snow(place, "sql", "-q", "select 1 as a, 'x' as b", "--format", "csv").split(), ["A,B", "1,x"])


@case
def sql_several_statements(place: Place) -> None:
    """Each statement's result, in order."""
    found = read(
        place, "sql", "-q", "create or replace table t (a int); insert into t values (1), (2); select * from t;"
    )
    same(found[1:], [[{"number of rows inserted": 2}], [{"A": 1}, {"A": 2}]])


@case
def sql_from_a_file_with_variables(place: Place) -> None:
    """``-f`` with ``-D``, in the CLI's own template syntax."""
    file = place.directory / "q.sql"
    file.write_text("-- a comment\nselect '<% name %>' as NAME;\nselect 2 as TWO;\n")
    found = read(place, "sql", "-f", str(file), "-D", "name=me")
    same(found, [[{"NAME": "me"}], [{"TWO": 2}]])


@case
def sql_from_standard_input(place: Place) -> None:
    """``-i``."""
    found = json.loads(snow(place, "sql", "-i", "--format", "json", text="select 7 as seven"))
    same(found, [{"SEVEN": 7}])


@case
def sql_single_transaction(place: Place) -> None:
    """``--single-transaction`` keeps nothing when a statement fails."""
    snow(place, "sql", "-q", "create or replace table once (a int)")
    snow(place, "sql", "--single-transaction", "-q", "insert into once values (1); select * from nope;", fails=True)
    same(read(place, "sql", "-q", "select count(*) as n from once"), [{"N": 0}])
    snow(place, "sql", "--single-transaction", "-q", "insert into once values (1); insert into once values (2);")
    same(read(place, "sql", "-q", "select count(*) as n from once"), [{"N": 2}])


@case
def sql_asynchronous(place: Place) -> None:
    """A statement that ends in ``;>`` is sent and not waited for."""
    assert "scheduled query id" in snow(place, "sql", "-q", "select 5;>").lower()


@case
def sql_that_fails(place: Place) -> None:
    """The server's message, exit code not 0."""
    assert "does not exist" in snow(place, "sql", "-q", "select * from nope", fails=True)


@case
def object_list(place: Place) -> None:
    """Databases, schemas, tables, warehouses, roles, users, stages."""
    snow(place, "sql", "-q", "create or replace table listed (a int); create stage if not exists listed;")
    for kind, name in [
        ("database", "EMULATOR"), ("schema", "CLI"), ("table", "LISTED"), ("warehouse", "COMPUTE_WH"),
        ("role", "PUBLIC"), ("user", "ADMIN"), ("stage", "LISTED"),
    ]:  # fmt: skip
        names = [row["name"] for row in read(place, "object", "list", kind)]
        assert name in names, (kind, names)


@case
def object_list_like_and_in(place: Place) -> None:
    """``--like`` and ``--in``."""
    snow(place, "sql", "-q", "create or replace table like_this (a int)")
    found = read(place, "object", "list", "table", "--like", "LIKE%", "--in", "schema", "CLI")
    same([row["name"] for row in found], ["LIKE_THIS"])


@case
def object_describe(place: Place) -> None:
    """A table's columns, a schema's objects, a stage's properties."""
    snow(
        place, "sql", "-q", "create or replace table described (a int not null); create stage if not exists described;"
    )
    same([row["name"] for row in read(place, "object", "describe", "table", "described")], ["A"])
    assert read(place, "object", "describe", "stage", "described")
    assert read(place, "object", "describe", "database", "EMULATOR")


@case
def object_drop(place: Place) -> None:
    """Gone afterwards."""
    snow(place, "sql", "-q", "create or replace table dropped (a int)")
    snow(place, "object", "drop", "table", "dropped")
    same(read(place, "object", "list", "table", "--like", "DROPPED"), [])


@case
def object_create_through_rest(place: Place) -> None:
    """``snow object create`` speaks the REST API."""
    snow(place, "object", "create", "schema", "name=CLI_MADE", "comment=by hand")
    same([row["name"] for row in read(place, "object", "list", "schema", "--like", "CLI_MADE")], ["CLI_MADE"])
    snow(place, "object", "drop", "schema", "CLI_MADE")
    snow(place, "object", "create", "database", "name=CLI_DATABASE")
    snow(place, "object", "drop", "database", "CLI_DATABASE")
