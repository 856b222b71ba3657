"""The geometry of the page's charts, in the units of their SVG view boxes; the page's template draws them."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 480.0
HEIGHT = 150.0
GAP = 3.0
ROOM_ABOVE = 18.0  # for a bar's number
MOST_BARS = 20
MOST_TICKS = 12
ROUND = tuple(round(digit * 10.0**power, 9) for power in range(-3, 9) for digit in (1, 2, 5))
TINY = 1e-9  # what floating point may be off


@dataclass(frozen=True)
class Bar:
    """An upright bar: its number stands above it, `range` says in words what was counted."""

    x: float
    y: float
    width: float
    height: float
    count: int
    range: str


@dataclass(frozen=True)
class Tick:
    """A mark on the axis below the bars."""

    x: float
    text: str


@dataclass(frozen=True)
class Histogram:
    """How often values fall between the ticks."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    width: float = WIDTH
    height: float = HEIGHT


@dataclass(frozen=True)
class Part:
    """A piece of a lying bar, in hundredths of its length. `kind` is its colour's name in the page's style."""

    kind: str
    x: float
    width: float
    count: int
    text: str


def histogram(values: Sequence[float], highest: float, unit: str) -> Histogram:
    """Counts `values` in equal intervals of a round size, from 0 to where `highest` fits in.

    A value between two intervals counts in the upper one, the end of the last in the last.
    """
    size = next(size for size in ROUND if highest / size <= MOST_BARS)
    bins = max(1, math.ceil(highest / size - TINY))
    counts = Counter(min(int(value / size + TINY), bins - 1) for value in values)
    tallest = max(counts.values(), default=1)
    step = WIDTH / bins
    bars = []
    for number in range(bins):
        height = (HEIGHT - ROOM_ABOVE) * counts[number] / tallest
        span = f"{number * size:g} to {(number + 1) * size:g} {unit}"
        bars.append(Bar(number * step + GAP / 2, HEIGHT - height, step - GAP, height, counts[number], span))
    every = 1 if bins <= MOST_TICKS else 2
    ticks = tuple(Tick(number * step, f"{number * size:g}") for number in range(0, bins + 1, every))
    return Histogram(tuple(bars), ticks)


def parts(*counted: tuple[str, int, str]) -> tuple[Part, ...]:
    """A lying bar's pieces, one for each kind, count and text."""
    total = sum(count for _, count, _ in counted)
    made, at = [], 0.0
    for kind, count, text in counted:
        width = 100 * count / total if total else 0
        made.append(Part(kind, at, width, count, text))
        at += width
    return tuple(made)
