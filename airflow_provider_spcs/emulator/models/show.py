"""SHOW MODELS, SHOW VERSIONS IN MODEL, SHOW FUNCTIONS IN MODEL, DESCRIBE MODEL."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.models.manifest import Function
from airflow_provider_spcs.emulator.models.versions import aliases, find_version
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, boolean, number, text, timestamp_ltz

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.names import Name
    from airflow_provider_spcs.emulator.objects import Document, StoredObject
    from airflow_provider_spcs.emulator.statement import Statement


@command("SHOW MODELS")
def show_models(session: Session, statement: Statement) -> Result:
    """List models, with LIKE, IN, STARTS WITH and LIMIT."""
    chosen = Filter.parse(session, statement).apply(session.account.objects.list("MODEL"))
    names = ["name", "model_type", "database_name", "schema_name", "comment", "owner"]
    names += ["default_version_name", "versions", "aliases"]
    return Result([timestamp_ltz("created_on"), *map(text, names)], [_model(item) for item in chosen], kind=Kind.SHOW)


def _model(item: StoredObject) -> tuple[object, ...]:
    document = item.document
    return (
        datetime.fromisoformat(document["created_on"]),
        item.name.name,
        "USER_MODEL",
        item.name.database,
        item.name.schema,
        document["comment"],
        document["owner"],
        document["default_version"],
        json.dumps(list(document["versions"])),
        json.dumps(aliases(document)),
    )


@command("SHOW VERSIONS", "SHOW MODEL VERSIONS")
def show_versions(session: Session, statement: Statement) -> Result:
    """List a model's versions, with LIKE, STARTS WITH and LIMIT."""
    chosen = Filter()
    if statement.accept("LIKE"):
        chosen.like = statement.string()
    statement.expect("IN")
    statement.accept("MODEL")
    name = session.qualify(statement.name())
    if statement.accept("STARTS", "WITH"):
        chosen.starts_with = statement.string()
    if statement.accept("LIMIT"):
        chosen.limit = int(statement.literal())
    statement.end()
    document = session.account.models.get(name)
    versions = [version for version in document["versions"] if chosen.matches(version)][: chosen.limit]
    columns = [timestamp_ltz("created_on"), *map(text, ["name", "aliases", "comment", "database_name", "schema_name"])]
    columns += [
        text("model_name"),
        boolean("is_default_version"),
        text("functions"),
        text("metadata"),
        text("user_data"),
    ]
    columns += [text("model_attributes"), number("size"), text("environment"), text("runnable_in")]
    columns += [text("inference_services"), text("model_spec")]
    return Result(columns, [_version(session, name, document, version) for version in versions], kind=Kind.SHOW)


def _version(session: Session, name: Name, document: Document, version: str) -> tuple[object, ...]:
    stored = document["versions"][version]
    package = session.account.models.package(document, version)
    runtime: dict[str, Any] = next(iter(package.manifest.get("runtimes", {}).values()), {})
    environment = {"default": {"python_version": runtime.get("version"), "dependencies": runtime.get("dependencies")}}
    return (
        datetime.fromisoformat(stored["created_on"]),
        version,
        json.dumps([alias for alias, meant in aliases(document).items() if meant == version]),
        stored["comment"],
        name.database,
        name.schema,
        name.name,
        version == document["default_version"],
        json.dumps([function.name for function in package.functions]),
        stored["metadata"],
        package.user_data,
        json.dumps(package.attributes),
        package.size,
        json.dumps(environment, default=str),
        json.dumps(package.platforms),
        "[]",
        json.dumps(package.spec, default=str),
    )


@command("SHOW FUNCTIONS IN MODEL")
def show_functions(session: Session, statement: Statement) -> Result:
    """List the functions of a model's version; of the default one without VERSION."""
    name = session.qualify(statement.name())
    written = statement.identifier() if statement.accept("VERSION") else "DEFAULT"
    statement.end()
    document = session.account.models.get(name)
    version = find_version(name, document, written)
    created = datetime.fromisoformat(document["versions"][version]["created_on"])
    functions = session.account.models.package(document, version).functions
    columns = [timestamp_ltz("created_on"), *map(text, ["name", "schema_name", "catalog_name"])]
    columns += [number("min_num_arguments"), number("max_num_arguments"), text("arguments"), text("return_type")]
    columns += [text("description"), text("is_table_function"), text("language")]
    rows = [(created, *_function(name, function)) for function in functions]
    return Result(columns, rows, kind=Kind.SHOW)


def _function(name: Name, function: Function) -> tuple[object, ...]:
    count = len(function.inputs)
    return (
        function.name,
        name.schema,
        name.database,
        count,
        count,
        f"{function.name}({', '.join(function.inputs)}) RETURN {function.returns}",
        function.returns,
        "model function",
        "Y" if function.table else "N",
        "PYTHON",
    )


@command("DESCRIBE MODEL", "DESC MODEL")
def describe_model(session: Session, statement: Statement) -> Result:
    """Describe a model: its default version, versions and aliases."""
    name = session.qualify(statement.name())
    statement.end()
    document = session.account.models.get(name)
    rows: list[tuple[object, ...]] = [
        ("name", name.name),
        ("database_name", name.database),
        ("schema_name", name.schema),
        ("owner", document["owner"]),
        ("comment", document["comment"]),
        ("default_version_name", document["default_version"]),
        ("versions", json.dumps(list(document["versions"]))),
        ("aliases", json.dumps(aliases(document))),
    ]
    return Result([text("property"), text("value")], rows, kind=Kind.DESCRIBE)
