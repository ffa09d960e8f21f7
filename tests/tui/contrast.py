"""How well the text on a screen can be told from what it stands on."""

from __future__ import annotations

from collections.abc import Iterator

from rich.segment import Segment
from textual.color import Color

from tests.tui.driving import Driver

DECORATION = set(" ▌▐▁▔▎▏▕│─╭╮╰╯┃━╸╺█▀▄▂▃▅▆▇▊▉▋▍\u2588🔎▘▝▖▌▞▛▗▚▐▜▙▟")


def segments(driver: Driver) -> Iterator[Segment]:
    """What is drawn, without what a modal screen dims behind itself."""
    screen = driver.app.screen
    for y, strip in enumerate(screen._compositor.render_strips()):
        for child in screen.children if screen.is_modal else [screen]:
            if child.region.y <= y < child.region.bottom:
                yield from strip.crop(child.region.x, child.region.right)


def faintest(driver: Driver) -> tuple[float, str]:
    """The lowest contrast of any text on the screen to what it stands on, and the text."""
    found = [(21.0, "nothing")]
    for segment in segments(driver):
        if segment.style and set(segment.text) - DECORATION:
            assert segment.style.color
            assert segment.style.bgcolor
            ink, ground = Color.from_rich_color(segment.style.color), Color.from_rich_color(segment.style.bgcolor)
            found.append((contrast(ink, ground), segment.text.strip()))
    return min(found)


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.r / 255, colour.g / 255, colour.b / 255)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def enough(theme: str) -> float:
    """The contrast that WCAG asks for: level AAA in the themes of high contrast, else AA."""
    return 7 if theme.endswith("-contrast") else 4.5
