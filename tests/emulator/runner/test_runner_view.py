"""What a container sees of the file system, for root and for ordinary users."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_spcs.emulator.runner import Mount, RunningContainer, StartError
from tests.waiting import DEADLINE, until

ROOT = Path(__file__).parents[3]
NATIVE_WRITE = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
handle = libc.open(b"/mnt/model/m.bin", 0o1101, 0o644)
assert handle >= 0, ctypes.get_errno()
libc.write(handle, b"native", 6)
"""
pytestmark = pytest.mark.usefixtures("isolated")


def said(container: RunningContainer) -> list[str]:
    """The texts of its log."""
    container.wait(DEADLINE)
    return [line.split(" ", 2)[2] for line in container.log_path.read_text().splitlines()]


def test_native_code_writes_to_a_mount_by_its_absolute_path(start: Any, tmp_path: Path) -> None:
    """A library that opens the path by itself, as xgboost does, reaches the stage."""
    stage = tmp_path / "stage"
    stage.mkdir()
    container = start("python", "-c", NATIVE_WRITE, mounts=(Mount("stage", stage, "/mnt/model"),))
    assert container.wait(DEADLINE) == 0, said(container)
    assert (stage / "m.bin").read_bytes() == b"native"


@pytest.mark.parametrize("path", ["/", "/etc", "/usr/local/bin", "/var/log", "/proc/sys/kernel"])
def test_host_directory_cannot_be_written_even_by_root(start: Any, path: str) -> None:
    """An image's script that writes where it should not changes nothing on this machine."""
    name = f"spcs-emulator-test-{os.getpid()}"
    container = start("python", "-c", f"open({path!r} + '/{name}', 'w')")
    assert container.wait(DEADLINE) == 1
    assert not Path(path, name).exists()


def test_root_inside_cannot_make_the_host_writable_again(start: Any) -> None:
    """Mounts cannot be changed from inside."""
    assert "refused" in said(start("sh", "-c", "mount -o remount,rw,bind /etc && echo remounted || echo refused"))


@pytest.mark.parametrize("path", ["/tmp", "/var/tmp", "/home/job", "/dev/shm"])
def test_scratch_place_is_writable_and_private(start: Any, path: str) -> None:
    """Programs find the usual places to write to; nothing of it is left on the host."""
    name = f"spcs-emulator-test-{os.getpid()}"
    container = start("sh", "-c", f"echo a > {path}/{name} && cat {path}/{name}")
    assert said(container) == ["a"]
    assert not Path(path, name).exists()
    assert not (container.directory / "scratch").exists()


def test_home_directory_exists_and_is_where_the_command_starts(start: Any) -> None:
    """HOME is a writable directory of the container's own."""
    assert said(start("sh", "-c", "cd ~ && pwd && echo $HOME; cd - >/dev/null; pwd")) == ["/home/job"] * 3


def test_mount_below_the_root_and_below_a_directory_of_the_host_leave_no_trace(start: Any, tmp_path: Path) -> None:
    """Mount points that do not exist are made in the view only."""
    mounts = [
        Mount("local", tmp_path / str(number), target)
        for number, target in enumerate(["/no-such-root/a/b", "/usr/lib/no-such/x", "/opt/no-such", "/tmp/new/x"])
    ]
    container = start("sh", "-c", " && ".join(f"touch {m.target}/f" for m in mounts), mounts=tuple(mounts))
    assert container.wait(DEADLINE) == 0, said(container)
    assert all((mount.source / "f").exists() for mount in mounts)
    assert not any(Path(mount.target).exists() for mount in mounts)


def test_entries_beside_a_new_mount_point_stay_visible(start: Any, tmp_path: Path) -> None:
    """A directory that gets a mount point keeps what it has."""
    before = sorted(path.name for path in Path("/usr/lib").iterdir())
    container = start("sh", "-c", "ls -A /usr/lib", mounts=(Mount("local", tmp_path / "x", "/usr/lib/no-such"),))
    assert sorted(said(container)) == sorted([*before, "no-such"])


def test_mount_in_a_mount_shows_both(start: Any, tmp_path: Path) -> None:
    """The result volume of an ML job lies inside its stage volume."""
    outer, inner = tmp_path / "outer", tmp_path / "inner"
    mounts = (Mount("local", inner, "/mnt/job/out"), Mount("local", outer, "/mnt/job"))
    assert start("sh", "-c", "touch /mnt/job/a /mnt/job/out/b", mounts=mounts).wait(DEADLINE) == 0
    assert (outer / "a").exists()
    assert (inner / "b").exists()


def test_read_only_mount_refuses_writes(start: Any, tmp_path: Path) -> None:
    """A volume that is mounted read-only can only be read."""
    mounts = (Mount("local", tmp_path / "x", "/mnt/x", read_only=True),)
    assert "Read-only file system" in said(start("touch", "/mnt/x/a", mounts=mounts))[0]


def test_link_in_a_stage_cannot_lead_a_mount_out_of_the_view(start: Any, tmp_path: Path) -> None:
    """A mount point below a link to a place of the host is refused; nothing is made on the host."""
    stage, victim = tmp_path / "stage", tmp_path / "victim"
    stage.mkdir()
    victim.mkdir()
    (stage / "link").symlink_to(victim)
    mounts = (Mount("stage", stage, "/mnt/s"), Mount("local", tmp_path / "y", "/mnt/s/link/sub"))
    with pytest.raises(StartError, match="/mnt/s/link"):
        start("true", mounts=mounts)
    assert list(victim.iterdir()) == []


def test_environment_below_tmp_is_still_there(account: Any, start: Any, tmp_path: Path) -> None:
    """A clone with its virtual environment may lie below /tmp, although a container has a /tmp of its own."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    entry = f'- {{image: "mine", python: {tmp_path}/venv/bin/python}}'
    (account.home.root / "images.yaml").write_text(f"images:\n{entry}\n")
    container = start("python", "-c", "import sys; print(sys.prefix)", image="mine:1")
    assert said(container) == [str(tmp_path / "venv")]


def test_account_files_are_hidden_but_stages_are_writable_at_their_own_path(account: Any, start: Any) -> None:
    """A client moves a stage's files by itself and reads a model's; tables and credentials cannot be seen."""
    home = account.home.root
    (home / "credentials").write_text("secret")
    stage = account.home.directory("stages", "DB", "SC", "S")
    model = account.home.directory("models", "DB", "SC", "M")
    said_lines = said(start("sh", "-c", f"ls -A {home}; touch {stage}/put; touch {model}/changed"))
    assert said_lines[:2] == ["models", "stages"]
    assert (stage / "put").exists()
    assert "Read-only file system" in said_lines[2]
    assert not (model / "changed").exists()


def test_secrets_of_a_request_are_never_written_to_the_disk(account: Any, start: Any) -> None:
    """Secret files live in memory only."""
    container = start("sh", "-c", "cat /secrets/pw; echo; sleep 3600", secret_files={"/secrets/pw": b"S3CRET-VALUE"})
    until(container.log_path.read_bytes, "a line")
    holders = [path for path in account.home.root.rglob("*") if path.is_file() and b"S3CRET" in path.read_bytes()]
    assert holders == [container.log_path]


def test_processes_of_the_host_are_not_seen(start: Any) -> None:
    """The pid namespace shows the container's own processes."""
    assert said(start("sh", "-c", "ls /proc | grep -c '^[0-9]'; test -e /proc/1000000 || true"))[0] in {"4", "5"}


UNPRIVILEGED = """
import sys, json
from types import SimpleNamespace
from pathlib import Path
from airflow_provider_spcs.emulator.home import Home
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.runner import ContainerRequest, Mount, Runner, TokenSettings
root = Path(sys.argv[1])
runner = Runner(SimpleNamespace(name="LOCAL", home=Home(root / "home"), endpoints=None))
stage = root / "stage"; stage.mkdir()
container = runner.start(ContainerRequest(
    Name("DB", "SC", "JOB"), 0, "main", "python:3.11", command=("python3", "-c", sys.argv[2]),
    mounts=(Mount("stage", stage, "/mnt/model"),), token=TokenSettings("t0")))
code = container.wait(180)
together = [runner.start(ContainerRequest(Name("DB", "SC", "TWO"), number, "main", "python:3.11",
    command=("sh", "-c", "readlink /proc/self/ns/net; sleep 1"), shared_network=True)) for number in (0, 1)]
assert [item.wait(180) for item in together] == [0, 0]
networks = {item.log_path.read_text().split()[-1] for item in together}
assert len(networks) == 1, networks
runner.close()
print(json.dumps([code, container.isolation, container.log_path.read_text()]))
"""


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A directory of uid 65534's."""
    directory = Path(tempfile.mkdtemp(prefix="spcs-emulator-test-"))
    os.chown(directory, 65534, 65534)
    yield directory
    shutil.rmtree(directory)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_ordinary_user_gets_the_same_view(unprivileged: Path) -> None:
    """Uid 65534: native write to the mount, the token at its path, the host read-only, no trace of it all."""
    python = _python_of_others()
    program = NATIVE_WRITE + (
        "import os\nprint(open('/snowflake/session/token').read(), os.getuid())\n"
        "try: open('/usr/x', 'w')\nexcept OSError as error: print(error.strerror)"
    )
    done = subprocess.run(
        [python, "-c", UNPRIVILEGED, str(unprivileged), program],
        user=65534, group=65534, extra_groups=[], capture_output=True, text=True, check=False, cwd="/",
        env={"PYTHONPATH": f"{ROOT}:{_site_packages()}", "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    code, isolation, log = json.loads(done.stdout)
    assert (code, isolation) == (0, "mount and pid namespaces; own network"), log
    assert (unprivileged / "stage" / "m.bin").read_bytes() == b"native"
    assert "t0 65534" in log
    assert "Read-only file system" in log
    assert not Path("/mnt/model").exists()


def _site_packages() -> str:
    import yaml

    return str(Path(yaml.__file__).parents[1])


def _python_of_others() -> str:
    """An interpreter of this version that other users may run."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    check = f"import sys; assert sys.version.startswith({version!r}); import yaml"
    for python in (sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        try:
            subprocess.run(
                [python, "-c", check], user=65534, group=65534, extra_groups=[], check=True, capture_output=True,
                env={"PYTHONPATH": _site_packages()}, cwd="/",
            )  # fmt: skip
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    pytest.skip("no interpreter here that another user may run")
