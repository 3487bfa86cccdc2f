"""Cases: incremental models with every strategy, and snapshots."""

from __future__ import annotations

from cases import Place, case, same
from dbt_project import Project

_SOURCE = "{{ config(materialized='table') }} select column1 as id, column2 as v from values "


def _increments(place: Place, name: str, config: str, body: str = "select id, v from {{ ref('given') }}") -> Project:
    model = f"{{{{ config(materialized='incremental', {config}) }}}} {body}"
    project = Project(place, name, {"models/given.sql": _SOURCE + "(1, 'a'), (2, 'b')", "models/grown.sql": model})
    project.dbt("run")
    return project


def _again(project: Project, values: str) -> list[tuple[object, ...]]:
    project.write({"models/given.sql": _SOURCE + values})
    project.dbt("run")
    return project.rows("select id, v from grown order by all")


@case
def incremental_append(place: Place) -> None:
    """Rows are added."""
    project = _increments(place, "append", "incremental_strategy='append'")
    same(_again(project, "(2, 'B'), (3, 'c')"), [(1, "a"), (2, "B"), (2, "b"), (3, "c")])


@case
def incremental_merge(place: Place) -> None:
    """Rows of one key are replaced; ``--full-refresh`` starts again."""
    project = _increments(place, "merge", "unique_key='id'")
    same(_again(project, "(2, 'B'), (3, 'c')"), [(1, "a"), (2, "B"), (3, "c")])
    project.dbt("run", "--full-refresh")
    same(project.rows("select count(*) from grown"), [(2,)])


@case
def incremental_merge_of_some_columns(place: Place) -> None:
    """``merge_update_columns``, ``merge_exclude_columns`` and predicates."""
    body = "select id, v, v as first from {{ ref('given') }}"
    project = _increments(place, "merge_some", "unique_key=['id'], merge_exclude_columns=['first']", body)
    same(_again(project, "(2, 'B')"), [(1, "a"), (2, "B")])
    same(project.rows("select first from grown order by id"), [("a",), ("b",)])
    config = "unique_key='id', merge_update_columns=['v'], incremental_predicates=['DBT_INTERNAL_DEST.id < 2']"
    project = _increments(place, "merge_predicate", config)
    same(_again(project, "(1, 'A'), (2, 'B')"), [(1, "A"), (2, "B"), (2, "b")])


@case
def incremental_delete_and_insert(place: Place) -> None:
    """Rows of one key go, the new ones come."""
    project = _increments(place, "delete_insert", "incremental_strategy='delete+insert', unique_key=['id']")
    same(_again(project, "(2, 'B'), (2, 'BB')"), [(1, "a"), (2, "B"), (2, "BB")])


@case
def incremental_insert_overwrite(place: Place) -> None:
    """All rows are replaced."""
    project = _increments(place, "overwrite", "incremental_strategy='insert_overwrite'")
    same(_again(project, "(9, 'z')"), [(9, "z")])


@case
def incremental_microbatch(place: Place) -> None:
    """Each day's rows are replaced in a batch of their own."""
    given = (
        "{{ config(materialized='table', event_time='at') }} select 1 as id, '2024-01-01'::timestamp as at "
        "union all select 2, '2024-01-02'"
    )
    grown = (
        "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='day', "
        "begin='2024-01-01') }} select id, at from {{ ref('given') }}"
    )
    project = Project(place, "microbatch", {"models/given.sql": given, "models/grown.sql": grown})
    span = ("--event-time-start", "2024-01-01", "--event-time-end", "2024-01-03")
    project.dbt("run", *span)
    project.write({"models/given.sql": given.replace("select 2", "select 3")})
    project.dbt("run", *span)
    same(project.rows("select id from grown order by id"), [(1,), (3,)])


@case
def incremental_schema_changes(place: Place) -> None:
    """``on_schema_change``: new columns are appended, or all are synchronized, types too."""
    for name, columns in (("append_new_columns", ["ID", "V", "W"]), ("sync_all_columns", ["ID", "W"])):
        project = _increments(place, name, f"unique_key='id', on_schema_change='{name}'")
        body = "select id, {} 7.5 as w from {{{{ ref('given') }}}}".format("v," if name.startswith("append") else "")
        config = f"materialized='incremental', unique_key='id', on_schema_change='{name}'"
        project.write({"models/grown.sql": f"{{{{ config({config}) }}}} {body}"})
        project.dbt("run")
        same(sorted(row[0] for row in project.rows("describe table grown")), columns)


@case
def snapshot_by_timestamp_and_by_check(place: Place) -> None:
    """Changed rows get a new version; rows that vanish are closed."""
    by_time = (
        "{% snapshot by_time %}{{ config(unique_key='id', strategy='timestamp', updated_at='at', "
        "hard_deletes='invalidate') }} select * from {{ ref('given') }}{% endsnapshot %}"
    )
    by_check = (
        "{% snapshot by_check %}{{ config(unique_key='id', strategy='check', check_cols=['v'], "
        "hard_deletes='new_record') }} select * from {{ ref('given') }}{% endsnapshot %}"
    )
    source = (
        "{{ config(materialized='table') }} select column1 as id, column2 as v, column3::timestamp as at from values "
    )
    first, second = "(1, 'a', '2024-01-01'), (2, 'b', '2024-01-01')", "(1, 'A', '2024-02-01'), (3, 'c', '2024-02-01')"
    files = {"models/given.sql": source + first, "snapshots/t.sql": by_time, "snapshots/c.sql": by_check}
    project = Project(place, "snapshots", files)
    project.dbt("build")
    project.write({"models/given.sql": source + second})
    project.dbt("build")
    rows = project.rows("select id, v, dbt_valid_to is null from by_time order by id, v desc")
    same(rows, [(1, "a", False), (1, "A", True), (2, "b", False), (3, "c", True)])
    rows = project.rows("select id, v, dbt_is_deleted from by_check where dbt_valid_to is null order by id")
    same(rows, [(1, "A", "False"), (2, "b", "True"), (3, "c", "False")])


@case
def snapshot_from_yaml(place: Place) -> None:
    """A snapshot of a relation with names of its own for the columns and an end date for current rows."""
    yml = (
        "snapshots:\n  - name: kept\n    relation: ref('given')\n    config:\n      unique_key: [id, v]\n"
        "      strategy: check\n      check_cols: all\n      dbt_valid_to_current: \"to_date('9999-12-31')\"\n"
        "      snapshot_meta_column_names: {dbt_valid_from: since, dbt_valid_to: until}\n"
    )
    project = Project(place, "snapshot_yaml", {"models/given.sql": _SOURCE + "(1, 'a')", "snapshots/kept.yml": yml})
    project.dbt("build")
    project.dbt("build")
    same(project.rows("select id, year(until) from kept"), [(1, 9999)])
