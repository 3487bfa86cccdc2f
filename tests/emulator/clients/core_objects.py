"""Cases: tables made from others, views, keys, clones, roles, users, and services that run for long."""

from __future__ import annotations

import json
import time

from cases import Place, case, fails_saying, same
from core_session import missing, root, schema
from snowflake.core import CreateMode


@case
def tables_made_from_others(place: Place) -> None:
    """From a query, like another one, as its clone; two of them swapped, one dropped and brought back."""
    from snowflake.core.table import Table, TableColumn

    with root(place) as opened:
        tables = schema(opened).tables
        tables.create(
            Table(name="like_this", columns=[TableColumn(name="a", datatype="int")]), mode=CreateMode.or_replace
        )
        queried = tables.create("from_query", as_select="select 7 as a, 'x' as b", mode=CreateMode.or_replace)
        same([column.name for column in queried.fetch().columns], ["A", "B"])
        tables.create("empty_copy", like_table="from_query", mode=CreateMode.or_replace)
        copied = tables.create("full_copy", clone_table="from_query", mode=CreateMode.or_replace)
        same((tables["empty_copy"].fetch().rows, copied.fetch().rows), (0, 1))
        copied.swap_with("empty_copy")
        same((tables["empty_copy"].fetch().rows, copied.fetch().rows), (1, 0))
        queried.drop()
        missing(queried.fetch)
        queried.undrop()
        same(queried.fetch().rows, 1)
        for name in ("like_this", "from_query", "empty_copy", "full_copy"):
            tables[name].drop()


@case
def tables_with_keys(place: Place) -> None:
    """Primary, unique and foreign keys are kept."""
    from snowflake.core.table import ForeignKey, PrimaryKey, Table, TableColumn, UniqueKey

    with root(place) as opened:
        tables = schema(opened).tables
        columns = [TableColumn(name="a", datatype="int", nullable=False), TableColumn(name="b", datatype="int")]
        keys = [PrimaryKey(column_names=["a"]), UniqueKey(column_names=["b"])]
        tables.create(Table(name="parent", columns=columns, constraints=keys), mode=CreateMode.or_replace)
        foreign = ForeignKey(column_names=["b"], referenced_table_name="parent", referenced_column_names=["a"])
        tables.create(Table(name="child", columns=columns, constraints=[foreign]), mode=CreateMode.or_replace)
        cursor = opened.connection.cursor()
        found = [
            len(cursor.execute(f"show {kind} keys in table {table}").fetchall())
            for kind, table in (("primary", "parent"), ("unique", "parent"), ("imported", "child"))
        ]
        same(found, [1, 1, 1])


@case
def views(place: Place) -> None:
    """Create, iterate, fetch with columns and query, replace, drop."""
    from snowflake.core.view import View, ViewColumn

    with root(place) as opened:
        collection = schema(opened).views
        wanted = View(name="seen", columns=[ViewColumn(name="n", comment="it")], query="select 1", comment="c")
        made = collection.create(wanted, mode=CreateMode.or_replace)
        fetched = made.fetch()
        same((fetched.name, fetched.comment, [column.name for column in fetched.columns]), ("SEEN", "c", ["N"]))
        assert "select 1" in fetched.query
        assert "SEEN" in [each.name for each in collection.iter(like="see%")]
        collection.create(View(name="seen", secure=True, columns=[ViewColumn(name="m")], query="select 2"),
                          mode=CreateMode.or_replace)  # fmt: skip
        same(made.fetch().secure, True)
        made.drop()
        missing(made.fetch)


@case
def clones_of_schemas_and_databases(place: Place) -> None:
    """With the tables in them."""
    from snowflake.core.database import Database
    from snowflake.core.schema import Schema
    from snowflake.core.table import Table, TableColumn

    with root(place) as opened:
        first = opened.databases.create(Database(name="core_first"), mode=CreateMode.or_replace)
        first.schemas["PUBLIC"].tables.create(Table(name="t", columns=[TableColumn(name="a", datatype="int")]))
        made = first.schemas.create(Schema(name="again"), clone="PUBLIC", mode=CreateMode.or_replace)
        same([each.name for each in made.tables.iter()], ["T"])
        second = opened.databases.create(Database(name="core_second"), clone="core_first", mode=CreateMode.or_replace)
        assert "AGAIN" in [each.name for each in second.schemas.iter()]
        for each in (first, second):
            each.drop()


@case
def roles_and_users(place: Place) -> None:
    """Create, iterate, fetch, change, drop."""
    from snowflake.core.role import Role
    from snowflake.core.user import User

    with root(place) as opened:
        opened.roles.create(Role(name="core_role", comment="c"), mode=CreateMode.or_replace)
        same([(each.name, each.comment) for each in opened.roles.iter(like="core_role")], [("CORE_ROLE", "c")])
        wanted = User(name="core_user", password="Long-Enough-1", default_role="CORE_ROLE", comment="u")
        made = opened.users.create(wanted, mode=CreateMode.or_replace)
        same((made.fetch().name, made.fetch().default_role, made.fetch().comment), ("CORE_USER", "CORE_ROLE", "u"))
        made.create_or_alter(User(name="core_user", comment="changed"))
        same(made.fetch().comment, "changed")
        made.drop()
        opened.roles["core_role"].drop()
        missing(made.fetch)


@case
def warehouse_gets_another_name(place: Place) -> None:
    """``rename``."""
    from snowflake.core.warehouse import Warehouse

    with root(place) as opened:
        opened.warehouses["core_new"].drop(if_exists=True)
        made = opened.warehouses.create(Warehouse(name="core_old"), mode=CreateMode.or_replace)
        made.rename("core_new")
        assert "CORE_NEW" in [each.name for each in opened.warehouses.iter()]
        opened.warehouses["core_new"].drop()


@case
def service_that_runs_for_long(place: Place) -> None:
    """Create, wait until it runs, endpoints, suspend, resume, drop."""
    from snowflake.core.service import Service, ServiceSpecInlineText

    code = "import time; time.sleep(600)"
    container = {"name": "main", "image": "python:3.11", "command": ["python", "-c", code]}
    spec = {"spec": {"containers": [container], "endpoints": [{"name": "web", "port": 8000}]}}
    with root(place) as opened:
        services = schema(opened).services
        services["core_lasting"].drop(if_exists=True)
        wanted = Service(
            name="core_lasting", compute_pool="core_pool", min_instances=1, max_instances=1, comment="c",
            spec=ServiceSpecInlineText(spec_text=json.dumps(spec)),
        )  # fmt: skip
        made = services.create(wanted)
        end = time.monotonic() + 180
        while made.fetch().status != "RUNNING":
            assert time.monotonic() < end
            time.sleep(0.2)
        same([(each.name, each.port) for each in made.get_endpoints()], [("web", 8000)])
        made.suspend()
        made.resume()
        same(made.fetch().is_job, False)
        made.drop()
        missing(made.fetch)


@case
def resources_that_are_not_emulated_say_so(place: Place) -> None:
    """Tasks, streams and dynamic tables: an error that names the page of what there is."""
    with root(place) as opened:
        for name in ("tasks", "streams", "dynamic_tables"):
            with fails_saying("COVERAGE.md"):
                list(getattr(schema(opened), name).iter())
