"""Which part of a long list a page shows."""

from __future__ import annotations

from dataclasses import dataclass

PER_PAGE = 50


@dataclass(frozen=True)
class Paging:
    """One page of a list.

    Args:
        number: From 1.
        total: Things in the whole list.
        per_page: Things on a page.
    """

    number: int
    total: int
    per_page: int = PER_PAGE

    @classmethod
    def of(cls, wanted: str, total: int, per_page: int = PER_PAGE) -> Paging:
        """The page that a request asks for, or the nearest that there is."""
        number = int(wanted) if wanted.isdecimal() and len(wanted) < 10 else 1
        last = max(1, -(-total // per_page))
        return cls(min(max(number, 1), last), total, per_page)

    @property
    def last(self) -> int:
        """Number of the last page."""
        return max(1, -(-self.total // self.per_page))

    @property
    def offset(self) -> int:
        """Things before this page."""
        return (self.number - 1) * self.per_page

    @property
    def first_shown(self) -> int:
        """Number of the first thing on it, from 1; 0 when there is none."""
        return self.offset + 1 if self.total else 0

    @property
    def last_shown(self) -> int:
        """Number of the last thing on it."""
        return min(self.offset + self.per_page, self.total)
