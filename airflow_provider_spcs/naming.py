"""A job's identity: its name and its comment, made from the task instance before anything is submitted.

The name is the lock: Snowflake refuses a second job of the same name (2002), so a task that crashed between submitting
and noting it finds its own job again by making the same name.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from airflow_provider_spcs.errors import InvalidName

#: The longest job name: it has to make one DNS label.
MAX_NAME = 63
_PLAIN = re.compile(r"[A-Z_][A-Z0-9_$]*\Z")
_JOB = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_HASH_LENGTH = 12
_NAME_SOURCE = "EXECUTE JOB SERVICE: quoted and case-sensitive names are not supported; 63 characters are one DNS label"


@dataclass(frozen=True, slots=True, order=True)
class JobName:
    """A job's qualified name, upper case, ready for SQL.

    Raises:
        InvalidName: When a part is not a plain identifier, or the name is longer than 63 characters.
    """

    database: str
    schema: str
    name: str

    def __post_init__(self) -> None:
        for field in ("database", "schema"):
            value = getattr(self, field).upper()
            object.__setattr__(self, field, value)
            if not _PLAIN.match(value) or len(value) > 255:
                raise InvalidName(
                    f"{field} of a job name",
                    f"{value!r} is not a plain identifier",
                    "Jobs live where names need no quotes: letters, digits, '_' and '$', first a letter or '_'",
                    f"Use a {field} with a plain name",
                    _NAME_SOURCE,
                )
        name = self.name.upper()
        object.__setattr__(self, "name", name)
        if not _JOB.match(name) or len(name) > MAX_NAME:
            raise InvalidName(
                "job name",
                f"{self.name!r} ({len(name)} characters) cannot name a job",
                f"A job's name has 1 to {MAX_NAME} letters, digits and '_', first a letter",
                "Choose another name, or leave it out to have one made",
                _NAME_SOURCE,
            )

    @classmethod
    def parse(cls, text: str, *, database: str | None = None, schema: str | None = None) -> JobName:
        """``DB.SCHEMA.NAME``; ``SCHEMA.NAME`` or ``NAME`` when the rest is given.

        Args:
            text: Dotted name; any case, plain parts or parts in double quotes that are upper case.
            database: Used when ``text`` has none.
            schema: Used when ``text`` has none.

        Raises:
            InvalidName: When a part is missing or is not a plain identifier.
        """
        parts = [_unquoted(part) for part in text.strip().split(".")]
        whole: list[str | None] = [*(database, schema)[: max(0, 3 - len(parts))], *parts]
        if len(whole) != 3 or not all(whole):
            raise InvalidName(
                "job name",
                f"{text!r} is not a qualified name",
                "A job is named DB.SCHEMA.NAME; database and schema may come from the connection",
                "Give all three, or set database and schema on the connection",
            )
        return cls(str(whole[0]), str(whole[1]), str(whole[2]))

    def __str__(self) -> str:
        return f"{self.database}.{self.schema}.{self.name}"


def _unquoted(part: str) -> str:
    part = part.strip()
    if len(part) > 2 and part[0] == part[-1] == '"' and part[1:-1].isupper():
        return part[1:-1]
    return part


@dataclass(frozen=True, slots=True)
class JobIdentity:
    """What makes two submissions the same job.

    Attributes:
        dag_id: DAG.
        task_id: Task, with its groups.
        run_id: DAG run.
        map_index: Index of a mapped task; -1 when it is not mapped.
        epoch: Same over automatic retries that may adopt, another after a failure of the job or a Clear.
        deployment: Which Airflow this is, so that two deployments on one schema do not collide.
    """

    dag_id: str
    task_id: str
    run_id: str
    map_index: int = -1
    epoch: int | str = 0
    deployment: str = ""

    @property
    def digest(self) -> str:
        """12 upper-case hexadecimal digits over everything but the epoch."""
        text = json.dumps([self.deployment, self.dag_id, self.task_id, self.run_id, self.map_index])
        return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH].upper()


def job_name(identity: JobIdentity, prefix: str = "AF") -> str:
    """The job's unqualified name: readable part, hash, epoch; for example ``AF_WEEKLY_RETRAIN_TRAIN_3F9A0C11D2E4_1``.

    The same identity gives the same name on every machine and version; the readable part is cut when it is too long,
    the hash and the epoch never are.

    Args:
        identity: The job's identity.
        prefix: Begins the name; made of letters, digits and ``_`` as needed.

    Raises:
        InvalidName: When the epoch has no letter or digit, or is longer than 16 characters.
    """
    epoch = _plain(str(identity.epoch))
    if not epoch or len(epoch) > 16:
        raise InvalidName(
            "epoch of a job name", f"{identity.epoch!r}", "An epoch has 1 to 16 letters and digits", "Use a number"
        )
    tail = f"_{identity.digest}_{epoch}"
    if identity.map_index >= 0:
        tail = f"_M{identity.map_index}{tail}"
    readable = "_".join(part for part in map(_plain, (prefix, identity.dag_id, identity.task_id)) if part)
    if not readable or not readable[0].isalpha():
        readable = f"J_{readable}".rstrip("_")
    return readable[: MAX_NAME - len(tail)].rstrip("_") + tail


def _plain(text: str) -> str:
    """``text`` in letters, digits and single underscores, upper case."""
    return re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a job's COMMENT says of where it comes from.

    Attributes:
        dag_id: DAG.
        task_id: Task, with its groups.
        run_id: DAG run.
        try_number: The try that submitted it, from 1.
        map_index: Index of a mapped task; -1 when it is not mapped.
        provider: This package's version.
        deployment: Which Airflow submitted it.
        payload: Commit or content hash of the code that runs in the job; empty when there is none.
        note: The user's own comment.
        generation: Grows when the task is cleared, stays over automatic retries; -1 when it is not known.
        run_started: When the DAG run began, as text; tells a run from an earlier one of the same id.
        detached: 1 when the task does not wait for its job, 0 when it does; -1 when it is not known.
    """

    dag_id: str
    task_id: str
    run_id: str
    try_number: int = 1
    map_index: int = -1
    provider: str = ""
    deployment: str = ""
    payload: str = ""
    note: str = ""
    generation: int = -1
    run_started: str = ""
    detached: int = -1

    def to_comment(self) -> str:
        """One line of JSON, keys sorted; empty fields are left out."""
        body = {key: value for key, value in asdict(self).items() if value not in ("", -1)}
        return json.dumps({"spcs": 1, **body}, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_comment(cls, text: str | None) -> Stamp | None:
        """The stamp in a comment; None when the comment is somebody else's."""
        try:
            body = json.loads(text or "")
        except ValueError:
            return None
        if not isinstance(body, dict) or body.get("spcs") != 1:
            return None
        return cls._from_body(body)

    @classmethod
    def _from_body(cls, body: Mapping[str, Any]) -> Stamp | None:
        known = {field.name: body[field.name] for field in fields(cls) if field.name in body}
        if not all(isinstance(known.get(key), str) for key in ("dag_id", "task_id", "run_id")):
            return None
        if not all(isinstance(known.get(key, 0), int) for key in ("try_number", "map_index", "generation", "detached")):
            return None
        return cls(**known)

    def same_task(self, other: Stamp) -> bool:
        """Whether both come from one task instance, whatever the try, the provider's version or the payload."""
        keys = ("deployment", "dag_id", "task_id", "run_id", "map_index")
        return all(getattr(self, key) == getattr(other, key) for key in keys)
