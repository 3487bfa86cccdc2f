"""The service specification: read, checked against the reference, typed."""

from __future__ import annotations

from airflow_provider_spcs.emulator.services.spec.document import canonical, load
from airflow_provider_spcs.emulator.services.spec.model import ServiceSpec
from airflow_provider_spcs.emulator.services.spec.service import parse

__all__ = ["ServiceSpec", "canonical", "load", "parse"]
