"""Connections from ``config.toml`` and ``connections.toml``, found and merged as Snowflake's own clients do.

Source: Configure connections (Snowflake CLI); ``snowflake.connector.config_manager`` 4.8: the second file replaces the
first one's ``[connections]``, ``SNOWFLAKE_CONNECTIONS`` replaces both, a file that others may write is refused.
"""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from airflow_provider_spcs.commands.outcome import CannotConnect, note

_SOURCE = "Snowflake CLI: configure connections"


@dataclass(frozen=True)
class Configured:
    """What the files say.

    Attributes:
        folder: Where they lie, or would.
        default: Name of the default connection.
        connections: Each connection's parameters, by name.
    """

    folder: Path
    default: str = "default"
    connections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def get(self, name: str) -> dict[str, Any]:
        """One connection's parameters; ``SNOWFLAKE_CONNECTIONS_<NAME>_<KEY>`` in the environment goes before them.

        Raises:
            CannotConnect: There is none of that name.
        """
        prefix = f"SNOWFLAKE_CONNECTIONS_{name.upper()}_"
        given = {key[len(prefix) :].lower(): value for key, value in os.environ.items() if key.startswith(prefix)}
        if name not in self.connections and "account" not in given:
            known = ", ".join(sorted(self.connections)) or "none"
            raise CannotConnect(
                "connection",
                f"{name!r} is not among the connections of {self.folder} ({known})",
                "A connection is a section [connections.NAME] of config.toml, or [NAME] of connections.toml",
                f"Add it with `snow connection add --connection-name {name}`, or choose another with --connection",
                _SOURCE,
            )
        return {**self.connections.get(name, {}), **given}


def folder() -> Path:
    """``SNOWFLAKE_HOME``, by default ``~/.snowflake``; the system's place for settings when that is not there."""
    home = Path(os.environ.get("SNOWFLAKE_HOME") or "~/.snowflake").expanduser()
    if home.exists():
        return home
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/snowflake").expanduser()
    return Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "snowflake"


def configured() -> Configured:
    """Read the files that are there.

    Raises:
        CannotConnect: A file is no TOML, or others may write to it.
    """
    place = folder()
    config = _read(place / "config.toml")
    connections = _read(place / "connections.toml") or config.get("connections", {})
    if text := os.environ.get("SNOWFLAKE_CONNECTIONS"):
        connections = _parse(text, "environment variable SNOWFLAKE_CONNECTIONS")
    default = os.environ.get("SNOWFLAKE_DEFAULT_CONNECTION_NAME") or config.get("default_connection_name", "default")
    sections = {name: value for name, value in connections.items() if isinstance(value, dict)}
    return Configured(place, str(default), sections)


def _read(file: Path) -> dict[str, Any]:
    try:
        mode = file.stat().st_mode
        text = file.read_text()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CannotConnect(str(file), f"it cannot be read ({error.strerror})", mend="Make it yours") from error
    if os.name == "posix" and mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise CannotConnect(
            str(file),
            f"others may write to it (mode {stat.S_IMODE(mode):o})",
            "Who may write to it decides where your password is sent",
            f"chmod 0600 {file}",
            _SOURCE,
        )
    if os.name == "posix" and mode & (stat.S_IRGRP | stat.S_IROTH):
        note(f"{file}: others may read it. chmod 0600 {file}", "yellow")
    return _parse(text, str(file))


def _parse(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CannotConnect(where, f"{error}", "It is a TOML document", "Mend it") from error
