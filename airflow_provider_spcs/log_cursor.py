"""Where one container's log has been read to, and what in another reading of it is new.

A reading may begin earlier than asked for, or be cut at its beginning; lines may repeat; many may have one timestamp.
So the place is the timestamp of the last line together with how many lines of that timestamp are read, and, for sources
without timestamps, the count of lines and the digests of the last of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from airflow_provider_spcs.log_lines import Entry
from airflow_provider_spcs.rows import moment

_TAIL = 24


def _digest(text: str) -> str:
    return hashlib.blake2s(text.encode(errors="surrogatepass"), digest_size=4).hexdigest()


@dataclass(slots=True)
class StreamCursor:
    """A place in one stream.

    Attributes:
        at: Timestamp of the last line that was read, as the source wrote it.
        seen: Lines of exactly that timestamp that were read.
        count: Lines that were read in all.
        tail: Digests of the last of them.
        shown: Characters of the unfinished line after them that were shown already.
        shown_digest: Digest of those characters.
    """

    at: str = ""
    seen: int = 0
    count: int = 0
    tail: list[str] = field(default_factory=list)
    shown: int = 0
    shown_digest: str = ""

    def to_json(self) -> list[Any]:
        """As JSON values."""
        return [self.at, self.seen, self.count, self.tail, self.shown, self.shown_digest]

    @classmethod
    def from_json(cls, value: Sequence[Any]) -> StreamCursor:
        """From what :meth:`to_json` gave."""
        at, seen, count, tail, shown, shown_digest = value
        return cls(str(at), int(seen), int(count), [str(digest) for digest in tail], int(shown), str(shown_digest))

    def new_in(self, lines: Sequence[Entry]) -> tuple[list[Entry], bool]:
        """Lines of a reading that are new, and whether there may be a hole before them."""
        if not self.count or not lines:
            return list(lines), False
        if self.at and all(line.at for line in lines):
            return self._after_timestamp(lines)
        return self._after_tail(lines)

    def _after_timestamp(self, lines: Sequence[Entry]) -> tuple[list[Entry], bool]:
        here = moment(self.at)
        times = [line.moment for line in lines]
        same = [index for index, time in enumerate(times) if time == here]
        if same:
            # Sources differ in how many digits of a second they keep: compared as times, counted in their order.
            place = same[min(self.seen, len(same)) - 1]
            return list(lines[place + 1 :]), False
        later = [index for index, time in enumerate(times) if time is not None and here is not None and time > here]
        return (list(lines[later[0] :]), later[0] == 0) if later else ([], False)

    def _after_tail(self, lines: Sequence[Entry]) -> tuple[list[Entry], bool]:
        digests = [_digest(line.text) for line in lines]
        tail = self.tail
        if digests[max(0, self.count - len(tail)) : self.count] == tail and len(digests) >= self.count:
            return list(lines[self.count :]), False
        # The reading is cut at its beginning: the place is where the longest end of the tail is found, the earliest of
        # equals, because a line shown twice harms less than a line lost.
        for length in range(len(tail), 0, -1):
            for start in range(len(digests) - length + 1):
                cut_there = length == len(tail) or start == 0
                if cut_there and digests[start : start + length] == tail[-length:]:
                    return list(lines[start + length :]), False
        return list(lines), True

    def take(self, line: Entry) -> str | None:
        """Note a line as read; what is to be shown of it: None when all was shown while it was unfinished."""
        rest: str | None = self._rest(line.text)
        if self.shown and rest is not None and not rest.strip():
            rest = None
        self.shown, self.shown_digest = 0, ""
        self.seen = self.seen + 1 if self.at and moment(line.at) == moment(self.at) else 1
        self.at = line.at
        self.count += 1
        self.tail = [*self.tail[-(_TAIL - 1) :], _digest(line.text)]
        return rest

    def show(self, pending: Entry) -> str:
        """Note an unfinished line as shown; what of it was not shown before."""
        rest = self._rest(pending.text)
        self.shown, self.shown_digest = len(pending.text), _digest(pending.text)
        return rest

    def _rest(self, text: str) -> str:
        if self.shown and _digest(text[: self.shown]) == self.shown_digest:
            return text[self.shown :]
        return text

    @property
    def moment(self) -> datetime | None:
        """Time of the last line, when the source tells."""
        return moment(self.at) if self.at else None
