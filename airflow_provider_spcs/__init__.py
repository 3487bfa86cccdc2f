"""Run container jobs on Snowflake from Apache Airflow, and the same DAG without an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_spcs.alerting import failure_facts
    from airflow_provider_spcs.compute_pools import SpcsComputePoolOperator
    from airflow_provider_spcs.decorators import spcs_cmd_task, spcs_task
    from airflow_provider_spcs.git import GitSource
    from airflow_provider_spcs.hooks import SpcsHook
    from airflow_provider_spcs.operators import SpcsJobOperator
    from airflow_provider_spcs.retry_policy import SpcsRetryPolicy
    from airflow_provider_spcs.sensors import SpcsJobSensor
    from airflow_provider_spcs.spec import (
        BlockVolume,
        Container,
        LocalVolume,
        MemoryVolume,
        Resources,
        SecretRef,
        ServiceSpec,
        StageVolume,
        VolumeMount,
    )
    from airflow_provider_spcs.triggers import SpcsJobTrigger

__version__ = "0.1.0"

__all__ = [
    "BlockVolume",
    "Container",
    "GitSource",
    "LocalVolume",
    "MemoryVolume",
    "Resources",
    "SecretRef",
    "ServiceSpec",
    "SpcsComputePoolOperator",
    "SpcsHook",
    "SpcsJobOperator",
    "SpcsJobSensor",
    "SpcsJobTrigger",
    "SpcsRetryPolicy",
    "StageVolume",
    "VolumeMount",
    "__version__",
    "failure_facts",
    "spcs_cmd_task",
    "spcs_task",
]

_HOMES = {
    "alerting": ("failure_facts",),
    "compute_pools": ("SpcsComputePoolOperator",),
    "decorators": ("spcs_cmd_task", "spcs_task"),
    "git": ("GitSource",),
    "hooks": ("SpcsHook",),
    "operators": ("SpcsJobOperator",),
    "retry_policy": ("SpcsRetryPolicy",),
    "sensors": ("SpcsJobSensor",),
    "spec": (
        "BlockVolume",
        "Container",
        "LocalVolume",
        "MemoryVolume",
        "Resources",
        "SecretRef",
        "ServiceSpec",
        "StageVolume",
        "VolumeMount",
    ),
    "triggers": ("SpcsJobTrigger",),
}


def __getattr__(name: str) -> Any:
    # Importing the package costs nothing: pure modules, the emulator and the command line must not load Airflow.
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
