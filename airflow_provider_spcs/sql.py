"""Statements out: one function builds one statement as ``(text, binds)``; what it quotes is in ``quoting``.

Source: Snowflake's SQL reference pages on each statement; the spellings that real clients send.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from airflow_provider_spcs.errors import InvalidName
from airflow_provider_spcs.naming import JobName
from airflow_provider_spcs.quoting import StagePath, count, identifier, literal, qualified

#: The most rows SHOW answers at once.
PAGE = 10_000


class Sql(NamedTuple):
    """One statement: its text with ``?`` for each bind, and the binds."""

    text: str
    binds: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class SpecFile:
    """A specification that lies on a stage: ``stage`` as ``@db.schema.stage``, ``path`` below it.

    ``SpecFile.parse("@db.schema.stage/dir/job.yaml")`` takes both at once.
    """

    stage: str
    path: str

    @classmethod
    def parse(cls, text: str) -> SpecFile:
        """From one path.

        Raises:
            InvalidName: When it is no file on a stage.
        """
        place = StagePath.parse(text, "specification file")
        if not place.path:
            raise InvalidName(
                "specification file", f"{text!r} names no file", "It is @db.schema.stage/dir/job.yaml", "Add the file"
            )
        return cls(f"@{place.stage}", place.path)

    def __str__(self) -> str:
        return f"{self.stage.rstrip('/')}/{self.path.lstrip('/')}"


@dataclass(frozen=True, slots=True)
class SpecTemplate:
    """A specification with ``{{ name }}`` in it, filled in by Snowflake.

    Attributes:
        source: The template's text, or the file on a stage that has it.
        values: Name to text, number or boolean; lists and mappings are sent as JSON text.
    """

    source: str | SpecFile
    values: Mapping[str, object] = field(default_factory=dict)


# Submit


def execute_job(
    name: JobName,
    *,
    compute_pool: str,
    spec: str | SpecFile | SpecTemplate,
    replicas: int = 1,
    query_warehouse: str | None = None,
    external_access_integrations: Sequence[str] = (),
    comment: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> Sql:
    """EXECUTE JOB SERVICE, always asynchronous.

    Args:
        name: Job's name.
        compute_pool: Pool.
        spec: JSON text as ``ServiceSpec.to_sql_text`` gives it, a file on a stage, or a template.
        replicas: Instances; the clause is left out for 1, so that a job of one instance has no instance variables.
        query_warehouse: Warehouse for SQL in the containers.
        external_access_integrations: Names.
        comment: Comment.
        tags: Tag name to value of at most 256 characters.

    Raises:
        InvalidName: When a part is not valid.
    """
    if isinstance(external_access_integrations, str):
        raise InvalidName("external_access_integrations", "a text", "It is a list of names", "Write [name]")
    lines = [
        "EXECUTE JOB SERVICE",
        f"IN COMPUTE POOL {identifier(compute_pool, 'compute_pool')}",
        f"NAME = {name}",
        "ASYNC = TRUE",
    ]
    if count(replicas, "replicas", least=1) != "1":
        lines.append(f"REPLICAS = {replicas}")
    if query_warehouse:
        lines.append(f"QUERY_WAREHOUSE = {identifier(query_warehouse, 'query_warehouse')}")
    if comment:
        lines.append(f"COMMENT = {literal(comment)}")
    if external_access_integrations:
        names = ", ".join(identifier(eai, "external_access_integrations") for eai in external_access_integrations)
        lines.append(f"EXTERNAL_ACCESS_INTEGRATIONS = ({names})")
    lines.append(_specification(spec))
    if tags:
        lines.append(f"WITH TAG ({', '.join(_tag(tag, value) for tag, value in tags.items())})")
    return Sql("\n".join(lines))


def _specification(spec: str | SpecFile | SpecTemplate) -> str:
    if isinstance(spec, SpecFile):
        return _from_file(spec, "SPECIFICATION_FILE")
    if isinstance(spec, str):
        return f"FROM SPECIFICATION {_body(spec)}"
    if isinstance(spec.source, SpecFile):
        head = _from_file(spec.source, "SPECIFICATION_TEMPLATE_FILE")
    else:
        head = f"FROM SPECIFICATION_TEMPLATE {_body(spec.source)}"
    if not spec.values:
        return head
    return f"{head}\nUSING ({', '.join(_using(key, value) for key, value in spec.values.items())})"


def _from_file(file: SpecFile, clause: str) -> str:
    place = StagePath.parse(str(file), "specification file")
    return f"FROM @{place.stage} {clause} = {literal(place.path)}"


def _body(text: str) -> str:
    """``$$text$$`` where the text cannot end it, else a quoted literal."""
    if "$$" in text or text.startswith("$") or text.endswith("$"):
        return literal(text)
    literal(text)  # refuses what cannot be sent
    return f"$${text}$$"


def _using(key: str, value: object) -> str:
    name = identifier(key, "template value")
    if not name.startswith('"'):
        name = f'"{key}"'  # keys are case-sensitive in the template
    return f"{name} => {_template_value(key, value)}"


def _template_value(key: str, value: object) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    if isinstance(value, str):
        return literal(value if value.isalnum() and value.isascii() else json.dumps(value))
    if isinstance(value, list | tuple | Mapping):
        return literal(json.dumps(value, default=dict))
    raise InvalidName(
        f"template value {key!r}",
        f"{type(value).__name__} cannot be sent",
        "A value is a text, a number, a boolean, or a list or mapping of them",
        "Convert it",
        "Working with services: templates",
    )


def _tag(tag: str, value: str) -> str:
    if not isinstance(value, str) or len(value) > 256:
        raise InvalidName(f"tag {tag}", "its value is not a text of at most 256 characters", "", "Shorten it")
    return f"{qualified(tag, 'tag')} = {literal(value)}"


# Look


def describe_job(name: JobName) -> Sql:
    """DESCRIBE SERVICE; needs no warehouse."""
    return Sql(f"DESCRIBE SERVICE {name}")


def show_jobs(
    schema: str,
    *,
    like: str | None = None,
    starts_with: str | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> Sql:
    """SHOW JOB SERVICES of one schema, one page of it.

    Args:
        schema: ``SCHEMA`` or ``DB.SCHEMA``.
        like: Pattern, any case.
        starts_with: Prefix, case-sensitive.
        after: The last name of the page before.
        limit: Rows, at most 10,000.
    """
    text = "SHOW JOB SERVICES"
    if like is not None:
        text += f" LIKE {literal(like)}"
    text += f" IN SCHEMA {qualified(schema, 'schema')}"
    if starts_with is not None:
        text += f" STARTS WITH {literal(starts_with)}"
    text += f" LIMIT {count(limit, 'limit', least=1, most=PAGE)}"
    if after is not None:
        text += f" FROM {literal(after)}"
    return Sql(text)


def show_containers(name: JobName) -> Sql:
    """SHOW SERVICE CONTAINERS of a job."""
    return Sql(f"SHOW SERVICE CONTAINERS IN SERVICE {name}")


def show_instances(name: JobName) -> Sql:
    """SHOW SERVICE INSTANCES of a job."""
    return Sql(f"SHOW SERVICE INSTANCES IN SERVICE {name}")


def show_pools(like: str | None = None) -> Sql:
    """SHOW COMPUTE POOLS."""
    return Sql("SHOW COMPUTE POOLS" + (f" LIKE {literal(like)}" if like is not None else ""))


def alter_pool(pool: str, action: Literal["RESUME", "SUSPEND", "STOP ALL"]) -> Sql:
    """ALTER COMPUTE POOL."""
    return Sql(f"ALTER COMPUTE POOL {identifier(pool, 'compute_pool')} {action}")


def show_services_in_pool(pool: str) -> Sql:
    """SHOW SERVICES, jobs among them, that run in a pool.

    Source: SHOW SERVICES: IN COMPUTE POOL.
    """
    return Sql(f"SHOW SERVICES IN COMPUTE POOL {identifier(pool, 'compute_pool')}")


def show_like(kind: str, like: str, schema: str | None = None) -> Sql:
    """SHOW of any kind of object by name; ``kind`` is ours, never a user's."""
    if not all(word.isalpha() and word.isupper() for word in kind.split(" ")):
        raise InvalidName("SHOW", f"{kind!r} is no kind of object", "", "")
    place = f" IN SCHEMA {qualified(schema, 'schema')}" if schema else ""
    return Sql(f"SHOW {kind} LIKE {literal(like)}{place}")


def job_history(
    name: JobName | None = None,
    *,
    query_id: str | None = None,
    since: datetime | None = None,
    limit: int = PAGE,
) -> Sql:
    """GET_JOB_HISTORY, newest first. The function cuts before the WHERE, so it is asked for all it gives."""
    arguments = [f"RESULT_LIMIT => {PAGE}"]
    if since is not None:
        arguments.insert(0, f"CREATED_TIME_START => {_timestamp(since)}")
    text = f"SELECT * FROM TABLE(SNOWFLAKE.SPCS.GET_JOB_HISTORY({', '.join(arguments)}))"
    wanted: dict[str, object] = {}
    if name is not None:
        wanted.update(DATABASE_NAME=name.database, SCHEMA_NAME=name.schema, NAME=name.name)
    if query_id is not None:
        wanted["QUERY_ID"] = query_id
    if wanted:
        text += " WHERE " + " AND ".join(f"{column} = ?" for column in wanted)
    text += f" ORDER BY CREATED_TIME DESC LIMIT {count(limit, 'limit', least=1, most=PAGE)}"
    return Sql(text, tuple(wanted.values()))


def _timestamp(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise InvalidName("timestamp", f"{moment} has no timezone", "A moment in time has one", "Use UTC")
    return f"TO_TIMESTAMP_LTZ({literal(moment.astimezone(UTC).isoformat(sep=' '))})"


def current_place() -> Sql:
    """The session's database and schema."""
    return Sql("SELECT CURRENT_DATABASE() AS DATABASE_NAME, CURRENT_SCHEMA() AS SCHEMA_NAME")


def current_role() -> Sql:
    """The session's role."""
    return Sql("SELECT CURRENT_ROLE() AS ROLE_NAME")


# Logs


def container_logs(
    name: JobName,
    instance_id: int,
    container: str,
    *,
    lines: int | None = None,
    previous: bool | None = None,
    since: str | None = None,
    timestamps: bool | None = None,
) -> Sql:
    """SYSTEM$GET_SERVICE_LOGS with three to seven arguments: as many as the last one that is given needs.

    Source: the last two are undocumented; ``snow spcs service logs --follow`` sends them.
    """
    given = [lines, previous, since, timestamps]
    arguments = [literal(str(name)), count(instance_id, "instance_id"), literal(container)]
    texts = [
        "NULL" if lines is None else count(lines, "lines", least=1),
        "TRUE" if previous else "FALSE",
        literal(since or ""),
        "TRUE" if timestamps else "FALSE",
    ]
    last = max((index for index, value in enumerate(given) if value is not None), default=-1)
    if last > 0 and lines is None:
        texts[0] = str(MOST_LINES)
    return Sql(f"SELECT SYSTEM$GET_SERVICE_LOGS({', '.join([*arguments, *texts[: last + 1]])})")


#: Lines asked for where the argument cannot be left out: more than 100 KB can hold of any real log.
MOST_LINES = 100_000


def persistent_logs(name: JobName, start: datetime | None = None, end: datetime | None = None) -> Sql:
    """SPCS_GET_LOGS in order of time."""
    arguments = [
        f"{key} => {_timestamp(moment)}" for key, moment in (("START_TIME", start), ("END_TIME", end)) if moment
    ]
    return Sql(f"SELECT * FROM TABLE({name}!SPCS_GET_LOGS({', '.join(arguments)})) ORDER BY TIMESTAMP ASC")


# Wait, stop


def wait_for(name: JobName, status: str, seconds: int) -> Sql:
    """SPCS_WAIT_FOR: blocks inside Snowflake."""
    return Sql(f"CALL {name}!SPCS_WAIT_FOR({literal(status)}, {count(seconds, 'seconds', least=0)})")


def cancel_job(name: JobName) -> Sql:
    """SPCS_CANCEL_JOB: stops the job, keeps its record."""
    return Sql(f"CALL {name}!SPCS_CANCEL_JOB()")


def drop_job(name: JobName, *, force: bool = False) -> Sql:
    """DROP SERVICE; FORCE drops block volumes too."""
    return Sql(f"DROP SERVICE IF EXISTS {name}" + (" FORCE" if force else ""))


# Stages


def put(file: str, place: StagePath, *, overwrite: bool = False) -> Sql:
    """PUT of local files, as they are.

    Args:
        file: Absolute local path; ``*`` stands for any name.
        place: Directory on the stage.
        overwrite: Replace what is there.
    """
    source = literal(f"file://{file}")
    options = f"PARALLEL = 4 AUTO_COMPRESS = FALSE SOURCE_COMPRESSION = NONE OVERWRITE = {str(overwrite).upper()}"
    return Sql(f"PUT {source} {place.sql} {options}")


def get(place: StagePath, directory: str) -> Sql:
    """GET of files on a stage into a local directory."""
    return Sql(f"GET {place.sql} {literal(f'file://{directory}')} PARALLEL = 4")


def list_stage(place: StagePath) -> Sql:
    """LIST of everything whose path begins so."""
    return Sql(f"LIST {place.sql}")


def remove(place: StagePath) -> Sql:
    """REMOVE of everything whose path begins so."""
    return Sql(f"REMOVE {place.sql}")
