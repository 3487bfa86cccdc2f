"""Who may import whom, and that importing is cheap."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "airflow_provider_spcs"

#: Know neither Airflow nor Snowflake: values in, values out.
PURE = (
    "errors", "status", "naming", "redaction", "quoting", "rows", "sql", "spec", "payload_tree", "log_lines",
    "log_cursor", "transient", "refusal",
)  # fmt: skip
#: Who stands on whom: a module imports only from its own layer and the layers before it.
LAYERS = (
    PURE,
    ("session", "calls", "submission", "stage_files", "preflight", "client", "hooks", "door"),
    ("logs", "poller"),
    ("connected_task", "triggers", "deferral", "sensors", "stoppable"),
    ("operators",),
)
RANK = {module: rank for rank, layer in enumerate(LAYERS) for module in layer}
#: May reach the emulator, inside functions: they start it for a person.
STARTERS = ("cli", "commands", "demo")


def modules(folder: Path) -> list[Path]:
    """Python files below a folder."""
    return sorted(folder.rglob("*.py"))


def files_of(module: str) -> list[Path]:
    """The file of a module of the package, or the files of a package in it."""
    return [*(path for path in [PACKAGE / f"{module}.py"] if path.exists()), *modules(PACKAGE / module)]


@functools.cache
def parsed(path: Path) -> ast.Module:
    """A file's syntax, which many tests look at."""
    return ast.parse(path.read_text())


def imports(path: Path, *, at_import: bool) -> Iterator[str]:
    """Absolute names that a file imports: everywhere, or only when it is imported itself."""
    tree = parsed(path)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        body_runs_later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        type_checking = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if at_import and (body_runs_later or type_checking):
            skipped.update(id(inner) for inner in ast.walk(node))
        elif type_checking and isinstance(node, ast.If):
            # Types cost nothing and decide nothing: a layer may name the types of a later one.
            skipped.update(id(inner) for part in node.body for inner in ast.walk(part))
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_modules(path: Path) -> set[str]:
    """First-level modules of the package that a file imports."""
    parts = (name.split(".") for name in imports(path, at_import=False))
    return {name[1] for name in parts if name[0] == "airflow_provider_spcs" and len(name) > 1}


@pytest.mark.parametrize("module", PURE)
def test_pure_module_imports_neither_airflow_nor_snowflake(module: str) -> None:
    """A pure module imports only the standard library, YAML and other pure modules."""
    paths = files_of(module)
    assert paths
    for path in paths:
        roots = {name.partition(".")[0] for name in imports(path, at_import=False)}
        assert roots <= set(sys.stdlib_module_names) | {"yaml", "airflow_provider_spcs"}
        assert own_modules(path) <= set(PURE)


@pytest.mark.parametrize("module", sorted(RANK))
def test_module_imports_only_from_layers_before_it(module: str) -> None:
    """Nothing imports from a later layer."""
    paths = files_of(module)
    assert paths
    later = {other for path in paths for other in own_modules(path) if RANK.get(other, 0) > RANK[module]}
    assert not later


def test_provider_imports_nothing_of_the_emulator() -> None:
    """Provider and emulator share no code: a wrong belief in it would be on both sides and every test would pass."""
    guilty = [
        path.relative_to(ROOT)
        for path in modules(PACKAGE)
        if "emulator" not in path.parts and path.relative_to(PACKAGE).parts[0].removesuffix(".py") not in STARTERS
        if "emulator" in own_modules(path)
    ]
    assert not guilty


def test_emulator_imports_nothing_of_the_provider() -> None:
    """The other direction of the same rule; the version is no belief."""
    guilty = {
        path.relative_to(ROOT): own_modules(path) - {"emulator", "__version__"}
        for path in modules(PACKAGE / "emulator")
        if own_modules(path) - {"emulator", "__version__"}
    }
    assert not guilty


def test_payload_imports_nothing_of_the_package() -> None:
    """What runs in the container runs without Airflow and without us."""
    guilty = [
        path.relative_to(ROOT)
        for path in modules(ROOT / "payload")
        if {name.partition(".")[0] for name in imports(path, at_import=False)} & {"airflow", "airflow_provider_spcs"}
    ]
    assert not guilty


def test_provider_modules_import_nothing_heavy_at_module_level() -> None:
    """snowflake, pandas, duckdb, xgboost, sklearn and the emulator are imported inside functions."""
    heavy = {
        "snowflake",
        "pandas",
        "numpy",
        "pyarrow",
        "duckdb",
        "sqlglot",
        "xgboost",
        "sklearn",
        "starlette",
        "uvicorn",
    }
    guilty = {
        str(path.relative_to(ROOT)): sorted(heavy & {name.partition(".")[0] for name in imports(path, at_import=True)})
        for path in [*PACKAGE.glob("*.py"), *modules(PACKAGE / "spec")]
        if heavy & {name.partition(".")[0] for name in imports(path, at_import=True)}
    }
    assert not guilty


@pytest.fixture(scope="module")
def loaded() -> dict[str, set[str]]:
    """Modules that one fresh interpreter has after each of three imports, the lightest first."""
    statements = {
        "pure": "; ".join(f"import airflow_provider_spcs.{module}" for module in PURE),
        "hook": "import airflow_provider_spcs.hooks, airflow_provider_spcs.logs",
        "plugin": "import airflow_provider_spcs.job_view.plugin",
    }
    code = "import sys\n" + "\n".join(f"{each}; print(*sys.modules)" for each in statements.values())
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return dict(zip(statements, (set(line.split()) for line in done.stdout.splitlines()[-3:]), strict=True))


def test_pure_modules_in_a_fresh_interpreter_bring_in_no_airflow_and_no_snowflake(loaded: dict[str, set[str]]) -> None:
    """The rule as the interpreter sees it, whatever the imports look like."""
    # Snowpark's .pth file puts an empty package "snowflake" into every interpreter; what is below it counts.
    below = ("airflow.", "snowflake.", "requests.", "pandas.")
    assert not {name for name in loaded["pure"] if name.startswith(below)}


def test_hook_in_a_fresh_interpreter_brings_in_no_connector(loaded: dict[str, set[str]]) -> None:
    """A DAG file that imports the hook must not pay for the connector."""
    assert "airflow_provider_spcs.hooks" in loaded["hook"]
    heavy = ("snowflake.connector", "snowflake.snowpark", "pandas")
    assert not {name for name in loaded["hook"] if name.startswith(heavy)}


def test_plugin_in_a_fresh_interpreter_brings_in_no_web_application(loaded: dict[str, set[str]]) -> None:
    """Every process of Airflow loads plugins; only the API server's first request pays for the views."""
    assert "airflow_provider_spcs.job_view.plugin" in loaded["plugin"]
    assert not {name for name in loaded["plugin"] if name.startswith(("fastapi", "jinja2.ext", "snowflake.connector"))}
    assert "airflow_provider_spcs.job_view.application" not in loaded["plugin"]


def test_files_of_the_core_are_short() -> None:
    """A file is at most 400 lines: it can be read at once."""
    long = {path.name: count for path in modules(PACKAGE) if (count := len(path.read_text().splitlines())) > 400}
    assert not long
