"""The image map, and the network rules as the launcher reads them."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from airflow_provider_spcs.emulator.runner import ImageNotFound, Images
from airflow_provider_spcs.emulator.runner.images import ImagesError
from airflow_provider_spcs.emulator.runner.launcher.egress import granted
from airflow_provider_spcs.emulator.runner.launcher.rewrite import replace

LAUNCHER = Path(__file__).parents[3] / "airflow_provider_spcs" / "emulator" / "runner" / "launcher"


@pytest.mark.parametrize(
    "image",
    [
        "/snowflake/images/snowflake_images/exampleimage:latest",
        "/snowflake/images/snowflake_images/st_plat/runtime/x86/runtime_image/snowbooks:2.3.0-py3.11",
        "org-acc.registry.snowflakecomputing.com/snowflake/images/snowflake_images/exampleimage:1",
        "python:3.11",
        "python:3.12-slim",
        "/db/schema/repo/python:3.11",
    ],
)
def test_default_map_knows_snowflakes_and_python_images(tmp_path: Path, image: str) -> None:
    """These stand for the emulator's own interpreter without any configuration."""
    assert Images(tmp_path / "images.yaml").find(image).python == Path(sys.executable)


@pytest.mark.parametrize(
    "image", ["/db/schema/repo/trainer:1", "ubuntu", "python:2.7", "/db/schema/repo/my-python:3.1x"]
)
def test_default_map_knows_no_other_image(tmp_path: Path, image: str) -> None:
    """An unknown image is an error, never a guess."""
    with pytest.raises(ImageNotFound, match=r"images\.yaml"):
        Images(tmp_path / "images.yaml").find(image)


def test_changed_file_is_read_again(tmp_path: Path) -> None:
    """A user who adds an image need not restart anything; the first entry that fits wins."""
    images = Images(tmp_path / "images.yaml")
    entry = '- {image: "/db/sc/r/trainer", command: [train], env: {A: 1}, workdir: /app, mounts: {/app: /srv}}\n'
    images.path.write_text("images:\n" + entry)
    found = images.find("/db/sc/r/trainer:7")
    assert (found.command, found.env, found.workdir, found.mounts) == (
        ("train",),
        {"A": "1"},
        "/app",
        {"/app": Path("/srv")},
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("images: [", "not YAML"),
        ("[]", "no list `images`"),
        ("images: [{python: current}]", r"images\[0\]: no `image`"),
        ("images: [{image: a, interpreter: x}]", "unknown interpreter"),
        ("images: [{image: a, env: [x]}]", r"images\[0\]\.env"),
        ("images: [{image: a, python: /no/such/python}]", "is not an executable file"),
    ],
)
def test_malformed_file_is_refused_with_its_place(tmp_path: Path, text: str, error: str) -> None:
    """The error names file and entry."""
    images = Images(tmp_path / "images.yaml")
    images.path.write_text(text)
    with pytest.raises(ImagesError, match=error):
        images.find("a")


@pytest.mark.parametrize(
    ("rule", "host", "port", "expected"),
    [
        ("github.com", "github.com", 443, True),
        ("github.com", "github.com", 80, False),
        ("GitHub.com:443", "github.com", 443, True),
        ("*.github.com:443", "api.github.com", 443, True),
        ("*.github.com:443", "github.com", 443, False),
        ("*.github.com:443", "evilgithub.com", 443, False),
        ("0.0.0.0:443", "any.example", 443, True),
        ("0.0.0.0:443", "any.example", 80, False),
        ("github.com:443", "github.com.evil.example", 443, False),
    ],
)
def test_network_rule_names_exactly_its_hosts(rule: str, host: str, port: int, expected: bool) -> None:
    """Host and port must both fit."""
    assert granted([rule], host, port) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/mnt/x", "/real/x"),
        ("--out=/mnt/x/a b", "--out=/real/x/a b"),
        ("/mnt/x:/mnt/xy", "/real/x:/mnt/xy"),
        ("/data/mnt/x", "/data/mnt/x"),
        ("/mnt/x/in/y", "/real/in/y"),
    ],
)
def test_rewriting_replaces_whole_paths_only(text: str, expected: str) -> None:
    """The fallback touches a mount's path and what is below it, nothing that only looks alike."""
    assert replace(text, {"/mnt/x": "/real/x", "/mnt/x/in": "/real/in"}) == expected


def test_launcher_needs_the_standard_library_only() -> None:
    """It runs as `python -I -S` beside the containers: nothing installed, nothing of this distribution."""
    for path in LAUNCHER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names.append(node.module or "")
            assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names, path
