"""Failures on demand: what networks, nodes, clocks and other clients do to jobs, by API and by file.

``account.faults.reply_lost(kind="EXECUTE JOB SERVICE")`` arms one; ``account.faults.log`` says what was injected.
"""

from airflow_provider_spcs.emulator.faults.fault import Fault, FaultError
from airflow_provider_spcs.emulator.faults.faults import Faults
from airflow_provider_spcs.emulator.faults.journal import Injected
from airflow_provider_spcs.emulator.faults.when import JobWhen, RequestWhen

__all__ = ["Fault", "FaultError", "Faults", "Injected", "JobWhen", "RequestWhen"]
