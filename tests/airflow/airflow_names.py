"""Names that moved between the Airflow versions on which these tests run: 3.1 has them elsewhere than 3.3."""

from __future__ import annotations

try:
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
except ImportError:
    from airflow.models.dagbag import DagBag, sync_bag_to_db  # type: ignore[no-redef,attr-defined]
try:
    from airflow.serialization.serialized_objects import DagSerialization
except ImportError:
    from airflow.serialization.serialized_objects import SerializedDAG as DagSerialization  # type: ignore

__all__ = ["DagBag", "DagSerialization", "sync_bag_to_db"]
