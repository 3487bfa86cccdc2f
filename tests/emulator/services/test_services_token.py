"""The session token inside a container: there, renewed, elsewhere or absent as the specification says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.gate import held

if TYPE_CHECKING:
    from conftest import Local
else:
    Local = Any
Spec = Callable[..., str]
SHOW = "import os; print(sorted(os.listdir('/snowflake/session')) if os.path.exists('/snowflake/session') else None)"


def test_token_is_renewed_while_the_container_runs(ticking: Local, make_spec: Spec) -> None:
    """After its period the file holds another token, the account knows both, and neither when the job has ended."""
    code = (
        "import time\nread = lambda: open('/snowflake/session/token').read()\nfirst = read(); print(first)\n"
        "while read() == first: time.sleep(0.02)\nprint(read())"
    )
    gate = ticking.gate("T1")
    ticking.start("T1", gate.mounted(make_spec(held("pass", before=code))))
    ticking.until(lambda: ticking.status("T1") == "RUNNING" and bool(ticking.logs("T1")))
    ticking.account.clock.tick(1200)
    ticking.until(lambda: len(ticking.logs("T1").split()) == 2)
    tokens = ticking.logs("T1").split()
    assert len(set(tokens)) == 2
    grants = [ticking.account.credentials.grant(token) for token in tokens]
    assert [(grant.user, grant.role) for grant in grants if grant] == [("T1", "ACCOUNTADMIN")] * 2
    gate.open()
    assert ticking.ended("T1") == "DONE"
    assert [ticking.account.credentials.grant(token) for token in tokens] == [None, None]


def test_token_is_absent_when_it_is_not_wanted(local: Local, make_spec: Spec) -> None:
    """``mountSessionToken: false`` leaves no token."""
    local.start("T2", make_spec(SHOW, mountSessionToken=False))
    assert local.ended("T2") == "DONE"
    assert local.logs("T2") in {"None", "[]"}


def test_connection_file_names_the_token(local: Local, make_spec: Spec) -> None:
    """``mountConnectionConfig`` gives a connections.toml whose default connection reads the token's file."""
    code = (
        "import os, pathlib, tomllib\n"
        "found = tomllib.loads((pathlib.Path(os.environ['SNOWFLAKE_HOME']) / 'connections.toml').read_text())\n"
        "print(found['default']['host'] == os.environ['SNOWFLAKE_HOST'], "
        "len(open(found['default']['token_file_path']).read()) > 20)"
    )
    local.start("T3", make_spec(code, sessionTokenConfig={"mountConnectionConfig": True}))
    assert local.ended("T3") == "DONE", local.logs("T3")
    assert local.logs("T3") == "True True"
