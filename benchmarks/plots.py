"""Plots as SVG, legible on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_COLOURS = ("#3b82c4", "#d9822b", "#3a9a5b", "#8a63c9", "#888888")
_MET, _MISSED = "#3a9a5b", "#d9542b"
_FONT = 'font-family="sans-serif" font-size="12" fill="#888"'


@dataclass(frozen=True, slots=True)
class Bar:
    """A value and its extremes; `good` chooses the colour."""

    name: str
    value: float
    lowest: float
    highest: float
    good: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Points of one colour."""

    name: str
    points: tuple[tuple[float, float], ...]


def bars(title: str, drawn: Sequence[Bar]) -> str:
    """Lying bars from 1 on a logarithmic scale, with their spread."""
    left, width, step = 400, 420, 22
    values = [value for bar in drawn for value in (bar.lowest, bar.highest, 1.0)]
    low, high = math.log10(min(values)), math.log10(max(values))
    room = max(high - low, 0.1)

    def place(value: float) -> float:
        return left + width * (math.log10(value) - low) / room

    parts = [_text(10, 18, title)]
    for number, bar in enumerate(drawn):
        y = 34 + number * step
        start, end = sorted((place(1), place(bar.value)))
        colour = _MET if bar.good else _MISSED
        parts += [
            _text(left - 8, y + 11, bar.name, "end"),
            f'<rect x="{start:.1f}" y="{y}" width="{max(end - start, 1):.1f}" height="14" fill="{colour}"/>',
            _line(place(bar.lowest), y + 7, place(bar.highest), y + 7),
            _text(left + width + 8, y + 11, f"{bar.value:.3g}"),
        ]
    height = 40 + len(drawn) * step
    parts.append(_line(place(1), 28, place(1), height - 6))
    return _svg(left + width + 60, height, parts)


def lines(title: str, drawn: Sequence[Line]) -> str:
    """Lines on logarithmic scales, with a mark at each power of ten."""
    left, top, width, height = 60, 40, 560, 300
    xs = [x for line in drawn for x, _ in line.points]
    ys = [y for line in drawn for _, y in line.points]
    x_low, x_high = (math.log10(edge(xs)) for edge in (min, max))
    y_low, y_high = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))

    def place(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - x_low) / max(x_high - x_low, 0.1)
        up = (math.log10(y) - y_low) / max(y_high - y_low, 1)
        return left + width * across, top + height * (1 - up)

    parts = [_text(10, 18, title)]
    for power in range(y_low, y_high + 1):
        y = place(xs[0], 10.0**power)[1]
        parts += [_line(left, y, left + width, y, "0.3"), _text(left - 6, y + 4, f"{10.0**power:g}", "end")]
    for x in sorted(set(xs)):
        parts.append(_text(place(x, 10.0**y_low)[0], top + height + 18, f"{x:,.0f}", "middle"))
    for line, colour in zip(drawn, _COLOURS, strict=False):
        places = [place(x, y) for x, y in line.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
    parts += _key(drawn, left + width + 20, top + 10)
    return _svg(left + width + 160, top + height + 30, parts)


def _key(drawn: Sequence[Line], x: float, y: float) -> Iterator[str]:
    for number, (line, colour) in enumerate(zip(drawn, _COLOURS, strict=False)):
        yield f'<rect x="{x}" y="{y + number * 20}" width="12" height="12" fill="{colour}"/>'
        yield _text(x + 18, y + number * 20 + 11, line.name)


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    inside = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}">\n{inside}\n</svg>\n'


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {_FONT}>{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, opacity: str = "1") -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#888" opacity="{opacity}"/>'
