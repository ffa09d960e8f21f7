"""How far indexing is, on two lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from askdocs.rendering.render import one_line
from askdocs.tui.pace import size_text, time_left
from askdocs.wording import count

_BAR = 30


@dataclass(frozen=True, slots=True)
class Progress:
    """What a run of indexing is at, and how much of what it has to do is done; sizes are in bytes.

    `rate` (a second) and `seconds_left` are None as long as they can't be told.
    """

    stage: str
    path: str = ""
    files: int = 0
    all_files: int = 0
    done: int = 0
    total: int = 0
    failed: int = 0
    rate: float | None = None
    seconds_left: float | None = None


class ProgressView(Widget):
    """Hidden until there is something to see."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"progress--done", "progress--rest", "progress--detail", "progress--failed"}
    DEFAULT_CSS = """
    ProgressView {
        display: none;
        height: 2;
        padding: 0 2;
        background: $surface;

        &.-shown {
            display: block;
        }

        .progress--done {
            color: $primary;
        }

        .progress--rest {
            color: $foreground 15%;
        }

        .progress--detail {
            color: $foreground-muted;
        }

        .progress--failed {
            color: $text-warning;
            text-style: bold;
        }
    }
    """

    progress: reactive[Progress] = reactive(Progress(""))
    shown: reactive[bool] = reactive(False, toggle_class="-shown")

    def render(self) -> Content:
        """The stage, a bar and the time left; then how much, how fast, what failed, and the latest file."""
        now = self.progress
        width = self.content_size.width
        first = Content(now.stage)
        if now.total:
            share = min(1.0, now.done / now.total)
            lit = int(share * _BAR)
            left = f"  {time_left(now.seconds_left)}" if now.seconds_left is not None else ""
            first = Content.assemble(
                first,
                "  ",
                ("━" * lit, ".progress--done"),
                ("─" * (_BAR - lit), ".progress--rest"),
                f" {share:4.0%}{left}",
            )
        details = []
        if now.total:
            details.append(f"{now.files:,} of {count(now.all_files, 'file')}")
            details.append(f"{size_text(now.done)} of {size_text(now.total)}")
        if now.rate is not None:
            details.append(f"{size_text(now.rate)}/s")
        second = Content.styled(" · ".join(details), ".progress--detail")
        if now.failed:
            second += Content.assemble(" · " if details else "", (f"{now.failed:,} failed", ".progress--failed"))
        if now.path:
            second += Content.styled(f"{' · ' if second else ''}{one_line(now.path)}", ".progress--detail")
        return Content("\n").join([first.truncate(width, ellipsis=True), second.truncate(width, ellipsis=True)])
