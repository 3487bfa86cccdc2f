"""Runs one container of a job service as local processes; knows nothing of SQL.

``Runner(account).start(request)`` gives a ``RunningContainer``; ``container.record`` (a JSON-able dict) is what to keep
so that ``Runner.adopt(record)`` finds the container again after the emulator was stopped or killed.
"""

from airflow_provider_spcs.emulator.runner.container import RunningContainer
from airflow_provider_spcs.emulator.runner.images import Image, ImageNotFound, Images
from airflow_provider_spcs.emulator.runner.request import TOKEN_PATH, ContainerRequest, Mount, Neighbour, TokenSettings
from airflow_provider_spcs.emulator.runner.runner import Runner
from airflow_provider_spcs.emulator.runner.starting import StartError

__all__ = [
    "TOKEN_PATH",
    "ContainerRequest",
    "Image",
    "ImageNotFound",
    "Images",
    "Mount",
    "Neighbour",
    "Runner",
    "RunningContainer",
    "StartError",
    "TokenSettings",
]
