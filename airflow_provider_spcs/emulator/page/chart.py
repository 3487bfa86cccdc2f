"""A line of numbers as the points of an SVG drawing."""

from __future__ import annotations

import math
from dataclasses import dataclass

WIDTH, HEIGHT = 320, 120
_LEFT, _RIGHT, _TOP, _BOTTOM = 10, 10, 14, 14


@dataclass(frozen=True)
class Point:
    """One value and where it is drawn."""

    label: str
    value: float
    x: float
    y: float


@dataclass(frozen=True)
class Line:
    """A drawn line; ``low`` and ``high`` are the least and the greatest value."""

    points: list[Point]
    low: float
    high: float

    @property
    def path(self) -> str:
        """The ``points`` of a polyline."""
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)

    @property
    def said(self) -> str:
        """The drawing in words, for who does not see it."""
        return ", ".join(f"{point.label}: {point.value:.6g}" for point in self.points[-30:])


def line(values: list[tuple[str, float]]) -> Line:
    """The values from left to right; what is no finite number is left out."""
    finite = [(label, value) for label, value in values if math.isfinite(value)]
    if not finite:
        return Line([], 0.0, 0.0)
    low, high = min(value for _, value in finite), max(value for _, value in finite)
    room, span = HEIGHT - _TOP - _BOTTOM, high - low
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(finite) - 1)
    points = []
    for index, (label, value) in enumerate(finite):
        share = (value - low) / span if span else 0.5
        x = WIDTH / 2 if len(finite) == 1 else _LEFT + index * step
        points.append(Point(label, value, x, _TOP + room * (1 - share)))
    return Line(points, low, high)
