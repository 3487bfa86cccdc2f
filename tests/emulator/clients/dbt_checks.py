"""Cases: ``dbt test``, ``docs generate``, ``source freshness``, ``clone``, and what is refused."""

from __future__ import annotations

from cases import Place, case, same
from dbt_project import Project

_MODEL = "{{ config(materialized='table') }} select column1 as id, column2 as kind from values (1, 'a'), (2, 'b')"


@case
def test_generic_and_singular(place: Place) -> None:
    """Every generic test and one of one's own; failing ones are counted and stored."""
    yml = (
        "models:\n  - name: good\n    columns:\n      - name: id\n        data_tests: [unique, not_null]\n"
        "      - name: kind\n        data_tests:\n          - accepted_values: {arguments: {values: [a, b]}}\n"
        "          - relationships: {arguments: {to: ref('good'), field: kind}}\n"
        "  - name: bad\n    columns:\n      - name: id\n        data_tests:\n"
        "          - unique: {config: {store_failures: true, alias: doubles}}\n"
    )
    files = {
        "models/good.sql": _MODEL, "models/bad.sql": "select 1 as id union all select 1", "models/schema.yml": yml,
        "tests/none_large.sql": "select * from {{ ref('good') }} where id > 5",
    }  # fmt: skip
    project = Project(place, "tests", files)
    project.dbt("run")
    result = project.invoke("test")
    found = sorted((str(each.status), each.failures) for each in result.result)
    same(found, [("fail", 1), *[("pass", 0)] * 5])
    same(project.rows("select n_records from DBT_TESTS_DBT_TEST__AUDIT.DOUBLES"), [(2,)])


@case
def test_units(place: Place) -> None:
    """A unit test gives a model rows and compares what it makes of them."""
    yml = (
        "unit_tests:\n  - name: doubles\n    model: doubled\n    given:\n      - input: ref('good')\n"
        "        rows: [{id: 3, kind: x}]\n    expect:\n      rows: [{twice: 6, kind: x}]\n"
    )
    doubled = "select id * 2 as twice, kind from {{ ref('good') }}"
    project = Project(place, "units", {"models/good.sql": _MODEL, "models/doubled.sql": doubled, "models/u.yml": yml})
    project.dbt("build")
    project.write({"models/u.yml": yml.replace("twice: 6", "twice: 7")})
    assert not project.invoke("test").success


@case
def docs_generate(place: Place) -> None:
    """The catalog holds every relation with its columns, types, comments and row count; sources too."""
    files = {
        "models/good.sql": _MODEL, "models/seen.sql": "select id from {{ ref('good') }}",
        "models/s.yml": "sources:\n  - name: src\n    schema: DBT_DOCS\n    tables: [{name: raw}]\n",
    }  # fmt: skip
    project = Project(place, "docs", files)
    project.dbt("run")
    project.rows("create table raw (a int comment 'it')")
    project.dbt("docs", "generate")
    catalog = project.artifact("catalog.json")
    good = catalog["nodes"]["model.swept.good"]
    same({name: column["type"] for name, column in good["columns"].items()}, {"ID": "NUMBER", "KIND": "TEXT"})
    same(good["stats"]["row_count"]["value"], 2)
    same(catalog["nodes"]["model.swept.seen"]["metadata"]["type"], "VIEW")
    same(catalog["sources"]["source.swept.src.raw"]["columns"]["A"]["comment"], "it")
    same(catalog["errors"], None)


@case
def source_freshness(place: Place) -> None:
    """By a column, and by the table's last change."""
    yml = (
        "sources:\n  - name: src\n    schema: DBT_FRESH\n"
        "    config: {freshness: {warn_after: {count: 1, period: day}, error_after: {count: 9, period: day}}}\n"
        "    tables:\n      - {name: by_column, config: {loaded_at_field: at}}\n      - name: by_change\n"
    )
    project = Project(place, "fresh", {"models/s.yml": yml, "models/m.sql": "select 1 as n"})
    project.dbt("run")
    project.rows("create table by_column as select dateadd(day, -2, sysdate()) as at")
    project.rows("create table by_change as select 1 as n")
    found = {each.node.name: str(each.status) for each in project.invoke("source", "freshness").result.results}
    same(found, {"by_column": "warn", "by_change": "pass"})


@case
def clone_of_another_state(place: Place) -> None:
    """``dbt clone``: tables by CLONE, views by a view on the other one."""
    files = {"models/good.sql": _MODEL, "models/seen.sql": "select id from {{ ref('good') }}"}
    first = Project(place, "clone_first", files)
    first.dbt("run")
    state = str((first.root / "target").rename(place.directory / "state"))
    second = Project(place, "clone_second", files)
    second.dbt("clone", "--state", state)
    same(second.rows("select count(*) from good"), [(2,)])
    same(second.rows("select count(*) from seen"), [(2,)])


@case
def function_in_sql(place: Place) -> None:
    """A function of the project, called by a model."""
    yml = "functions:\n  - name: twice\n    arguments: [{name: n, data_type: float}]\n    returns: {data_type: float}\n"
    files = {
        "functions/twice.sql": "n * 2", "functions/f.yml": yml,
        "models/m.sql": "{{ config(materialized='table') }} select {{ function('twice') }}(4) as eight",
    }  # fmt: skip
    project = Project(place, "functions", files)
    project.dbt("build")
    same(project.rows("select eight from m"), [(8.0,)])


@case
def dynamic_table_is_refused(place: Place) -> None:
    """The run fails with a message that names the page of what is emulated."""
    config = "materialized='dynamic_table', snowflake_warehouse='COMPUTE_WH', target_lag='1 hour'"
    model = f"{{{{ config({config}) }}}} select 1 as n"
    project = Project(place, "dynamic", {"models/moving.sql": model})
    result = project.invoke("run")
    assert "COVERAGE.md" in project.messages(result), project.messages(result)
