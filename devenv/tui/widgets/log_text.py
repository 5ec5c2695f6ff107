"""One line of a log as styled text that does no harm to a terminal. Pure."""

from __future__ import annotations

import json
import re

from rich.ansi import AnsiDecoder
from rich.style import Style
from rich.text import Text

from devenv.logs.sanitise import sanitise

LONGEST = 64 * 1024
"""Bytes of a line that are shown; more would help nobody and cost every frame."""

_TAB = 8
_DECEIVING = dict.fromkeys(
    [0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xFEFF],
    "\N{REPLACEMENT CHARACTER}",
)
"""Turns of the writing direction and breaks of lines: they would move what stands beside them."""
_CONTROL = re.compile("[\x7f-\x9f]")
_KEY = re.compile(r'^\s*("(?:[^"\\]|\\.)*")(?=: )')


def body(line: bytes, longest: int = LONGEST) -> Text:
    """Return what is seen of a line, in its own colours; cut where it is longer."""
    text = sanitise(line[:longest], colours=True).expandtabs(_TAB).replace("\n", " ")
    if not text.isascii():
        text = text.translate(_DECEIVING)
    shown = AnsiDecoder().decode_line(text) if "\x1b" in text else Text(text)
    shown.no_wrap = True
    if len(line) > longest:
        shown.append(f"… {len(line) - longest:,} bytes more", Style(dim=True))
    return shown


def unfolded(line: bytes, key: Style) -> list[Text]:
    """Return a line that holds an object of JSON as one row for each value; none: it holds none."""
    begin = line.find(b"{")
    if begin < 0 or len(line) > LONGEST:
        return []
    try:
        value, _ = json.JSONDecoder().raw_decode(line[begin:].decode("utf-8", "replace"))
        written = json.dumps(value, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return []
    if not value:
        return []
    written = _CONTROL.sub(lambda control: f"\\u{ord(control[0]):04x}", written)
    rows = [body(row.encode("utf-8", "replace")) for row in written.split("\n")]
    for row in rows:
        if found := _KEY.match(row.plain):
            row.stylize(key, *found.span(1))
    return rows
