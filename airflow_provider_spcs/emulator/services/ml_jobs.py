"""SYSTEM$EXECUTE_ML_JOB and SYSTEM$GET_ML_JOB_RUNTIME, by which snowflake-ml-python submits jobs.

Source: what snowflake-ml-python 2.6 sends (``jobs/job_definition.py``, ``jobs/_utils/runtime_env_utils.py``).
"""

from __future__ import annotations

import json
import secrets
import sys
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import invalid_value, unsupported
from airflow_provider_spcs.emulator.names import quoted
from airflow_provider_spcs.emulator.registry import scalar
from airflow_provider_spcs.emulator.services import families, references, submission
from airflow_provider_spcs.emulator.services.job_statement import JobRequest, SpecSource
from airflow_provider_spcs.emulator.services.merge import merged
from airflow_provider_spcs.emulator.services.spec.containers import SIDECAR_MEMORY
from airflow_provider_spcs.emulator.statement import Statement

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

_REPOSITORY = "/snowflake/images/snowflake_images/st_plat/runtime/x86"
DEFAULT_TAG = "2.3.0"
STAGE_MOUNT, RESULT_MOUNT = "/mnt/job_stage", "/mnt/job_result"


@scalar("SYSTEM$GET_ML_JOB_RUNTIME")
def get_ml_job_runtime(session: Session, pool: str, selector: str | None = None) -> str:
    """The container runtime's image for a pool."""
    _, document = references.pool(session, Statement.parse(str(pool)).name())
    wanted = _json(selector, "runtime selector") if selector and selector != "None" else {}
    runtime = wanted.get("runtimeEnvironment")
    if runtime and (":" in runtime or runtime.lower().startswith("cre@")):
        return str(runtime)
    gpu = "generic_gpu/" if families.node(document["instance_family"]).gpu else ""
    python = wanted.get("pythonVersion") or f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"{_REPOSITORY}/{gpu}runtime_image/snowbooks:{runtime or DEFAULT_TAG}-py{python}"


@scalar("SYSTEM$EXECUTE_ML_JOB")
def execute_ml_job(session: Session, job: str, pool: str, spec_options: str, job_options: str) -> str:
    """Builds the specification that the server builds, and has it run without Ray; the job's full name."""
    spec, options = _json(spec_options, "spec options"), _json(job_options, "job options")
    target = _count(options, "TARGET_INSTANCES", 1)
    minimum = _count(options, "MIN_INSTANCES", target)
    if minimum > target:
        raise invalid_value(minimum, "MIN_INSTANCES", f"It must not be more than TARGET_INSTANCES, which is {target}.")
    if spec.get("ARTIFACT_REPOSITORIES"):
        raise unsupported("ML Jobs with artifact repositories")
    parts = Statement.parse(str(job)).name()
    suffix = secrets.token_hex(6).upper() if options.get("GENERATE_SUFFIX") else ""
    name = references.job_name(session, (*parts[:-1], parts[-1].upper() + suffix))
    warehouse = options.get("QUERY_WAREHOUSE")
    request = JobRequest(
        pool=Statement.parse(str(pool)).name(),
        spec=SpecSource(),
        name=tuple(name),
        is_async=bool(options.get("ASYNC")),
        replicas=target if target > 1 else None,
        warehouse=Statement.parse(warehouse).name() if warehouse else None,
        comment=options.get("COMMENT"),
        integrations=[_integration(item) for item in options.get("EXTERNAL_ACCESS_INTEGRATIONS") or []],
    )
    specification = _specification(session, spec, name.name, minimum, target)
    _, document = references.pool(session, request.pool)
    inside = specification["spec"]
    inside["containers"][0].setdefault("resources", _whole(document["instance_family"], len(inside["volumes"])))
    text = json.dumps(specification)
    created = submission.submit(session, request, text, ml_job=True)
    if not request.is_async:
        submission.wait(session, created)
    return str(created.name)


def _specification(session: Session, options: dict[str, Any], job: str, minimum: int, target: int) -> dict[str, Any]:
    stage = _stage(session, str(options["STAGE_PATH"]))
    container = {
        "name": "main",
        "image": options.get("RUNTIME") or f"{_REPOSITORY}/runtime_image/snowbooks:{DEFAULT_TAG}",
        "command": ["/usr/local/bin/_entrypoint.sh"],
        "args": [str(item) for item in options.get("ARGS") or []],
        "env": {
            "MLRS_STAGE_MOUNT_PATH": STAGE_MOUNT,
            "MLRS_PAYLOAD_DIR": "app",
            **{key: str(value) for key, value in (options.get("ENV_VARS") or {}).items()},
            "MLRS_STAGE_RESULT_PATH": RESULT_MOUNT,
            "MLRS_RESULT_PATH": "mljob_result",
            **({"MLRS_MIN_INSTANCES": str(minimum)} if target > 1 else {}),
        },
        "volumeMounts": [
            {"name": "stage-volume", "mountPath": STAGE_MOUNT},
            {"name": "result-volume", "mountPath": RESULT_MOUNT},
        ],
    }
    spec: dict[str, Any] = {
        "containers": [container],
        "volumes": [
            {"name": "stage-volume", "source": "stage", "stageConfig": {"name": stage}},
            {"name": "result-volume", "source": "stage", "stageConfig": {"name": f"{stage}/{job}"}},
        ],
    }
    if target > 1:
        spec["resourceManagement"] = {"controlPolicy": {"startupOrder": {"type": "FirstInstance"}}}
    if options.get("ENABLE_METRICS"):
        spec["platformMonitor"] = {"metricConfig": {"groups": ["system", "status", "network", "storage"]}}
    return dict(merged({"spec": spec}, options.get("SPEC_OVERRIDES") or {}))


def _stage(session: Session, path: str) -> str:
    from airflow_provider_spcs.emulator.stages.reference import parse

    reference = parse(path if path.startswith("@") else f"@{path}")
    name = session.qualify(reference.parts)
    return "@" + ".".join(quoted(part) for part in name) + (f"/{reference.path.rstrip('/')}" if reference.path else "")


def _whole(family: str, stages: int) -> dict[str, Any]:
    """All of a node, as each instance of an ML Job has; it requests what the sidecars of its stages leave.

    Source: the specification that snowflake-ml-python 1.20 built itself (``jobs/_utils/spec_utils.py``).
    """
    node = families.node(family)
    amounts = {"cpu": f"{int(node.cpu * 1000)}m", "memory": f"{node.memory // 2**30}Gi"}
    amounts |= {"nvidia.com/gpu": str(node.gpu)} if node.gpu else {}
    left = f"{(node.memory - stages * SIDECAR_MEMORY) // 2**20}Mi"
    return {"requests": {**amounts, "memory": left}, "limits": amounts}


def _count(options: dict[str, Any], key: str, default: int) -> int:
    found = options.get(key) or default
    if not str(found).isdigit():
        raise invalid_value(found, key, "It must be a whole number from 1.")
    return int(found)


def _integration(text: str) -> str:
    return Statement.parse(text).name()[0]


def _json(text: object, what: str) -> dict[str, Any]:
    try:
        found = json.loads(str(text))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise invalid_value(text, what, "It must be a JSON object.")
    return found
