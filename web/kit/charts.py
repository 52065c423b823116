"""Charts as SVG that the server draws: where lines and bars stand, in units of a picture that is stretched to its
place. Pure. Words and figures stand around the picture and in a table, never inside of it.
"""

from collections.abc import Sequence

import msgspec

WIDTH, HEIGHT = 600, 140
HEADROOM = 8
"""What is left free above the highest value."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A course: `points` of the line, `area` below it, both as SVG has them, and the highest value."""

    points: str
    area: str
    top: int


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a column: where it stands, and the name of what it shows."""

    name: str
    x: float
    y: float
    width: float
    height: float


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """Stacked columns above and below a line at `zero`."""

    bars: list[Bar]
    zero: float


def line(values: Sequence[int]) -> Line:
    """The course of some values, the first at the left end and the last at the right one; none is below zero."""
    top = max(*values, 0, 0)
    step = WIDTH / max(len(values) - 1, 1)
    heights = [HEIGHT - value * (HEIGHT - HEADROOM) / max(top, 1) for value in values]
    if len(heights) == 1:
        heights = heights * 2
        step = WIDTH
    points = " ".join(f"{_told(place * step)},{_told(height)}" for place, height in enumerate(heights))
    return Line(points=points, area=f"0,{HEIGHT} {points} {WIDTH},{HEIGHT}", top=top)


def columns(above: Sequence[dict[str, int]], below: Sequence[dict[str, int]]) -> Columns:
    """A column for each place: its parts above the line, and those below it, from the line outwards."""
    highest = max((sum(parts.values()) for parts in above), default=0)
    lowest = max((sum(parts.values()) for parts in below), default=0)
    scale = HEIGHT / max(highest + lowest, 1)
    zero, step = highest * scale, WIDTH / max(len(above), 1)
    bars: list[Bar] = []
    for place, (up, down) in enumerate(zip(above, below, strict=True)):
        x, width = place * step + step * 0.2, step * 0.6
        height, depth = zero, zero
        for name, units in up.items():
            height -= units * scale
            bars.append(_bar(name, x, height, width, units * scale))
        for name, units in down.items():
            bars.append(_bar(name, x, depth, width, units * scale))
            depth += units * scale
    return Columns(bars=[bar for bar in bars if bar.height > 0], zero=round(zero, 1))


def share(part: int, whole: int) -> float:
    """How much of a hundred a part is of a whole, for a bar in a table."""
    return round(100 * part / whole, 1) if whole > 0 else 0.0


def _bar(name: str, x: float, y: float, width: float, height: float) -> Bar:
    return Bar(name=name, x=round(x, 1), y=round(y, 1), width=round(width, 1), height=round(height, 1))


def _told(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
