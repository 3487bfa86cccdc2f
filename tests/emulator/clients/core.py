"""``snowflake.core`` (PyPI snowflake-core): databases, schemas, warehouses, pools, stages, tables, job services.

Command: see ``cases.py``; needs ``snowflake-core``.
"""

from __future__ import annotations

import json
import time
import warnings

import core_objects  # noqa: F401 registers its cases
import snowflake.connector
from cases import Place, case, main, same
from core_session import missing, root, schema
from snowflake.core import CreateMode
from snowflake.core.exceptions import APIError, ConflictError


def prepare(place: Place) -> None:
    """A schema and a pool of the cases' own."""
    with snowflake.connector.connect(**{**place.kwargs, "schema": "PUBLIC"}) as connection:
        connection.cursor().execute("create or replace schema EMULATOR.CORE")
        connection.cursor().execute(
            "create compute pool if not exists CORE_POOL min_nodes = 1 max_nodes = 1 instance_family = CPU_X64_XS"
        )


@case
def databases(place: Place) -> None:
    """Create, iterate, fetch, conflict, drop."""
    from snowflake.core.database import Database

    with root(place) as opened:
        opened.databases.create(Database(name="core_made", comment="it's"), mode=CreateMode.or_replace)
        assert "CORE_MADE" in [each.name for each in opened.databases.iter(like="CORE%")]
        fetched = opened.databases["core_made"].fetch()
        same((fetched.name, fetched.comment, fetched.kind), ("CORE_MADE", "it's", "PERMANENT"))
        try:
            opened.databases.create(Database(name="core_made"))
        except ConflictError:
            pass
        else:
            raise AssertionError("no ConflictError")
        opened.databases["core_made"].drop()
        missing(opened.databases["core_made"].fetch)


@case
def schemas(place: Place) -> None:
    """Create, iterate, fetch, change, drop."""
    from snowflake.core.schema import Schema

    with root(place) as opened:
        collection = opened.databases["EMULATOR"].schemas
        made = collection.create(Schema(name="core_schema"), mode=CreateMode.if_not_exists)
        assert "CORE_SCHEMA" in [each.name for each in collection.iter()]
        made.create_or_alter(Schema(name="core_schema", comment="changed"))
        same(made.fetch().comment, "changed")
        made.drop()
        missing(made.fetch)


@case
def warehouses(place: Place) -> None:
    """Create, iterate, fetch, suspend, resume, drop."""
    from snowflake.core.warehouse import Warehouse

    with root(place) as opened:
        wanted = Warehouse(name="core_wh", warehouse_size="SMALL", auto_suspend=60, comment="c")
        made = opened.warehouses.create(wanted, mode=CreateMode.or_replace)
        assert "CORE_WH" in [each.name for each in opened.warehouses.iter()]
        fetched = made.fetch()
        same((fetched.name, fetched.size.upper(), fetched.auto_suspend, fetched.comment), ("CORE_WH", "SMALL", 60, "c"))
        made.suspend()
        same(made.fetch().state, "SUSPENDED")
        made.resume()
        made.drop()
        missing(made.fetch)


@case
def compute_pools(place: Place) -> None:
    """Create, iterate, fetch, change, suspend, resume, stop, drop."""
    from snowflake.core.compute_pool import ComputePool

    with root(place) as opened:
        said = {"name": "core_pool_2", "min_nodes": 1, "instance_family": "CPU_X64_XS"}
        wanted = ComputePool(**said, max_nodes=1)
        made = opened.compute_pools.create(wanted, mode=CreateMode.if_not_exists)
        assert "CORE_POOL_2" in [each.name for each in opened.compute_pools.iter(like="core%")]
        same(made.fetch().instance_family, "CPU_X64_XS")
        made.create_or_alter(ComputePool(**said, max_nodes=2))
        same(made.fetch().max_nodes, 2)
        made.suspend()
        assert made.fetch().state in {"STOPPING", "SUSPENDED"}
        made.resume()
        made.stop_all_services()
        made.drop()
        missing(made.fetch)


@case
def stages(place: Place) -> None:
    """Create, iterate, fetch, put, list files, get, drop."""
    from snowflake.core.stage import Stage, StageDirectoryTable, StageEncryption

    file = place.directory / "s.txt"
    file.write_text("content")
    out = place.directory / "out"
    out.mkdir()
    with root(place) as opened:
        wanted = Stage(
            name="core_stage", encryption=StageEncryption(type="SNOWFLAKE_SSE"), comment="c",
            directory_table=StageDirectoryTable(enable=True),
        )  # fmt: skip
        made = schema(opened).stages.create(wanted, mode=CreateMode.or_replace)
        assert "CORE_STAGE" in [each.name for each in schema(opened).stages.iter(like="core%")]
        same((made.fetch().name, made.fetch().has_credentials), ("CORE_STAGE", False))
        made.put(str(file), "/dir", auto_compress=False)
        same([each.name for each in made.list_files()], ["core_stage/dir/s.txt"])
        same([each.size for each in made.list_files(pattern=".*[.]txt")], ["7"])
        made.get("/dir/s.txt", str(out))
        same((out / "s.txt").read_text(), "content")
        made.drop()
        missing(made.fetch)


@case
def tables(place: Place) -> None:
    """Create, iterate, fetch with columns, drop."""
    from snowflake.core.table import PrimaryKey, Table, TableColumn

    with root(place) as opened:
        columns = [TableColumn(name="id", datatype="int", nullable=False), TableColumn(name="t", datatype="varchar(9)")]
        wanted = Table(name="core_table", columns=columns, constraints=[PrimaryKey(column_names=["id"])], comment="c")
        made = schema(opened).tables.create(wanted, mode=CreateMode.or_replace)
        assert "CORE_TABLE" in [each.name for each in schema(opened).tables.iter(like="core%")]
        fetched = made.fetch()
        same([(each.name, each.datatype, each.nullable) for each in fetched.columns],
             [("ID", "NUMBER(38,0)", False), ("T", "VARCHAR(9)", True)])  # fmt: skip
        same((fetched.rows, fetched.comment, fetched.kind), (0, "c", "PERMANENT"))
        made.drop()
        missing(made.fetch)


@case
def image_repositories(place: Place) -> None:
    """Create, iterate, fetch, drop."""
    from snowflake.core.image_repository import ImageRepository

    with root(place) as opened:
        made = schema(opened).image_repositories.create(ImageRepository(name="core_images"), mode=CreateMode.or_replace)
        same([each.name for each in schema(opened).image_repositories.iter()], ["CORE_IMAGES"])
        assert "core_images" in (made.fetch().repository_url or "")
        made.drop()


def _spec(code: str) -> str:
    container = {"name": "main", "image": "python:3.11", "command": ["python", "-u", "-c", code]}
    return json.dumps({"spec": {"containers": [container]}})


@case
def job_service_inline(place: Place) -> None:
    """``execute_job`` in the background; its status, logs, containers, instances; then dropped."""
    from snowflake.core.service import JobService, ServiceSpecInlineText

    with root(place) as opened:
        services = schema(opened).services
        services["core_job"].drop(if_exists=True)
        job = services.execute_job(
            JobService(
                name="core_job", compute_pool="core_pool", is_async_job=True, comment="it's",
                query_warehouse="COMPUTE_WH", spec=ServiceSpecInlineText(spec_text=_spec("print('from core')")),
            )
        )  # fmt: skip
        end = time.monotonic() + 180
        while job.fetch().status not in {"DONE", "FAILED"}:
            assert time.monotonic() < end
            time.sleep(0.2)
        fetched = job.fetch()
        same(
            (fetched.status, fetched.is_job, fetched.comment, fetched.compute_pool), ("DONE", True, "it's", "CORE_POOL")
        )
        assert "CORE_JOB" in [each.name for each in services.iter(like="core%")]
        assert "from core" in job.get_service_logs("0", "main")
        same([each.container_name for each in job.get_containers()], ["main"])
        same([each.instance_id for each in job.get_instances()], ["0"])
        same([each["containerName"] for each in job.get_service_status()], ["main"])
        same(list(job.get_endpoints()), [])
        job.drop()
        missing(job.fetch)


@case
def job_service_from_a_stage(place: Place) -> None:
    """``execute_job`` that waits, with its specification on a stage."""
    from snowflake.core.service import JobService, ServiceSpecStageFile
    from snowflake.core.stage import Stage

    file = place.directory / "spec.yaml"
    file.write_text(_spec("print('staged')"))
    with root(place) as opened:
        stage = schema(opened).stages.create(Stage(name="core_specs"), mode=CreateMode.or_replace)
        stage.put(str(file), "/", auto_compress=False)
        services = schema(opened).services
        services["core_staged"].drop(if_exists=True)
        spec = ServiceSpecStageFile(stage="core_specs", spec_file="spec.yaml")
        job = services.execute_job(
            JobService(name="core_staged", compute_pool="core_pool", is_async_job=False, spec=spec)
        )
        same(job.fetch().status, "DONE")
        job.drop()


@case
def job_service_that_cannot_be(place: Place) -> None:
    """An error of the specification is an APIError with Snowflake's message."""
    from snowflake.core.service import JobService, ServiceSpecInlineText

    with root(place) as opened:
        try:
            schema(opened).services.execute_job(
                JobService(name="core_bad", compute_pool="core_pool", spec=ServiceSpecInlineText(spec_text="spec: 1"))
            )
        except APIError as error:
            same("spec" in str(error), True)
        else:
            raise AssertionError("no error")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(prepare)
