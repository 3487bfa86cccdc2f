"""A typed service specification: frozen dataclasses <-> YAML, checked against the whole reference."""

from __future__ import annotations

from airflow_provider_spcs.spec.model import (
    Container,
    Endpoint,
    Probe,
    Resources,
    SecretRef,
    ServiceRole,
    ServiceSpec,
    SessionToken,
)
from airflow_provider_spcs.spec.volumes import BlockVolume, LocalVolume, MemoryVolume, StageVolume, Volume, VolumeMount

__all__ = [
    "BlockVolume",
    "Container",
    "Endpoint",
    "LocalVolume",
    "MemoryVolume",
    "Probe",
    "Resources",
    "SecretRef",
    "ServiceRole",
    "ServiceSpec",
    "SessionToken",
    "StageVolume",
    "Volume",
    "VolumeMount",
]
