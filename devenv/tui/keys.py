"""All keys in one table: it feeds the bindings, the footer, the help and the command palette."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from textual.binding import Binding

APP = "everywhere"
LIST = "in a list"
SERVICES = "services"
TASKS = "tasks"
DETAIL = "detail"
TIMELINE = "timeline"
LOG = "logs"
LOG_LINES = "lines of logs"
ENVIRONMENTS = "environments"
SYNC = "sync"
TYPING = "typing"


AT_ONCE = (
    *((where, LIST, APP) for where in (SERVICES, TASKS, TIMELINE, ENVIRONMENTS, SYNC)),
    (DETAIL, APP),
    (LOG, LOG_LINES, APP),
)
"""Parts whose keys work at the same time."""


@dataclass(frozen=True, slots=True)
class Key:
    """``id`` is its name in the user's configuration, ``keys`` what is pressed without one.

    ``word`` stands in the footer, ``about`` in help and palette. ``when`` says for what kind of
    row the footer shows it: a state's group, "one" for all, "any" where there is
    none too, or "" for never; see ``fitting``.
    """

    id: str
    keys: str
    action: str
    word: str
    about: str
    where: str
    when: str = ""

    @property
    def click(self) -> str:
        """What a click on it in the footer does; "" where that is the keyboard's alone."""
        if self.where in {LOG, TYPING}:
            return ""
        return f"{_NAMESPACES.get(self.where, 'screen')}.{self.action}"


_NAMESPACES = {APP: "app", LIST: "focused", LOG_LINES: "focused"}
_DO = "do('{}')".format

KEYS = (
    Key("help", "question_mark,f1", "help", "help", "Show the keys of this screen", APP, "any"),
    Key(
        "palette", "ctrl+p,colon", "command_palette", "commands", "Search all commands", APP, "any"
    ),
    Key("services", "1", "show('services')", "services", "Services and their logs", APP),
    Key("tasks", "2", "show('tasks')", "tasks", "Tasks and their last results", APP),
    Key("timeline", "3", "show('timeline')", "timeline", "How the start-up went", APP),
    Key("environments", "4", "show('environments')", "environments", "All of this machine", APP),
    Key("sync", "5", "show('sync')", "sync", "Files that follow into containers", APP),
    Key("up", "u", "do('up')", "up", "Bring all up, as the profile is now", APP, "rest"),
    Key("down", "D", "do('down')", "down", "Take the environment down, its data kept", APP),
    Key("theme", "ctrl+t", "next_theme", "theme", "Take the next theme", APP),
    Key("suspend", "ctrl+z", "suspend_process", "suspend", "To the shell; fg comes back", APP),
    Key("quit", "q,ctrl+c", "quit", "quit", "Leave; everything goes on running", APP, "any"),
    Key("list.up", "up,k", "up", "up", "One row up", LIST),
    Key("list.down", "down,j", "down", "down", "One row down", LIST),
    Key("list.page-up", "pageup,ctrl+b", "page(-1)", "page up", "A page up", LIST),
    Key("list.page-down", "pagedown,ctrl+f", "page(1)", "page down", "A page down", LIST),
    Key("list.first", "home,g", "edge(-1)", "first", "To the first row", LIST),
    Key("list.last", "end,G", "edge(1)", "last", "To the last row", LIST),
    Key("detail", "enter", "detail", "detail", "What is known of it", SERVICES),
    Key("start", "s", _DO("start"), "start", "Start", SERVICES, "rest"),
    Key("stop", "x", _DO("stop"), "stop", "Stop, and leave it stopped", SERVICES, "runs"),
    Key("restart", "r", _DO("restart"), "restart", "Stop and start", SERVICES, "runs,failed"),
    Key("open", "o", _DO("open"), "open", "Open its page in the browser", SERVICES, "page"),
    Key("shell", "e", _DO("shell"), "shell", "A shell as the service runs", SERVICES, "runs"),
    Key("attach", "a", _DO("attach"), "attach", "Take over its terminal", SERVICES, "terminal"),
    Key(
        "rebuild",
        "b",
        _DO("rebuild"),
        "rebuild",
        "Build it anew, and run what came of it",
        SERVICES,
        "built",
    ),
    Key(
        "logs", "l", "logs", "its logs", "Logs of this or of the marked, or of all", SERVICES, "any"
    ),
    Key("filter", "slash", "filter", "filter", "Show what matches what you type", SERVICES, "any"),
    Key("mark", "space", "mark", "mark", "Mark for the next action", SERVICES, "any"),
    Key("pause", "p", _DO("pause"), "pause", "Let it stand still, or go on", SERVICES, "contained"),
    Key("copy-url", "y", _DO("copy"), "copy URL", "Copy its address", SERVICES, "page"),
    Key("scale-up", "plus,equals_sign", _DO("more"), "more", "One replica more", SERVICES),
    Key("scale-down", "minus", _DO("fewer"), "fewer", "One replica less", SERVICES),
    Key("hide", "h", "hide", "hide stopped", "Hide or show what is stopped", SERVICES, "any"),
    Key("sort", "S", "sort", "sort", "Sort by the next column", SERVICES, "any"),
    Key(
        "zoom", "z,Z", "zoom", "zoom logs", "Logs over the whole screen, and back", SERVICES, "any"
    ),
    Key("clear", "escape", "clear", "clear", "Take back filter, marks and messages", SERVICES),
    Key("task.run", "enter,r", _DO("run"), "run", "Run the task now", TASKS, "one"),
    Key("task.stop", "x", _DO("stop"), "stop", "Stop the task", TASKS, "runs"),
    Key("task.detail", "d", "detail", "detail", "What it is made of, and why", TASKS, "one"),
    Key("timeline.detail", "d,enter", "detail", "detail", "What is known of it", TIMELINE, "one"),
    Key("back", "escape,backspace", "back", "back", "Back to where you came from", DETAIL, "any"),
    Key("detail.start", "s", _DO("start"), "start", "Start", DETAIL, "rest"),
    Key("detail.stop", "x", _DO("stop"), "stop", "Stop, and leave it stopped", DETAIL, "runs"),
    Key("detail.restart", "r", _DO("restart"), "restart", "Stop and start", DETAIL, "runs,failed"),
    Key(
        "detail.rebuild",
        "b",
        _DO("rebuild"),
        "rebuild",
        "Build it anew, and run what came of it",
        DETAIL,
        "built",
    ),
    Key("detail.logs", "l", "logs", "its logs", "Its logs, below the table", DETAIL, "any"),
    Key("detail.open", "o", _DO("open"), "open", "Open its page in the browser", DETAIL, "page"),
    Key("detail.shell", "e", _DO("shell"), "shell", "A shell as the service runs", DETAIL, "runs"),
    Key("detail.up", "k", "scroll(-1)", "up", "Scroll up", DETAIL),
    Key("detail.down", "j", "scroll(1)", "down", "Scroll down", DETAIL),
    Key(
        "environment.switch",
        "enter",
        "switch",
        "show",
        "Show this environment",
        ENVIRONMENTS,
        "one",
    ),
    Key("environment.up", "s", "environment('up')", "up", "Bring it up", ENVIRONMENTS, "local"),
    Key(
        "environment.down", "x", "environment('down')", "down", "Take it down", ENVIRONMENTS, "one"
    ),
    Key(
        "environment.extend",
        "e",
        "environment('extend')",
        "extend",
        "Let a preview live on",
        ENVIRONMENTS,
        "preview",
    ),
    Key("sync.pause", "p", _DO("sync-pause"), "pause", "Hold its files back", SYNC, "one"),
    Key(
        "sync.resume",
        "r",
        _DO("sync-resume"),
        "resume",
        "Go on, and carry over what was halted",
        SYNC,
        "one",
    ),
    Key("sync.detail", "enter", "detail", "detail", "What is known of the service", SYNC),
    Key("sync.flush", "f", _DO("sync-flush"), "flush", "Wait until all is there", SYNC, "one"),
    Key(
        "log.search",
        "slash",
        "ask('search')",
        "search",
        "Search by a regular expression",
        LOG,
        "any",
    ),
    Key("log.next-match", "n", "find(1)", "next match", "Next match", LOG),
    Key("log.previous-match", "N", "find(-1)", "previous match", "Previous match", LOG),
    Key("log.filter", "ampersand", "ask('keep')", "filter", "Only lines that match", LOG, "any"),
    Key("log.exclude", "exclamation_mark", "ask('drop')", "exclude", "No lines that match", LOG),
    Key("log.go-to-time", "at", "ask('time')", "go to time", "Go to a time", LOG),
    Key("log.save", "s", "ask('save')", "save", "Save what is shown or selected to a file", LOG),
    Key("log.fold-traces", "z", "fold", "fold traces", "Fold or unfold stack traces", LOG),
    Key(
        "log.clear",
        "escape",
        "clear",
        "back",
        "End selection, search, filter; then back to the table",
        LOG,
        "any",
    ),
    Key("log.line-up", "up,k", "move(-1)", "line up", "Line up", LOG_LINES),
    Key("log.line-down", "down,j", "move(1)", "line down", "Line down", LOG_LINES),
    Key("log.page-up", "pageup,b", "page(-1)", "page up", "Page up", LOG_LINES),
    Key("log.page-down", "pagedown,space", "page(1)", "page down", "Page down", LOG_LINES),
    Key("log.first-line", "home,g", "jump('begin')", "first line", "First line", LOG_LINES),
    Key("log.last-line", "end,G", "jump('end')", "last line", "Last line", LOG_LINES),
    Key("log.left", "left,h", "shift(-1)", "left", "Left", LOG_LINES),
    Key("log.right", "right,l", "shift(1)", "right", "Right", LOG_LINES),
    Key(
        "log.follow",
        "f",
        "jump('follow')",
        "follow",
        "Follow what comes, or hold",
        LOG_LINES,
        "any",
    ),
    Key("log.times", "t", "flip('times')", "times", "Show or hide the times", LOG_LINES, "any"),
    Key("log.wrap", "w", "flip('wrap')", "wrap", "Wrap long lines, or cut them", LOG_LINES, "any"),
    Key(
        "log.json-unfolded",
        "J",
        "flip('json')",
        "json unfolded",
        "Unfold all JSON lines",
        LOG_LINES,
    ),
    Key("log.unfold", "enter", "open", "unfold", "Unfold this line", LOG_LINES),
    Key("log.mark", "m", "mark", "mark", "Mark this line", LOG_LINES),
    Key("log.next-mark", "apostrophe", "to_mark(1)", "next mark", "Next mark", LOG_LINES),
    Key(
        "log.previous-mark",
        "quotation_mark",
        "to_mark(-1)",
        "previous mark",
        "Previous mark",
        LOG_LINES,
    ),
    Key("log.select", "v", "select", "select", "Begin or end a selection", LOG_LINES),
    Key("log.copy", "y", "copy", "copy", "Copy this line or the selection", LOG_LINES),
)
TYPED = (
    Key("typed.take", "enter", "", "take it", "Take what is typed", TYPING, "any"),
    Key("typed.leave", "escape", "", "leave it", "Take it back", TYPING, "any"),
)
"""Those that are told while something is typed; the fields have them by themselves."""
BY_ID = {key.id: key for key in KEYS}


def of(*where: str) -> Iterator[Key]:
    """The keys of some parts of the UI, part by part."""
    return (key for part in where for key in KEYS if key.where == part)


def bindings(where: str) -> list[Binding]:
    """Textual's bindings of one part."""
    return [Binding(key.keys, key.action, key.about, show=False, id=key.id) for key in of(where)]


def clash(remapped: Mapping[str, str]) -> tuple[str, str, str] | None:
    """A command that was given a key which another one has at the same time: it, the key, that."""
    for parts in AT_ONCE:
        takes: dict[str, str] = {}
        for pressed, name in sorted(
            _pressed(parts, remapped), key=lambda pair: pair[1] in remapped
        ):
            other = takes.setdefault(pressed, name)
            if other != name:
                return name, pressed, other
    return None


def _pressed(parts: Iterable[str], remapped: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is pressed in these parts, each with its command."""
    for key in of(*parts):
        for pressed in remapped.get(key.id, key.keys).split(","):
            yield pressed, key.id


def press(key: Key, remapped: Mapping[str, str]) -> str:
    """What the footer calls the key to press."""
    return named(remapped.get(key.id, key.keys).split(",")[0])


def named(pressed: str) -> str:
    """A key as people write it."""
    return _NAMES.get(pressed, pressed.replace("ctrl+", "^"))


_NAMES = {
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "plus": "+",
    "minus": "-",
    "ampersand": "&",
    "exclamation_mark": "!",
    "at": "@",
    "apostrophe": "'",
    "quotation_mark": '"',
    "equals_sign": "=",
    "escape": "esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "up": "↑",
    "down": "↓",
    "enter": "⏎",
}
