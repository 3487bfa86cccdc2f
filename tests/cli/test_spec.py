"""`spcs spec`: specification files without a connection; and what `spcs` itself says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Spcs = Callable[..., Result]
GOOD = """spec:
  containers:
  - name: main
    image: /db/schema/repo/image:1
    env: {API_KEY: abc, N: '{{ params.n }}'}
"""
BAD = "spec:\n  containers:\n  - name: Bad_Name\n    image: /db/schema/repo/image:1\n    imagee: x\n"


def test_spec_render_fills_in_params_and_hides_secrets(spcs: Spcs, tmp_path: Path) -> None:
    """Secrets are shown only when asked for."""
    (tmp_path / "job.yaml").write_text(GOOD)
    done = spcs("spec", "render", str(tmp_path / "job.yaml"), "-p", "n=7")
    assert "N: '7'" in done.stdout or 'N: "7"' in done.stdout, done.output
    assert "abc" not in done.stdout
    assert "abc" in spcs("spec", "render", str(tmp_path / "job.yaml"), "-p", "n=7", "--show-secrets").stdout


def test_spec_validate_tells_every_problem_of_every_file(spcs: Spcs, tmp_path: Path) -> None:
    """Good and bad files side by side; the exit code is 1 when any is bad."""
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    done = spcs("spec", "validate", str(tmp_path / "good.yaml"), str(tmp_path / "bad.yaml"), "-p", "n=1", "--json")
    assert done.exit_code == 1
    good, bad = json.loads(done.stdout)
    assert good["problems"] == []
    assert bad["problems"]


def test_spec_validate_reads_standard_input(spcs: Spcs) -> None:
    """`-` is standard input."""
    assert spcs("spec", "validate", "-", "-p", "n=1", input=GOOD).stdout == "-: valid\n"


def test_spec_of_a_missing_file_is_bad_usage(spcs: Spcs, tmp_path: Path) -> None:
    """The path is named."""
    done = spcs("spec", "render", str(tmp_path / "none.yaml"))
    assert done.exit_code == 2
    assert "none.yaml" in done.stderr


def test_help_names_every_argument_of_submit(spcs: Spcs) -> None:
    """-h is the reference."""
    text = spcs("submit", "-h", COLUMNS="200", NO_COLOR="1").stdout
    for option in (
        "--compute-pool",
        "--image",
        "--payload-dir",
        "--stage",
        "--entrypoint",
        "--query-warehouse",
        "--eai",
    ):
        assert option in text
    assert "Exit codes" in spcs("-h").stdout


def test_help_imports_nothing_heavy() -> None:
    """-h answers at once."""
    code = (
        "import sys\nfrom airflow_provider_spcs.cli import app\n"
        "try: app(['submit', '-h'])\nexcept SystemExit: pytest = None\n"
        "print(sorted({n.partition('.')[0] for n in sys.modules} & {'airflow', 'pandas', 'duckdb', 'httpx', 'jinja2'}),"
        " 'snowflake.connector' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] False"


def test_version_is_printed(spcs: Spcs) -> None:
    """One line."""
    from airflow_provider_spcs import __version__

    assert spcs("--version").stdout == f"spcs {__version__}\n"
