"""What can go wrong while the demo is set up or run."""

from __future__ import annotations


class DemoError(RuntimeError):
    """A step failed; the message says where, what, the rule, the mend."""
