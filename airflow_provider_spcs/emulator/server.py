"""The front door: start an account and its server, in this process or as the command ``spcs emulator``."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from airflow_provider_spcs.emulator.account import Account
from airflow_provider_spcs.emulator.clock import Clock
from airflow_provider_spcs.emulator.endpoints import TRUST_VARIABLES
from airflow_provider_spcs.emulator.home import HomeError

if TYPE_CHECKING:
    from types import FrameType

    from airflow_provider_spcs.emulator.endpoints import Endpoints
    from airflow_provider_spcs.emulator.faults import Faults
    from airflow_provider_spcs.emulator.wire.proxy import Proxy

__all__ = ["HomeError", "RunningAccount", "serve", "start"]

_DATABASE, _SCHEMA, _WAREHOUSE, _ROLE, _USER = "EMULATOR", "PUBLIC", "COMPUTE_WH", "ACCOUNTADMIN", "ADMIN"
SWITCH_SECONDS = 0.0005
_NEAR = ("127.0.0.1", "localhost", "::1")


@dataclass
class RunningAccount:
    """An account whose server answers.

    Args:
        account: The account itself.
        endpoints: Where it listens.
        proxy: Its CONNECT proxy, whose ``allowed`` says which other hosts may be reached.
    """

    account: Account
    endpoints: Endpoints
    proxy: Proxy

    @property
    def url(self) -> str:
        """The plain HTTP address, for example ``http://127.0.0.1:8084``."""
        return self.endpoints.http_url

    @property
    def clock(self) -> Clock:
        """The account's time."""
        return self.account.clock

    @property
    def faults(self) -> Faults:
        """Failures on demand."""
        return self.account.faults

    @property
    def connection_kwargs(self) -> dict[str, object]:
        """What ``snowflake.connector.connect(**kwargs)`` takes; Snowpark's ``configs()`` takes the same."""
        return {
            "account": self.account.name,
            "user": _USER,
            "password": self.account.credentials.admin_password,
            "host": self.endpoints.host,
            "port": self.endpoints.port,
            "protocol": "http",
            "database": _DATABASE,
            "schema": _SCHEMA,
            "warehouse": _WAREHOUSE,
            "role": _ROLE,
        }

    @property
    def airflow_uri(self) -> str:
        """An Airflow connection for the unmodified SnowflakeHook; needs :attr:`environment` where it is used.

        The hook passes host and port on but never the protocol, so this one leads to the TLS port.
        """
        extra = {
            "account": self.account.name,
            "host": self.endpoints.host,
            "port": self.endpoints.tls_port,
            "database": _DATABASE,
            "warehouse": _WAREHOUSE,
            "role": _ROLE,
            # The pages are on the plain port, too, where no browser warns of a certificate that it does not know.
            "job_url": f"{self.url}/jobs/{{database}}.{{schema}}.{{job}}",
        }
        password = quote(self.account.credentials.admin_password, safe="")
        return f"snowflake://{_USER}:{password}@/{_SCHEMA}?{urlencode({'__extra__': json.dumps(extra)})}"

    @cached_property
    def environment(self) -> dict[str, str]:
        """Environment variables that a client in another process needs for the TLS port."""
        known = {name: os.environ.get(name, "") for name in ("NO_PROXY", "no_proxy")}
        near = {
            name: ",".join(dict.fromkeys([*filter(None, value.split(",")), *_NEAR])) for name, value in known.items()
        }
        return {**dict.fromkeys(TRUST_VARIABLES, str(self.endpoints.ca_bundle)), **near}


@contextlib.contextmanager
def start(
    home: Path | str | None = None, port: int = 0, *, host: str = "127.0.0.1", clock: Clock | None = None
) -> Iterator[RunningAccount]:
    """Run an account and its server in this process.

    While it runs, this process trusts its certificate (``TRUST_VARIABLES``) and reaches loopback without a proxy.

    Args:
        home: Directory of its state; a temporary one, removed at the end, when None.
        port: Of plain HTTP; 0 takes a free one.
        host: Address to listen on.
        clock: The account's time; real by default.

    Raises:
        HomeError: The home cannot be written, or another emulator has it.
        ListenError: The port is in use.
    """
    with contextlib.ExitStack() as stack:
        if home is None:
            home = stack.enter_context(tempfile.TemporaryDirectory(prefix="spcs-emulator-", ignore_cleanup_errors=True))
        running = stack.enter_context(_running(Path(home), host, port, clock))
        stack.enter_context(_environment(running.environment))
        yield running


def serve(
    home: Path | None,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    announce: Callable[[RunningAccount], None] | None = None,
) -> None:
    """Run an account until SIGTERM or SIGINT; prints ``ready http://HOST:PORT`` when it accepts connections.

    Args:
        home: Directory of its state; a temporary one, removed at the end, when None.
        host: Address to listen on.
        port: Of plain HTTP; 0 takes a free one.
        announce: Called after that line, for what else is to be said.

    Raises:
        HomeError: The home cannot be written, or another emulator has it.
        ListenError: The port is in use.
    """
    over = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        over.set()

    # Starting a container is many short steps of one thread; by default each would wait 5 ms for one that computes.
    sys.setswitchinterval(SWITCH_SECONDS)
    before = {each: signal.signal(each, stop) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        with start(home, port, host=host) as running:
            sys.stdout.write(f"ready {running.url}\n")
            sys.stdout.flush()
            if announce is not None:
                announce(running)
            over.wait()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextlib.contextmanager
def _running(home: Path, host: str, port: int, clock: Clock | None) -> Iterator[RunningAccount]:
    from airflow_provider_spcs.emulator.wire.gateway import Gateway
    from airflow_provider_spcs.emulator.wire.listener import Listener

    account = Account(home, clock)
    try:
        gateway = Gateway(account)
        listener = Listener(gateway, host, port)
        account.endpoints = listener.endpoints
        # Jobs first: while they are being stopped they may still write, so the server answers until they are gone.
        account.closing.append(gateway.close)
        account.closing.append(listener.stop)
        account.open()
        yield RunningAccount(account, listener.start(), listener.proxy)
    finally:
        account.close()


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
