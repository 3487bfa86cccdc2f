"""Cases: ``dbt seed`` and ``dbt run`` with every materialization."""

from __future__ import annotations

from cases import Place, case, same
from dbt_project import Project

_SEED = "id,name,born,price,ok\n1,ann,2024-01-01,1.50,true\n2,bob,2024-02-01 10:00:00,2.25,false\n3,,,,\n"


@case
def debug_connects(place: Place) -> None:
    """``dbt debug``."""
    Project(place, "debug", {}).dbt("debug")


@case
def seed_infers_and_declares_types(place: Place) -> None:
    """A seed's types are inferred, or as declared; a second seed replaces the rows."""
    config = {"seeds": {"swept": {"declared": {"+column_types": {"id": "varchar(9)", "price": "number(9,3)"}}}}}
    project = Project(place, "seed", {"seeds/inferred.csv": _SEED, "seeds/declared.csv": _SEED}, **config)
    project.dbt("seed")
    project.dbt("seed")
    same(project.rows("select count(*), sum(price) from inferred")[0][0], 3)
    types = {row[0]: row[1] for row in project.rows("describe table declared")}
    same((types["ID"], types["PRICE"], types["OK"]), ("VARCHAR(9)", "NUMBER(9,3)", "BOOLEAN"))
    same(project.rows("select id, name from declared where name is null"), [("3", None)])
    project.write({"seeds/inferred.csv": "id,extra\n7,x\n"})
    project.dbt("seed", "--full-refresh", "--select", "inferred")
    same(project.rows("select * from inferred"), [(7, "x")])


@case
def run_views_tables_and_ephemeral_models(place: Place) -> None:
    """Each kind made from the one before, twice; a view becomes a table and back."""
    models = {
        "models/base.sql": "{{ config(materialized='ephemeral') }} select 1 as id union all select 2",
        "models/seen.sql": "{{ config(materialized='view') }} select id, id * 10 as ten from {{ ref('base') }}",
        "models/kept.sql": "{{ config(materialized='table') }} select sum(ten) as total from {{ ref('seen') }}",
    }
    project = Project(place, "kinds", models)
    for _ in range(2):
        project.dbt("run")
        same(project.rows("select total from kept"), [(30,)])
    project.write({"models/seen.sql": models["models/seen.sql"].replace("'view'", "'table'")})
    project.dbt("run")
    same([row[1] for row in project.rows("show tables")], ["KEPT", "SEEN"])
    project.write(models)
    project.dbt("run")
    same([row[1] for row in project.rows("show views")], ["SEEN"])


@case
def run_tables_with_options(place: Place) -> None:
    """Transient or not, clustered, tagged, with grants, comments and hooks; a secure view."""
    config = (
        "{{ config(materialized='table', transient=false, cluster_by=['id'], query_tag='swept', "
        "grants={'select': ['PUBLIC']}, persist_docs={'relation': true, 'columns': true}, copy_grants=true, "
        "pre_hook='create table if not exists hooked (n int)', post_hook=['insert into hooked values (1)']) }} "
    )
    models = {
        "models/kept.sql": config + "select 1 as id, 'x' as name",
        "models/loose.sql": "{{ config(materialized='table') }} select 1 as id",
        "models/hidden.sql": "{{ config(materialized='view', secure=true) }} select * from {{ ref('kept') }}",
        "models/schema.yml": "models:\n  - name: kept\n    description: it's kept\n    columns:\n"
        "      - {name: id, description: the number}\n",
    }
    project = Project(place, "options", models)
    project.dbt("run")
    project.dbt("run")
    same(project.rows("select count(*) from hooked"), [(2,)])
    kinds = {row[1]: row[4] for row in project.rows("show tables")}
    same((kinds["KEPT"], kinds["LOOSE"]), ("TABLE", "TRANSIENT"))
    comments = project.rows("select comment from EMULATOR.information_schema.tables where table_name = 'KEPT' "
                            f"and table_schema = '{project.schema}'")  # fmt: skip
    same(comments, [("it's kept",)])
    same([row[9] or None for row in project.rows("describe table kept")], ["the number", None])
    assert "SELECT" in [row[1] for row in project.rows("show grants on table kept")]
    same(project.rows("select is_secure from EMULATOR.information_schema.views where table_name = 'HIDDEN' "
                      f"and table_schema = '{project.schema}'"), [("YES",)])  # fmt: skip


@case
def run_names_schemas_and_databases(place: Place) -> None:
    """Alias, schema, database and quoted names of a model."""
    models = {
        "models/a.sql": "{{ config(alias='Mixed Name', schema='other', materialized='table') }} select 1 as \"aB\"",
        "models/b.sql": "select \"aB\" from {{ ref('a') }}",
        "models/c.sql": "{{ config(database='DBT_SECOND') }} select 2 as n",
    }
    project = Project(place, "names", models, quoting={"identifier": True})
    project.rows("drop schema if exists DBT_NAMES_OTHER")
    _account(place, "create or replace database DBT_SECOND")
    project.dbt("run")
    same(project.rows('select n from DBT_SECOND.DBT_NAMES."c"'), [(2,)])
    _account(place, "drop database DBT_SECOND")
    same(len(project.rows("show objects in schema DBT_NAMES_OTHER")), 1)


def _account(place: Place, sql: str) -> None:
    import snowflake.connector

    with snowflake.connector.connect(**place.kwargs) as connection:
        connection.cursor().execute(sql)


@case
def run_with_an_enforced_contract(place: Place) -> None:
    """Declared columns and constraints become the table's; a column of another type fails the run."""
    yml = (
        "models:\n  - name: strict\n    config: {contract: {enforced: true}}\n    columns:\n"
        "      - {name: id, data_type: int, constraints: [{type: not_null}, {type: primary_key}]}\n"
        "      - {name: name, data_type: varchar}\n"
    )
    model = "{{ config(materialized='table') }} select 1 as id, 'x' as name"
    project = Project(place, "contract", {"models/strict.sql": model, "models/schema.yml": yml})
    project.dbt("run")
    same([(row[0], row[3], row[5]) for row in project.rows("describe table strict")],
         [("ID", "N", "Y"), ("NAME", "Y", "N")])  # fmt: skip
    project.write({"models/strict.sql": model.replace("'x' as name", "2 as name")})
    result = project.invoke("run")
    assert "contract" in project.messages(result).lower(), project.messages(result)


@case
def run_a_failing_model(place: Place) -> None:
    """The server's message reaches the user, what depends on the model is skipped, and ``retry`` runs both."""
    models = {"models/bad.sql": "select no_such_column", "models/later.sql": "select * from {{ ref('bad') }}"}
    project = Project(place, "failing", models)
    result = project.invoke("run")
    same({each.node.name: str(each.status) for each in result.result}, {"bad": "error", "later": "skipped"})
    assert "no_such_column" in project.messages(result).lower(), project.messages(result)
    project.write({"models/bad.sql": "select 1 as n"})
    same(len(project.dbt("retry")), 2)


@case
def run_a_python_model(place: Place) -> None:
    """A model in Python reads another one and becomes a table."""
    code = "def model(dbt, session):\n    dbt.config(materialized='table')\n    return dbt.ref('one').limit(1)\n"
    project = Project(place, "python", {"models/one.sql": "select 1 as n", "models/py.py": code})
    project.dbt("run")
    same(project.rows("select n from py"), [(1,)])


@case
def run_operation_and_show(place: Place) -> None:
    """A macro with a query, and ``dbt show`` of a model's rows."""
    macro = "{% macro make(n) %}{% do run_query('create table made as select ' ~ n ~ ' as n') %}{% endmacro %}"
    project = Project(place, "operation", {"macros/make.sql": macro, "models/m.sql": "select 5 as five"})
    project.dbt("run")
    project.dbt("run-operation", "make", "--args", "{n: 3}")
    same(project.rows("select n from made"), [(3,)])
    shown = project.dbt("show", "--select", "m")
    same([dict(row) for row in shown.results[0].agate_table.rows], [{"FIVE": 5}])
    project.dbt("show", "--inline", "select * from {{ ref('m') }} where five > 1", "--limit", "1")
