"""What a person sees while the demo works: steps, tasks, log lines, time passing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status

# On a screen the spinner shows that time passes; in a file or a CI log a line does, this often (seconds).
_QUIET_SECONDS = 15.0


class Screen:
    """Lines, with one live line of progress under them."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._errors = Console(highlight=False, soft_wrap=True, stderr=True)
        self._status: Status | None = None
        self._label = ""
        self._since = 0.0
        self._spoke = 0.0

    def line(self, text: str, style: str = "") -> None:
        """Print one line."""
        self._spoke = time.monotonic()
        self.console.print(escape(text), style=style or None)

    def failure(self, text: str) -> None:
        """Print an error, to standard error."""
        self._errors.print(escape(text), style="bold red")

    @contextmanager
    def step(self, label: str) -> Iterator[None]:
        """Show that a step goes on, then how long it took."""
        began = time.monotonic()
        self.working(label)
        try:
            yield
        finally:
            self.idle()
        self.line(f"{label}  {time.monotonic() - began:.1f} s", "green")

    def working(self, label: str) -> None:
        """Set the live line; its clock starts when the label changes."""
        if label != self._label:
            self._label, self._since = label, time.monotonic()
        self.tick()

    def tick(self) -> None:
        """Show time passing."""
        if not self._label:
            return
        now = time.monotonic()
        text = f"{self._label} ({now - self._since:.0f} s)"
        if self.console.is_terminal:
            if self._status is None:
                self._status = self.console.status("")
                self._status.start()
            self._status.update(escape(text))
        elif now - self._spoke > _QUIET_SECONDS:
            self.line(f"... {text}")

    def idle(self) -> None:
        """Take the live line away."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        self._label = ""
