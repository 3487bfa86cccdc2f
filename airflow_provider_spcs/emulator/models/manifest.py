"""What a packaged model says of itself: ``MANIFEST.yml`` and ``model/model.yaml``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from airflow_provider_spcs.emulator.errors import SnowflakeError


@dataclass(frozen=True)
class Function:
    """A function of a model version.

    Args:
        name: As stored; the client writes it in upper case unless it was quoted.
        table: Whether it returns rows instead of one value.
        inputs: SQL types of its arguments.
        returns: SQL type of its value, or ``TABLE (...)``.
        outputs: Name (empty for a single value) and SQL type of what it returns.
        handler: ``functions.module.name`` inside the package.
    """

    name: str
    table: bool
    inputs: tuple[str, ...]
    returns: str
    outputs: tuple[tuple[str, str], ...]
    handler: str


@dataclass(frozen=True)
class Package:
    """The files of one model version.

    Args:
        directory: Where ``MANIFEST.yml`` lies.
    """

    directory: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The content of ``MANIFEST.yml``.

        Raises:
            SnowflakeError: 398507 when it is missing or is no mapping.
        """
        try:
            content = yaml.safe_load((self.directory / "MANIFEST.yml").read_text())
        except (OSError, yaml.YAMLError) as error:
            raise SnowflakeError(f"Unable to read file MANIFEST.yml: {error}", 398507, "22000") from error
        if not isinstance(content, dict):
            raise SnowflakeError("Unable to read file MANIFEST.yml: it is no mapping", 398507, "22000")
        return content

    @cached_property
    def spec(self) -> dict[str, Any]:
        """The content of ``model/model.yaml``; empty for packages that have none."""
        try:
            content = yaml.safe_load((self.directory / "model" / "model.yaml").read_text())
        except OSError:
            return {}
        return content if isinstance(content, dict) else {}

    @property
    def functions(self) -> list[Function]:
        """The functions, in the manifest's order."""
        return [_function(method) for method in self.manifest.get("methods", [])]

    @property
    def attributes(self) -> dict[str, Any]:
        """What SHOW VERSIONS says under ``model_attributes``."""
        found = {"framework": self.spec.get("model_type"), "task": self.spec.get("task", "UNKNOWN")}
        client = (self.spec.get("env") or {}).get("snowpark_ml_version")
        return found | ({"client": f"snowflake-ml-python {client}"} if client else {})

    @property
    def platforms(self) -> list[str]:
        """Where the version may run."""
        return list(self.manifest.get("target_platforms") or ["WAREHOUSE", "SNOWPARK_CONTAINER_SERVICES"])

    @property
    def user_data(self) -> str:
        """The manifest's ``user_data`` as JSON."""
        return json.dumps(self.manifest.get("user_data", {}), default=str)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(path.stat().st_size for path in self.directory.rglob("*") if path.is_file())


def _function(method: dict[str, Any]) -> Function:
    table = str(method.get("type", "FUNCTION")).upper() == "TABLE_FUNCTION"
    outputs = [
        f"{field['name']} {field['type']}" if "name" in field else field["type"] for field in method.get("outputs", [])
    ]
    arguments = [*method.get("inputs", []), *method.get("params", [])]
    return Function(
        name=str(method["name"]),
        table=table,
        inputs=tuple(str(field["type"]) for field in arguments),
        returns=f"TABLE ({', '.join(outputs)})" if table else outputs[0] if outputs else "OBJECT",
        outputs=tuple((str(field.get("name", "")), str(field["type"])) for field in method.get("outputs", []))
        or (("", "OBJECT"),),
        handler=str(method.get("handler", "")),
    )
