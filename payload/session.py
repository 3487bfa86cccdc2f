"""The connection to Snowflake, inside a container or on a laptop."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machine import processors
from problems import InputError

if TYPE_CHECKING:
    from snowflake.snowpark import Session


@contextmanager
def open_session() -> Iterator[Session]:
    """A Snowpark session, closed at the end.

    In a container the platform's token file and ``SNOWFLAKE_*`` variables say where to; on a laptop the default
    connection of ``~/.snowflake/config.toml`` does.

    Raises:
        InputError: If neither is there.
    """
    from snowflake.connector.errors import Error
    from snowflake.snowpark import Session

    options = login_options()
    try:
        session = Session.builder.configs(dict(options)).create()
    except (Error, KeyError) as error:
        if options:
            raise
        raise InputError(
            "connection",
            f"there is no default connection ({error})",
            "A container has SNOWFLAKE_ACCOUNT and /snowflake/session/token; a laptop has ~/.snowflake/config.toml",
            "Add a connection with `snow connection add --default`",
        ) from error
    # Of chunks fetched ahead, some 50 MB each, more than there are processors to read them only wait. 4 is the default.
    session.connection.client_prefetch_threads = min(4, max(2, processors()))
    try:
        yield session
    finally:
        session.close()


def login_options() -> Mapping[str, Any]:
    """What Snowpark needs to log in; empty where the default connection of config.toml is to be used.

    Raises:
        InputError: If a mandatory ``SNOWFLAKE_*`` variable is missing.
    """
    if not os.environ.get("SNOWFLAKE_ACCOUNT") and not Path("~/.snowsql/config").expanduser().exists():
        return {}
    try:
        return _snowflake_login_options()
    except KeyError as error:
        raise InputError(
            f"environment variable {error.args[0]}",
            "it is not set",
            "A job's container has SNOWFLAKE_ACCOUNT, SNOWFLAKE_HOST and SNOWFLAKE_DATABASE",
            "Set it, or unset SNOWFLAKE_ACCOUNT to use config.toml",
        ) from error


def _snowflake_login_options() -> Mapping[str, Any]:
    try:
        from snowflake.ml.utils.connection_params import SnowflakeLoginOptions
    except ModuleNotFoundError:
        # 2.x keeps the function, which its own job scripts use, but no longer at the documented place.
        from snowflake.ml._internal.utils.connection_params import SnowflakeLoginOptions
    options: Mapping[str, Any] = SnowflakeLoginOptions()
    return options
