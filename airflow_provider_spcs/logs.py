"""Follow a job's log: every container and instance, no line lost, none doubled across re-reads and restarts."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from airflow_provider_spcs.errors import SpcsError, StatementError
from airflow_provider_spcs.log_cursor import StreamCursor
from airflow_provider_spcs.log_lines import Entry, entries, is_stamped, level, readable
from airflow_provider_spcs.naming import JobName
from airflow_provider_spcs.rows import ContainerReport, LogRecord, moment
from airflow_provider_spcs.status import ContainerState

if TYPE_CHECKING:
    from airflow_provider_spcs.client import SpcsClient

#: Containers that Snowflake adds to mount stages; theirs is no log of the job.
_SIDECARS = "stage-mount-v2-sidecar-"
_TAIL_LINES = 100
#: Readings between two looks at the list of containers once all of them run.
_LOOK_AGAIN = 10
#: The most that one reading holds. Source: SYSTEM$GET_SERVICE_LOGS: the last 100 KB.
_READING_BYTES = 100_000

#: How much earlier than its place a reading begins: sources round times differently, and lines may share one.
_OVERLAP = timedelta(seconds=1)

Stream = tuple[int, str]


class Hole(NamedTuple):
    """Lines of one stream that were missed: after and before these times, both ISO and exclusive."""

    instance_id: int
    container: str
    after: str
    before: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line to show.

    Attributes:
        instance_id: From 0.
        container: Container's name.
        text: Without its newline, at most 16 KB.
        level: As in :mod:`logging`, read from the line's own beginning; INFO when it has none.
        timestamp: When the container wrote it, when the source tells.
        prefix: ``[main/0] `` when the job has more than one stream, else empty.
    """

    instance_id: int
    container: str
    text: str
    level: int
    timestamp: datetime | None = None
    prefix: str = ""

    def __str__(self) -> str:
        return self.prefix + self.text


class LogSource(Protocol):
    """Where lines come from."""

    def containers(self) -> list[ContainerReport]:
        """The job's containers now."""
        ...

    def recent(self, instance_id: int, container: str, *, since: str | None, timestamps: bool) -> str:
        """SYSTEM$GET_SERVICE_LOGS; raises StatementError when it cannot."""
        ...

    def persistent(self, start: datetime | None) -> list[LogRecord]:
        """SPCS_GET_LOGS; raises StatementError when it cannot."""
        ...


class LogFollower:
    """Reads what is new.

    Args:
        source: Where lines come from.
        cursor: What :attr:`cursor` gave before, to go on from there; None begins at the beginning.
        containers: Only these containers; all when None.
        job: The job's name, for messages.
    """

    def __init__(
        self,
        source: LogSource,
        cursor: dict[str, Any] | None = None,
        *,
        containers: Collection[str] | None = None,
        job: str = "",
    ) -> None:
        cursor = cursor or {}
        self._source = source
        self._wanted = None if containers is None else frozenset(containers)
        self._job = job
        self._streams: dict[Stream, StreamCursor] = {
            (int(instance), name): StreamCursor.from_json(place) for instance, name, place in cursor.get("streams", ())
        }
        self._plain = bool(cursor.get("plain", False))
        #: Times between which lines were missed: the persistent log may have them at the end.
        self._holes: list[Hole] = [
            Hole(int(i), name, after, before) for i, name, after, before in cursor.get("holes", ())
        ]
        self._pending: dict[Stream, str] = {}
        self._states: dict[Stream, ContainerState] = {}
        self._drained: set[Stream] = set()
        self._readings = 0
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._notices: list[str] = []
        self._told: set[str] = set()

    def poll(self) -> list[LogLine]:
        """Lines that are new since the last call, in order of time where the source tells it.

        Never raises for a job that is gone or has not begun: there is nothing new then.
        """
        self._look()
        found: list[LogLine] = []
        for stream in sorted(self._streams):
            if stream in self._drained or self._states.get(stream) is ContainerState.PENDING:
                continue
            ended = self._states.get(stream, ContainerState.UNKNOWN).ended
            lines = self._read(stream, last=False)
            if ended and lines == [] and stream not in self._pending:
                self._drained.add(stream)
            found += lines or ()
        return self._out(found)

    def finish(self) -> list[LogLine]:
        """The last lines after the job's end, before anything is dropped; falls back to the persistent log."""
        self._readings = 0
        self._look()
        found: list[LogLine] = []
        unread: set[Stream] = set()
        silent: set[Stream] = set()
        for stream in sorted(self._streams):
            lines = self._read(stream, last=True)
            found += lines or ()
            if lines is None:
                unread.add(stream)
            elif not self._streams[stream].count:
                # A node that is gone answers with nothing now and then, instead of an error.
                silent.add(stream)
        if unread or silent or self._holes or not self._streams:
            found += self._read_persistent(unread, silent)
        return self._out(found)

    @property
    def cursor(self) -> dict[str, Any]:
        """Where this is, as JSON values: give it to another follower to go on, in another process too."""
        return {
            "streams": [[instance, name, place.to_json()] for (instance, name), place in sorted(self._streams.items())],
            "plain": self._plain,
            "holes": [list(hole) for hole in self._holes],
        }

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines read (up to 100), with prefix, for an error's message."""
        return tuple(self._tail)

    @property
    def notices(self) -> list[str]:
        """What to tell the person, since the last call: which source is used, where lines may be missing."""
        told, self._notices = self._notices, []
        return told

    # Inside

    def _tell(self, notice: str) -> None:
        if notice not in self._told:
            self._told.add(notice)
            self._notices.append(notice)

    def _look(self) -> None:
        """Ask for the containers while some are not known to run, then now and then."""
        settled = bool(self._states) and ContainerState.PENDING not in self._states.values()
        if settled and self._readings % _LOOK_AGAIN:
            self._readings += 1
            return
        self._readings += 1
        try:
            reports = self._source.containers()
        except SpcsError:
            return
        for report in reports:
            if self._is_wanted(report.name):
                self._streams.setdefault((report.instance_id, report.name), StreamCursor())
                self._states[report.instance_id, report.name] = report.state

    def _is_wanted(self, container: str) -> bool:
        return container in self._wanted if self._wanted is not None else not container.startswith(_SIDECARS)

    def _read(self, stream: Stream, *, last: bool) -> list[LogLine] | None:
        """New lines of one stream; None when its log cannot be read now."""
        place = self._streams[stream]
        answer = self._recent(stream, place)
        if answer is None:
            return None
        text, stamped = answer
        whole, pending = entries(text, stamped=stamped)
        if last and pending is not None:
            whole, pending = [*whole, pending], None
        new, hole = place.new_in(whole)
        if hole and len(text.encode()) >= _READING_BYTES * 0.9:
            self._missed(stream, place, new[0])
        found = [self._line(stream, text, entry) for text, entry in _texts(place, new)]
        if pending is not None and place.new_in([pending])[0]:
            found += self._unfinished(stream, place, pending)
        else:
            self._pending.pop(stream, None)
        return found

    def _missed(self, stream: Stream, place: StreamCursor, first: Entry) -> None:
        if place.at and first.at:
            self._holes.append(Hole(*stream, place.at, first.at))
        self._tell(
            f"Log: {_label(stream)} writes more between two readings than one holds (100 KB); "
            "missing lines are looked for in the persistent log at the end"
        )

    def _unfinished(self, stream: Stream, place: StreamCursor, pending: Entry) -> list[LogLine]:
        """A line without its end is shown when it is a progress bar, or has not grown since the last reading."""
        before = self._pending.get(stream)
        self._pending[stream] = pending.text
        if len(pending.text) <= place.shown or ("\r" not in pending.text and before != pending.text):
            return []
        return [self._line(stream, place.show(pending), pending)]

    def _recent(self, stream: Stream, place: StreamCursor) -> tuple[str, bool] | None:
        """The newest log text of a stream, and whether its lines have timestamps."""
        try:
            if not self._plain and (text := self._stamped(stream, place)) is not None:
                return text, True
            text = self._source.recent(*stream, since=None, timestamps=False)
            # It may have begun to run between the two calls: only a form that fails beside one that works is refused.
            if not self._plain and (again := self._stamped(stream, place)) is not None:
                return again, True
        except SpcsError:
            return None
        self._plain = True
        self._tell("Log: SYSTEM$GET_SERVICE_LOGS without timestamps; equal lines at a cut cannot be told apart")
        return text, False

    def _stamped(self, stream: Stream, place: StreamCursor) -> str | None:
        """Text with timestamps; None when this account does not give any."""
        here = place.moment
        since = None if here is None else (here - _OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        try:
            text = self._source.recent(*stream, since=since, timestamps=True)
        except StatementError:
            return None
        if not is_stamped(text):
            return None
        if text:
            self._tell("Log: SYSTEM$GET_SERVICE_LOGS with timestamps")
        return text

    def _read_persistent(self, unread: set[Stream], silent: set[Stream]) -> list[LogLine]:
        """Lines of SPCS_GET_LOGS for streams that could not be read to their end, and for holes."""
        wanted = unread | silent
        starts = [self._streams[stream].moment for stream in wanted] + [moment(hole.after) for hole in self._holes]
        known = [start for start in starts if start is not None]
        try:
            # Without any line's time the default, the last day, is the longest that is asked for.
            records = self._source.persistent(min(known) if known and len(known) == len(starts) else None)
        except SpcsError as error:
            if unread or self._holes:
                self._tell(f"Log: it may be incomplete, the persistent log cannot be read: {error}")
                self._tell(_event_table_hint(self._job))
            return []
        found = []
        for stream, lines in sorted(self._by_stream(records).items()):
            found += [self._line(stream, line.text, line) for line in lines if self._in_hole(stream, line)]
            if stream in wanted or stream not in self._streams:
                place = self._streams.setdefault(stream, StreamCursor())
                new, _ = place.new_in(lines)
                found += [self._line(stream, text, entry) for text, entry in _texts(place, new)]
        if found:
            self._tell("Log: SPCS_GET_LOGS, for what the containers' own logs no longer had")
        elif unread or self._holes:
            self._tell(_event_table_hint(self._job))
        self._holes.clear()
        return found

    def _by_stream(self, records: Iterable[LogRecord]) -> dict[Stream, list[Entry]]:
        by_stream: dict[Stream, list[Entry]] = {}
        for record in records:
            if self._is_wanted(record.container):
                entry = Entry(record.text.removesuffix("\n"), record.timestamp.astimezone(UTC).isoformat())
                by_stream.setdefault((record.instance_id, record.container), []).append(entry)
        return by_stream

    def _in_hole(self, stream: Stream, line: Entry) -> bool:
        at = line.moment
        return any(
            (hole.instance_id, hole.container) == stream
            and at is not None
            and (after := moment(hole.after)) is not None
            and (before := moment(hole.before)) is not None
            and after < at < before
            for hole in self._holes
        )

    def _line(self, stream: Stream, text: str, entry: Entry) -> LogLine:
        shown = readable(text)
        prefix = f"[{_label(stream)}] " if len(self._streams) > 1 else ""
        return LogLine(stream[0], stream[1], shown, level(shown), entry.moment, prefix)

    def _out(self, lines: Iterable[LogLine]) -> list[LogLine]:
        found = list(lines)
        if all(line.timestamp is not None for line in found):
            found.sort(key=lambda line: line.timestamp or datetime.min.replace(tzinfo=UTC))
        self._tail.extend(map(str, found))
        return found


def _texts(place: StreamCursor, new: Iterable[Entry]) -> list[tuple[str, Entry]]:
    """Each new line with its text; of the first, some may have been shown while it was unfinished."""
    return [(text, entry) for entry in new if (text := place.take(entry)) is not None]


def _label(stream: Stream) -> str:
    return f"{stream[1]}/{stream[0]}"


def _event_table_hint(job: str) -> str:
    name = JobName.parse(job).name if job.count(".") == 2 else job
    return (
        "Log: the event table may have more in some minutes: SELECT TIMESTAMP, VALUE FROM SNOWFLAKE.TELEMETRY.EVENTS "
        f"WHERE RESOURCE_ATTRIBUTES:\"snow.service.name\" = '{name}' AND RECORD_TYPE = 'LOG' ORDER BY TIMESTAMP"
    )


class JobLogs:
    """The log of one job through a hook."""

    def __init__(self, hook: SpcsClient, name: JobName) -> None:
        self._hook = hook
        self._name = name

    def containers(self) -> list[ContainerReport]:
        """SHOW SERVICE CONTAINERS."""
        return self._hook.containers(self._name)

    def recent(self, instance_id: int, container: str, *, since: str | None, timestamps: bool) -> str:
        """SYSTEM$GET_SERVICE_LOGS."""
        return self._hook.container_logs(self._name, instance_id, container, since=since, timestamps=timestamps)

    def persistent(self, start: datetime | None) -> list[LogRecord]:
        """SPCS_GET_LOGS."""
        return self._hook.persistent_logs(self._name, start)


def follow(
    hook: SpcsClient,
    name: str | JobName,
    cursor: dict[str, Any] | None = None,
    *,
    containers: Collection[str] | None = None,
) -> LogFollower:
    """A follower of one job.

    Args:
        hook: Reads the log.
        name: Job's name.
        cursor: Where another follower left off.
        containers: Only these containers.
    """
    job = hook.qualify(name)
    return LogFollower(JobLogs(hook, job), cursor, containers=containers, job=str(job))
