"""A follower of a log loses nothing and doubles nothing, whatever its source does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_spcs.errors import NoWarehouse, StatementError
from airflow_provider_spcs.logs import LogFollower, LogLine
from airflow_provider_spcs.rows import ContainerReport, LogRecord, moment
from airflow_provider_spcs.status import ContainerState

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Remote:
    """A job's log as Snowflake keeps it.

    Attributes:
        takes_timestamps: Whether the longer form of SYSTEM$GET_SERVICE_LOGS works in this account.
        since_is_inclusive: Whether lines of exactly that time are in the answer.
        gone: Whether the node is gone.
        ends_with_newline: Whether the answer ends with one.
        most_bytes: What one answer holds.
    """

    takes_timestamps: bool = True
    since_is_inclusive: bool = True
    gone: bool = False
    ends_with_newline: bool = True
    most_bytes: int = 100_000
    persistent_works: bool = True
    lines: dict[tuple[int, str], list[tuple[datetime, str]]] = field(default_factory=dict)
    state: ContainerState = ContainerState.READY
    calls: int = 0

    def write(self, *texts: str, at: float = 0, stream: tuple[int, str] = (0, "main")) -> None:
        """The container writes lines, all at one time."""
        self.lines.setdefault(stream, []).extend((START + timedelta(seconds=at), text) for text in texts)

    def containers(self) -> list[ContainerReport]:
        """SHOW SERVICE CONTAINERS."""
        return [ContainerReport(instance, name, self.state) for instance, name in self.lines]

    def recent(self, instance_id: int, container: str, *, since: str | None, timestamps: bool) -> str:
        """SYSTEM$GET_SERVICE_LOGS."""
        self.calls += 1
        if self.gone or (timestamps and not self.takes_timestamps):
            raise StatementError("SYSTEM$GET_SERVICE_LOGS", "no")
        lines = self.lines[instance_id, container]
        if since:
            begin = moment(since)
            assert begin is not None
            lines = [(at, text) for at, text in lines if at > begin or (self.since_is_inclusive and at == begin)]
        texts = [f"{at.isoformat().replace('+00:00', 'Z')} {text}" if timestamps else text for at, text in lines]
        whole = "\n".join(texts) + ("\n" if texts and self.ends_with_newline else "")
        return whole[-self.most_bytes :].partition("\n")[2] if len(whole) > self.most_bytes else whole

    def persistent(self, start: datetime | None) -> list[LogRecord]:
        """SPCS_GET_LOGS."""
        if not self.persistent_works:
            raise NoWarehouse("SPCS_GET_LOGS", "no warehouse")
        return [
            LogRecord(at, instance, container, text)
            for (instance, container), lines in self.lines.items()
            for at, text in lines
            if start is None or at >= start
        ]


def texts(lines: list[LogLine]) -> list[str]:
    """What is shown."""
    return [str(line) for line in lines]


def resumed(follower: LogFollower, remote: Remote) -> LogFollower:
    """Another process goes on: the cursor travels as JSON."""
    return LogFollower(remote, json.loads(json.dumps(follower.cursor)))


@pytest.mark.parametrize("takes_timestamps", [True, False])
def test_every_line_is_read_once_over_many_polls(takes_timestamps: bool) -> None:
    """Also when nothing is new."""
    remote = Remote(takes_timestamps=takes_timestamps)
    follower = LogFollower(remote)
    read = []
    for second in range(5):
        remote.write(f"line {second}", at=second)
        read += texts(follower.poll())
        read += texts(follower.poll())
    assert read + texts(follower.finish()) == [f"line {second}" for second in range(5)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from(["a", "b", "a b", ""]), max_size=4), st.integers(0, 2), st.booleans()),
        max_size=8,
    ),
    st.booleans(),
    st.booleans(),
)
def test_no_line_is_lost_or_doubled_across_polls_and_restarts(
    steps: list[tuple[list[str], int, bool]], inclusive: bool, newline: bool
) -> None:
    """Equal lines, equal times, restarts at any point, and both readings of `since`."""
    remote = Remote(since_is_inclusive=inclusive, ends_with_newline=newline)
    remote.write("first")
    follower, read, clock = LogFollower(remote), [], 0.0
    for written, later, restart in steps:
        clock += later
        remote.write(*written, at=clock)
        read += texts(follower.poll())
        if restart:
            follower = resumed(follower, remote)
    read += texts(follower.finish())
    assert read == [text for _, text in remote.lines[0, "main"]]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=8))
def test_no_line_is_lost_or_doubled_without_timestamps(steps: list[tuple[int, bool]]) -> None:
    """The count and the last lines find the place."""
    remote = Remote(takes_timestamps=False)
    remote.write("first")
    follower, read, number = LogFollower(remote), [], 0
    for count, restart in steps:
        remote.write(*[f"{number + index}" for index in range(count)])
        number += count
        read += texts(follower.poll())
        if restart:
            follower = resumed(follower, remote)
    assert read + texts(follower.finish()) == [text for _, text in remote.lines[0, "main"]]


def test_second_finish_reads_nothing() -> None:
    """The operator may finish after a trigger did."""
    remote = Remote(ends_with_newline=False)
    remote.write("a", "b")
    follower = LogFollower(remote)
    assert texts(follower.finish()) == ["a", "b"]
    assert follower.finish() == []
    assert resumed(follower, remote).finish() == []


def test_plain_reading_that_is_cut_at_its_beginning_goes_on_at_its_place() -> None:
    """The answer holds only the last of the log."""
    remote = Remote(takes_timestamps=False, most_bytes=60)
    remote.write("one", "two", "three")
    follower = LogFollower(remote)
    read = texts(follower.poll())
    remote.write(*[f"line {number}" for number in range(6)])
    assert read + texts(follower.poll()) == ["one", "two", "three", *(f"line {number}" for number in range(6))]


def test_lines_that_one_reading_could_not_hold_come_from_the_persistent_log() -> None:
    """Nothing is lost, and the person is told."""
    remote = Remote(most_bytes=100_000)
    remote.write("start")
    follower = LogFollower(remote)
    read = texts(follower.poll())
    for second in range(1, 3001):
        remote.write(f"{second} {'x' * 40}", at=second)
    read += texts(follower.poll())
    assert any("missing lines" in notice for notice in follower.notices)
    read += texts(resumed(follower, remote).finish())
    assert sorted(read) == sorted(text for _, text in remote.lines[0, "main"])


def test_log_of_a_node_that_is_gone_comes_from_the_persistent_log() -> None:
    """From where the last reading ended."""
    remote = Remote()
    remote.write("a", "b")
    follower = LogFollower(remote)
    read = texts(follower.poll())
    remote.write("c", at=1)
    remote.gone = True
    assert follower.poll() == []
    assert read + texts(follower.finish()) == ["a", "b", "c"]
    assert any("SPCS_GET_LOGS" in notice for notice in follower.notices)


def test_log_that_cannot_be_read_at_all_points_to_the_event_table() -> None:
    """The last source is a person's."""
    remote = Remote(gone=True, persistent_works=False)
    remote.write("a")
    follower = LogFollower(remote, job="DB.S.J")
    assert follower.finish() == []
    notices = follower.notices
    assert any("no warehouse" in notice for notice in notices)
    assert any("'J'" in notice and "EVENTS" in notice for notice in notices)
    assert follower.notices == []


def test_job_that_is_gone_gives_no_lines_and_no_error() -> None:
    """A failed log read is not a failed job."""
    follower = LogFollower(Remote())
    assert follower.poll() == []
    assert follower.finish() == []


def test_container_that_waits_is_not_read() -> None:
    """Its log does not exist; asking is an error."""
    remote = Remote(state=ContainerState.PENDING)
    remote.write("a")
    follower = LogFollower(remote)
    assert follower.poll() == []
    assert remote.calls == 0
    remote.state = ContainerState.READY
    assert texts(follower.poll()) == ["a"]


def test_streams_are_merged_by_time_and_prefixed_when_there_is_more_than_one() -> None:
    """One container needs no prefix."""
    remote = Remote()
    remote.write("a", at=1)
    remote.write("b", at=0, stream=(1, "main"))
    remote.write("c", at=2, stream=(0, "side"))
    assert texts(LogFollower(remote).poll()) == ["[main/1] b", "[main/0] a", "[side/0] c"]


def test_only_wanted_containers_are_read_and_sidecars_of_stages_never_by_themselves() -> None:
    """Snowflake's own containers are no log of the job."""
    remote = Remote()
    remote.write("a")
    remote.write("b", stream=(0, "side"))
    remote.write("c", stream=(0, "stage-mount-v2-sidecar-out"))
    assert texts(LogFollower(remote, containers=["side"]).poll()) == ["b"]
    assert texts(LogFollower(remote).poll()) == ["[main/0] a", "[side/0] b"]


def test_progress_bar_is_shown_while_it_grows_and_its_end_once() -> None:
    """Such a bar writes one line that grows; its last state is not shown twice."""
    remote = Remote(ends_with_newline=False)
    remote.write("10%")
    line = remote.lines[0, "main"]
    follower = LogFollower(remote)
    line[0] = (START, "10%\r20%")
    assert texts(follower.poll()) == ["20%"]
    assert follower.poll() == []
    line[0] = (START, "10%\r20%\r30%")
    assert texts(follower.poll()) == ["30%"]
    line[0] = (START, "10%\r20%\r30%\r100%")
    remote.write("done", at=1)
    assert texts(follower.poll()) == ["100%"]
    assert texts(follower.finish()) == ["done"]


def test_unfinished_line_waits_one_poll_and_is_not_doubled_when_it_grows() -> None:
    """A prompt without a newline is shown; what follows it is shown once."""
    remote = Remote(ends_with_newline=False)
    remote.write("loading ")
    follower = LogFollower(remote)
    assert follower.poll() == []
    assert texts(follower.poll()) == ["loading"]
    remote.lines[0, "main"][0] = (START, "loading done")
    remote.write("next", at=1)
    assert texts(follower.poll()) == ["done"]


def test_tail_holds_the_last_lines_for_an_error() -> None:
    """Up to a hundred, with prefix."""
    remote = Remote()
    remote.write(*[str(number) for number in range(150)])
    follower = LogFollower(remote)
    follower.poll()
    assert follower.tail == tuple(str(number) for number in range(50, 150))


def test_level_and_time_of_a_line_are_kept() -> None:
    """For the log page."""
    remote = Remote()
    remote.write("ERROR no", at=3)
    (line,) = LogFollower(remote).poll()
    assert (line.level, line.timestamp) == (40, START + timedelta(seconds=3))


def test_source_that_ignores_the_request_for_timestamps_is_read_without_them() -> None:
    """An answer without timestamps is not taken for one with them."""

    class Ignoring(Remote):
        def recent(self, instance_id: int, container: str, *, since: str | None, timestamps: bool) -> str:
            return super().recent(instance_id, container, since=None, timestamps=False)

    remote = Ignoring()
    remote.write("a")
    follower = LogFollower(remote)
    read = texts(follower.poll())
    remote.write("b")
    assert read + texts(follower.poll()) == ["a", "b"]
    assert any("without timestamps" in notice for notice in follower.notices)


def test_a_hundred_thousand_lines_a_minute_are_read_once_each() -> None:
    """A reading a second holds a second's lines: none is lost, none doubled, and a reading costs a call."""
    remote = Remote(most_bytes=150_000)
    remote.lines[0, "main"] = []
    follower = LogFollower(remote)
    shown: list[str] = []
    for second in range(15):
        # Earlier seconds are out of Snowflake's window.
        del remote.lines[0, "main"][:-2_000]
        remote.write(*(f"epoch {second} step {number}: loss 0.123456" for number in range(1_667)), at=second)
        shown += texts(follower.poll())
    shown += texts(follower.finish())
    assert len(shown) == len(set(shown)) == 15 * 1_667
    assert remote.calls <= 17
