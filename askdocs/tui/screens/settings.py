"""What can be chosen: every setting with its value and meaning, changed in askdocs.toml."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.suggester import SuggestFromList
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from askdocs.config import ABOUT, SETTINGS_FILE, THEME_FIELDS, Counts, Settings, allowed_values
from askdocs.rendering.render import one_line, visible
from askdocs.tui import work
from askdocs.tui.keymap import LIST, actions, default_keys
from askdocs.tui.messages import SettingChanged, SettingsRead
from askdocs.tui.themes import OWN, THEMES, theme_names
from askdocs.tui.widgets.keys import KeyBar

if TYPE_CHECKING:
    from askdocs.tui.app import AskdocsApp

_NAME_WIDTH = 22


@dataclass(frozen=True, slots=True)
class _Row:
    """A setting on show: `value` as the file has it, `running` if that is another one until the next start."""

    name: str
    value: str
    default: str
    meaning: str
    allowed: str
    counts: str
    choices: tuple[str, ...] = ()
    running: str | None = None


class SettingList(OptionList):
    """The settings under their headings."""

    BINDING_GROUP_TITLE = "The settings"
    BINDINGS: ClassVar[list[BindingType]] = [
        *LIST,
        Binding("enter", "select", "Change", tooltip="edit the value", id="change"),
        Binding(
            "space", "screen.next_value", "Next value", tooltip="the next of the values that there are", id="next_value"
        ),
        Binding(
            "delete,backspace",
            "screen.default",
            "Default",
            tooltip="take the setting out of the file",
            id="default_value",
        ),
    ]


class SettingsScreen(Screen[None]):
    """A list; Enter edits the value in a line below it, where a bad one is refused with what is allowed."""

    CSS_PATH = "settings.tcss"
    AUTO_FOCUS = "SettingList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="back"),
        Binding("f8", "app.pop_screen", "Back", show=False, id="settings"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, _Row] = {}
        self._edited = ""
        self._directory = Path.cwd()

    def compose(self) -> ComposeResult:
        """The file, the settings, the meaning of the one that is chosen, and a line to edit it."""
        file = one_line(f"{self._directory.name}/{SETTINGS_FILE}")
        yield Static(f"Settings in {file}", id="title", markup=False)
        yield SettingList(markup=False)
        yield Static("", id="meaning", markup=False)
        value = Input(id="value")
        value.cursor_blink = False
        yield value
        yield Static("", id="notice", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the file; it may have been edited by hand."""
        self._input.display = False
        self._say("")
        work.in_thread(self, "settings", work.read_settings, self._directory)

    def on_settings_read(self, message: SettingsRead) -> None:
        """Show what the file says, or what is in use if it can't be read."""
        self._show(message.settings or self._app.settings)
        self._say(message.trouble)

    # Choosing

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Explain the setting."""
        if event.option.id:
            self._explain(self._rows[event.option.id])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Edit its value."""
        if not event.option.id:
            return
        row = self._rows[event.option.id]
        self._edited = row.name
        self._say("")
        self._input.border_title = Content(row.name)
        self._input.suggester = SuggestFromList(row.choices) if row.choices else None
        self._input.value = visible(row.value)
        self._input.display = True
        self._input.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write the value, or leave it to the default where nothing else is meant by an empty one."""
        if event.value == visible(self._rows[self._edited].value):
            self._close_input()
        else:
            empty = not event.value.strip() and "." in self._edited
            self._write(self._edited, None if empty else event.value)

    def action_next_value(self) -> None:
        """The next of the few values that there are."""
        row = self._chosen
        if row and row.choices:
            place = row.choices.index(row.value) if row.value in row.choices else -1
            self._write(row.name, row.choices[(place + 1) % len(row.choices)])

    def action_default(self) -> None:
        """Take the setting out of the file."""
        if row := self._chosen:
            self._write(row.name, None)

    def action_back(self) -> None:
        """From the value to the list, and from there to where one came from."""
        if self._input.display:
            self._close_input()
        else:
            self.app.pop_screen()

    def on_setting_changed(self, message: SettingChanged) -> None:
        """Show all as it is now, or why the value was refused."""
        message.stop()
        if message.settings is None:
            self._say(message.trouble)
            return
        self._app.adopt(message.settings)
        self._close_input()
        self._show(message.settings)
        counts = ABOUT[message.name.partition(".")[0]].counts
        self._notice(f"✓ {message.name} is written; it counts {counts}.")

    # Drawing

    @property
    def _app(self) -> AskdocsApp:
        return cast("AskdocsApp", self.app)

    @property
    def _input(self) -> Input:
        return self.query_one("#value", Input)

    @property
    def _list(self) -> SettingList:
        return self.query_one(SettingList)

    @property
    def _chosen(self) -> _Row | None:
        option = self._list.highlighted_option
        return self._rows[option.id] if option and option.id else None

    def _write(self, name: str, text: str | None) -> None:
        from askdocs.tui.app import check_settings

        work.in_thread(self, "setting", work.write_setting, self._directory, name, text, check_settings)

    def _close_input(self) -> None:
        self._input.display = False
        self._say("")
        self._list.focus()

    def _show(self, settings: Settings) -> None:
        rows = list(_rows(settings, self._app.settings))
        self._rows = {row.name: row for row in rows}
        options: list[Option] = []
        for row in rows:
            table = row.name.partition(".")[0] if "." in row.name else ""
            if table and not any(option.id == f"-{table}" for option in options):
                options.append(Option(Content.styled(f"\n{_HEADINGS[table]}", "bold"), disabled=True, id=f"-{table}"))
            options.append(Option(_line(row), id=row.name))
        at = self._list.highlighted
        self._list.clear_options()
        self._list.add_options(options)
        self._list.highlighted = at or 0

    def _explain(self, row: _Row) -> None:
        lines = [Content.styled(row.meaning[:1].upper() + row.meaning[1:] + ".", "bold")]
        lines.append(Content(f"Allowed: {row.allowed}. A change counts {row.counts}."))
        self.query_one("#meaning", Static).update(Content("\n").join(lines))

    def _say(self, trouble: str) -> None:
        self._notice(f"✗ {trouble}" if trouble else "")
        self.query_one("#notice").set_class(bool(trouble), "-trouble")

    def _notice(self, text: str) -> None:
        notice = self.query_one("#notice", Static)
        notice.update(Content(visible(text)))
        notice.display = bool(text)


_HEADINGS = {"keys": "Keys", "own_theme": "A theme of your own"}


def _line(row: _Row) -> Content:
    name = row.name.partition(".")[2] or row.name
    value = one_line(row.value) or "(empty)"
    line = Content.assemble((f"{name:<{_NAME_WIDTH}} ", "bold" if row.value != row.default else ""), value)
    if row.value == row.default:
        line += Content("  (default)")
    if row.running is not None:
        line += Content.styled(f"  (until the next start: {one_line(row.running) or 'empty'})", "bold")
    return line


def _rows(settings: Settings, running: Settings) -> Iterator[_Row]:
    defaults = Settings()
    for name, about in ABOUT.items():
        value = getattr(settings, name)
        if isinstance(value, bool | int | str):
            choices = about.allowed or (("true", "false") if isinstance(value, bool) else ())
            choices = tuple(theme_names(settings)) if name == "theme" else choices
            allowed = ", ".join(choices) if choices else allowed_values(name)
            now = getattr(running, name)
            yield _Row(
                name, _text(value), _text(getattr(defaults, name)), about.meaning, allowed, about.counts,
                choices, _text(now) if now != value and about.counts in (Counts.START, Counts.REBUILD) else None,
            )  # fmt: skip
    about = ABOUT["keys"]
    for name, action in actions().items():
        default = default_keys(name, settings)
        meaning = f"the keys for “{action.meaning}”"
        allowed = "one key, or several with commas between them, as in f5,ctrl+t; empty for the default"
        yield _Row(f"keys.{name}", settings.keys.get(name, default), default, meaning, allowed, about.counts)
    about = ABOUT["own_theme"]
    for name, what in THEME_FIELDS.items():
        value = settings.own_theme.get(name, "")
        if name == "base":
            names = tuple(theme for theme in theme_names(settings) if theme != OWN)
            allowed = f"{', '.join(names)}; empty for {THEMES[0].name}"
            yield _Row("own_theme.base", value, "", what, allowed, about.counts, names)
        else:
            allowed = "#rrggbb, rgb(0,0,0), or the name of a colour; empty for that of the base"
            yield _Row(f"own_theme.{name}", value, "", what, allowed, about.counts)


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
