"""From a line of a log to rows of the screen. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import localtime, strftime

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from devenv.logs.assemble import Line
from devenv.logs.find import Finder
from devenv.logs.level import level_of
from devenv.logs.segment import NOTE
from devenv.tui.widgets.log_text import LONGEST, body, unfolded

_CONSOLE = Console(width=80, color_system="truecolor", force_terminal=True)
_NARROWEST = 8
_INDENT = 2
_MARK = "● "
_CUT = "›"
"""At the end of a line that goes on."""
PLAIN = Style()


@dataclass(frozen=True, slots=True)
class Look:
    """How lines are painted: cells of ``width``, the first ``left`` of a line left out.

    ``gutter``: all leave room for a mark ahead of them.
    ``names`` are labels of sources, all of one width, and their styles: by the name of a level,
    ``time``, ``note``, ``key``, ``match``, ``fold``.
    """

    width: int
    left: int = 0
    wrap: bool = False
    times: bool = False
    json: bool = False
    gutter: bool = False
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    styles: Mapping[str, Style] = field(default_factory=dict)
    finder: Finder | None = None

    def style(self, name: str) -> Style:
        return self.styles.get(name, PLAIN)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the screen, as wide as that, and the text in it that can be copied."""

    strip: Strip
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What a line brings along: the lines folded below it, whether these are shown, a mark."""

    name: str
    line: Line
    folded: Sequence[bytes] = ()
    is_open: bool = False
    is_marked: bool = False


def paint(entry: Entry, look: Look) -> list[Row]:
    """Return the rows of a line, at least one."""
    head = _gutter(entry, look) + heading(entry, look)
    room = max(look.width - head.cell_len, _NARROWEST)
    bodies = [_first(entry, look, room)]
    margin = Text(" " * _INDENT)
    if entry.is_open:
        bodies += [margin + body(line, _longest(look, room)) for line in entry.folded]
    if look.json or entry.is_open:
        bodies += [margin + row for row in unfolded(entry.line[2], look.style("key"))]
    rows: list[Row] = []
    for text in bodies:
        _mark_matches(text, look)
        for part in _parts(text, look, room):
            rows.append(_row(head, part, look, room))
            head = Text(" " * head.cell_len)
    return rows


def heading(entry: Entry, look: Look) -> Text:
    """Return what stands ahead of a line, in copies too: its time, its service."""
    head = Text()
    if look.times:
        head.append(clock(entry.line[0]) + " ", look.style("time"))
    label, style = look.names.get(entry.name, ("", ""))
    if label:
        head.append(label, look.style(style))
        head.append(" │ ", look.style("time"))
    return head


def clock(time_ns: int) -> str:
    """Return the local time of day with its milliseconds."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{strftime('%H:%M:%S', localtime(seconds))}.{rest // 1_000_000:03}"


def plain(entry: Entry, look: Look) -> list[str]:
    """Return a line and what is folded below it as they are copied: whole, without colours."""
    head = heading(entry, look).plain
    return [head + body(line, len(line)).plain for line in (entry.line[2], *entry.folded)]


def shifted(entry: Entry, line: bytes, look: Look) -> int:
    """Return how many cells to leave out so that a match in ``line`` is seen: as now, if one is.

    ``line`` is that of the entry, or one that is folded below it.
    """
    if look.finder is None or look.wrap:
        return look.left
    head = _gutter(entry, look) + heading(entry, look)
    room = max(look.width - head.cell_len, _NARROWEST) - len(_CUT)
    indent = 0 if line == entry.line[2] else _INDENT
    text = body(line).plain
    matches = [
        tuple(indent + cell_len(text[:at]) for at in span) for span in look.finder.spans(text)
    ]
    if not matches or any(look.left <= begin and end <= look.left + room for begin, end in matches):
        return look.left
    begin, end = matches[0]
    return 0 if end <= room else max(begin - room // 3, min(begin, end - room))


def divider(look: Look) -> Row:
    """Return what stands between the lines that were there and those that came meanwhile."""
    text = Text("── new ".ljust(max(look.width, 8), "─"), look.style("new"))
    return _filled(Strip(text.render(_CONSOLE)), look)


def restyled(strip: Strip, style: Style) -> Strip:
    """Return the same text with ``style`` over its own."""
    segments = [Segment(text, (own or PLAIN) + style) for text, own, _ in strip]
    return Strip(segments, strip.cell_length)


def _gutter(entry: Entry, look: Look) -> Text:
    if not look.gutter:
        return Text()
    return Text().append(_MARK, look.style("mark")) if entry.is_marked else Text(" " * len(_MARK))


def _first(entry: Entry, look: Look, room: int) -> Text:
    _, stream, data = entry.line
    text = body(data, _longest(look, room))
    if stream == NOTE:
        text.stylize(look.style("note"))
    elif not text.spans:
        text.stylize(look.style(level_of(data)))
    if entry.folded and not entry.is_open:
        text.append(f"  ⋯ {len(entry.folded)} lines", look.style("fold"))
    return text


def _longest(look: Look, room: int) -> int:
    """Return how many bytes can have to do with what is seen."""
    return LONGEST if look.wrap else min(LONGEST, max(4096, 8 * (look.left + room)))


def _mark_matches(text: Text, look: Look) -> None:
    if look.finder is not None:
        for begin, end in look.finder.spans(text.plain):
            text.stylize(look.style("match"), begin, end)


def _parts(text: Text, look: Look, room: int) -> Iterable[Text]:
    if not look.wrap:
        return [text]
    if text.cell_len <= room:
        return [text]
    return text.divide(_breaks(text.plain, room))


def _breaks(text: str, room: int) -> list[int]:
    """Return where the rows of a wrapped text begin, but for the first."""
    if text.isascii():
        return list(range(room, len(text), room))
    breaks, width = [], 0
    for index, character in enumerate(text):
        cells = cell_len(character)
        if width + cells > room:
            breaks.append(index)
            width = 0
        width += cells
    return breaks


def _row(head: Text, part: Text, look: Look, room: int) -> Row:
    strip = Strip(part.render(_CONSOLE))
    is_cut = not look.wrap and strip.cell_length > look.left + room
    if is_cut or (look.left and not look.wrap):
        strip = strip.crop(look.left, look.left + room)
    before = head.render(_CONSOLE) if head.plain else ()
    row = _filled(Strip([*before, *strip]), look)
    if not is_cut:
        return row
    sign = Strip([Segment(_CUT, look.style("base") + look.style("fold"))])
    return Row(Strip.join((row.strip.crop(0, look.width - 1), sign)), row.text)


def _filled(strip: Strip, look: Look) -> Row:
    base = look.style("base")
    text = " " * len(_MARK) + strip.text[len(_MARK) :] if look.gutter else strip.text
    return Row(strip.apply_style(base).adjust_cell_length(look.width, base), text)
