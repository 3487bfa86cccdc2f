"""Bodies of REST requests as the SQL statements they stand for; every name and value quoted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from airflow_provider_spcs.emulator.errors import SnowflakeError, unsupported
from airflow_provider_spcs.emulator.names import quoted
from airflow_provider_spcs.emulator.statement import Statement

Body = Mapping[str, Any]
_DATATYPE = re.compile(r"[A-Za-z_]+( [A-Za-z_]+)*( ?\([0-9, ]+\))?\Z")
MODES = {"errorIfExists": ("", ""), "orReplace": ("OR REPLACE ", ""), "ifNotExists": ("", "IF NOT EXISTS ")}

PROPERTIES: dict[str, dict[str, str]] = {
    "databases": {"data_retention_time_in_days": "DATA_RETENTION_TIME_IN_DAYS", "comment": "COMMENT"},
    "schemas": {"data_retention_time_in_days": "DATA_RETENTION_TIME_IN_DAYS", "comment": "COMMENT"},
    "warehouses": {
        "warehouse_size": "WAREHOUSE_SIZE", "auto_suspend": "AUTO_SUSPEND", "auto_resume": "AUTO_RESUME",
        "initially_suspended": "INITIALLY_SUSPENDED", "comment": "COMMENT",
    },
    "compute-pools": {
        "min_nodes": "MIN_NODES", "max_nodes": "MAX_NODES", "instance_family": "INSTANCE_FAMILY",
        "auto_resume": "AUTO_RESUME", "auto_suspend_secs": "AUTO_SUSPEND_SECS", "comment": "COMMENT",
    },
    "stages": {"url": "URL", "comment": "COMMENT"},
    "image-repositories": {"comment": "COMMENT"},
    "tables": {"comment": "COMMENT"},
    "views": {"comment": "COMMENT"},
    "roles": {"comment": "COMMENT"},
    "users": {
        "password": "PASSWORD", "login_name": "LOGIN_NAME", "display_name": "DISPLAY_NAME", "email": "EMAIL",
        "default_warehouse": "DEFAULT_WAREHOUSE", "default_namespace": "DEFAULT_NAMESPACE",
        "default_role": "DEFAULT_ROLE", "rsa_public_key": "RSA_PUBLIC_KEY", "comment": "COMMENT",
    },
}  # fmt: skip
"""Fields of a body that become ``NAME = value``."""
_BARE = {"instance_family", "warehouse_size"}
KINDS = {
    "databases": "DATABASE", "schemas": "SCHEMA", "warehouses": "WAREHOUSE", "compute-pools": "COMPUTE POOL",
    "stages": "STAGE", "image-repositories": "IMAGE REPOSITORY", "tables": "TABLE", "services": "SERVICE",
    "roles": "ROLE", "users": "USER", "views": "VIEW",
}  # fmt: skip


def identifier(text: str) -> str:
    """A name from a path or a body as SQL text: upper case unless it is quoted.

    Raises:
        SnowflakeError: 1003 when it is no identifier.
    """
    statement = Statement.parse(text)
    name = statement.identifier()
    statement.end()
    return quoted(name)


def literal(value: object) -> str:
    """A value as SQL text."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


def create(resource: str, name: str, body: Body, mode: str, options: Mapping[str, str]) -> str:
    """CREATE of one object.

    Args:
        resource: The resource's word in the path.
        name: SQL text of the full name.
        body: The request's body.
        mode: ``errorIfExists``, ``orReplace`` or ``ifNotExists``.
        options: The request's query: ``kind``, ``initiallySuspended``.

    Raises:
        SnowflakeError: 1008 for another mode; 0A000 for a field that the emulator does not have.
    """
    if mode not in MODES:
        raise SnowflakeError(f"createMode: {mode!r}. It is one of {', '.join(MODES)}.", 1008, "22023")
    replace, unless = MODES[mode]
    kind = str(options.get("kind") or body.get("kind") or "").upper()
    transient = f"{kind} " if kind in {"TRANSIENT", "TEMPORARY"} else ""
    words = [f"CREATE {replace}{transient}{KINDS[resource]} {unless}{name}"]
    if resource == "views":
        return _view(name, body, replace, unless)
    if resource == "tables":
        words.append(_columns(body))
    if resource == "schemas" and body.get("managed_access"):
        words.append("WITH MANAGED ACCESS")
    if resource == "compute-pools" and str(options.get("initiallySuspended", "")).lower() == "true":
        words.append("INITIALLY_SUSPENDED = TRUE")
    if resource == "stages":
        words += _stage(body)
    return " ".join([*words, *properties(resource, body)])


def alter(resource: str, name: str, body: Body) -> str | None:
    """ALTER ... SET of the properties in the body; None when it has none."""
    said = [each for each in properties(resource, body) if not each.startswith("INSTANCE_FAMILY")]
    return f"ALTER {KINDS[resource]} {name} SET {' '.join(said)}" if said else None


def properties(resource: str, body: Body) -> list[str]:
    """The ``NAME = value`` of a body's fields."""
    said = []
    for field, option in PROPERTIES[resource].items():
        value = body.get(field)
        if value is None:
            continue
        bare = field in _BARE and re.fullmatch(r"[A-Za-z0-9_]+", str(value))
        said.append(f"{option} = {value if bare else literal(value)}")
    return said


def job(name: str, body: Body) -> str:
    """EXECUTE JOB SERVICE.

    Raises:
        SnowflakeError: 1008 when the body has no pool or specification.
    """
    return (
        f"EXECUTE JOB SERVICE IN COMPUTE POOL {identifier(_said(body, 'compute_pool'))} NAME = {name} "
        f"ASYNC = {'TRUE' if body.get('is_async_job') else 'FALSE'} {_with_options(body)} {_specification(body)}"
    )


def service(name: str, body: Body, mode: str) -> str:
    """CREATE SERVICE, which the emulator answers as it answers the statement."""
    _, unless = MODES.get(mode, ("", ""))
    pool = identifier(_said(body, "compute_pool"))
    return f"CREATE SERVICE {unless}{name} IN COMPUTE POOL {pool} {_specification(body)} {_with_options(body)}"


def _with_options(body: Body) -> str:
    words = []
    if body.get("query_warehouse"):
        words.append(f"QUERY_WAREHOUSE = {identifier(str(body['query_warehouse']))}")
    if body.get("comment"):
        words.append(f"COMMENT = {literal(body['comment'])}")
    if body.get("external_access_integrations"):
        names = ", ".join(identifier(str(name)) for name in body["external_access_integrations"])
        words.append(f"EXTERNAL_ACCESS_INTEGRATIONS = ({names})")
    return " ".join(words)


def _specification(body: Body) -> str:
    spec = body.get("spec")
    if isinstance(spec, Mapping) and spec.get("spec_text"):
        return f"FROM SPECIFICATION {literal(spec['spec_text'])}"
    if isinstance(spec, Mapping) and spec.get("stage") and spec.get("spec_file"):
        stage = "@" + str(spec["stage"]).removeprefix("@")
        return f"FROM {literal(stage)} SPECIFICATION_FILE = {literal(spec['spec_file'])}"
    raise _missing("spec", "It holds spec_text, or stage and spec_file.")


def _said(body: Body, field: str) -> str:
    if not body.get(field):
        raise _missing(field, "It is required.")
    return str(body[field])


def _missing(field: str, rule: str) -> SnowflakeError:
    return SnowflakeError(f"request body: no {field!r}. {rule}", 1008, "22023")


def _view(name: str, body: Body, replace: str, unless: str) -> str:
    secure = "SECURE " if body.get("secure") else ""
    columns = ", ".join(
        identifier(str(column.get("name") or ""))
        + (f" COMMENT {literal(column['comment'])}" if column.get("comment") else "")
        for column in body.get("columns") or []
    )
    listed = f" ({columns})" if columns else ""
    said = " ".join(["", *properties("views", body)])
    return f"CREATE {replace}{secure}VIEW {unless}{name}{listed}{said} AS {_said(body, 'query')}"


def _stage(body: Body) -> list[str]:
    words = []
    encryption, directory = body.get("encryption"), body.get("directory_table")
    if isinstance(encryption, Mapping) and encryption.get("type"):
        words.append(f"ENCRYPTION = (TYPE = {literal(encryption['type'])})")
    if isinstance(directory, Mapping) and directory.get("enable") is not None:
        words.append(f"DIRECTORY = (ENABLE = {literal(bool(directory['enable']))})")
    return words


def _columns(body: Body) -> str:
    columns = body.get("columns")
    if not columns:
        raise _missing("columns", "A table has at least one.")
    words = []
    for column in columns:
        datatype = str(column.get("datatype") or "")
        if not _DATATYPE.match(datatype):
            raise SnowflakeError(f"request body: datatype {datatype!r} is not understood.", 1008, "22023")
        if column.get("default") is not None:
            raise unsupported("a column's default over the REST API")
        nullable = "" if column.get("nullable", True) else " NOT NULL"
        comment = f" COMMENT {literal(column['comment'])}" if column.get("comment") else ""
        words.append(f"{identifier(str(column.get('name') or ''))} {datatype}{nullable}{comment}")
    words += [_key(constraint) for constraint in body.get("constraints") or []]
    return f"({', '.join(words)})"


def _key(said: Body) -> str:
    kind = str(said.get("constraint_type") or "PRIMARY KEY").upper()
    if kind not in {"PRIMARY KEY", "UNIQUE", "FOREIGN KEY"}:
        raise unsupported(f"a constraint {kind} over the REST API")
    name = f"CONSTRAINT {identifier(str(said['name']))} " if said.get("name") else ""
    text = f"{name}{kind} ({_names(said.get('column_names'))})"
    if kind != "FOREIGN KEY":
        return text
    referred = _names(said.get("referenced_column_names"))
    table = ".".join(map(quoted, Statement.parse(_said(said, "referenced_table_name")).name()))
    return f"{text} REFERENCES {table}" + (f" ({referred})" if referred else "")


def _names(said: Any) -> str:
    return ", ".join(identifier(str(name)) for name in said or [])
