"""Make log text harmless for a terminal: it may colour itself, and do nothing else to the screen.

Everything here takes a line or many: a newline is the only control that stays as it is, and no
escape sequence reaches over one.
"""

from __future__ import annotations

import re

RESET = "\x1b[0m"

_HARMLESS_ASCII = bytes([9, 10, *range(0x20, 0x7F)])
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_CONTROL_BUT_ESCAPE = re.compile("[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]")
_INTRODUCER = re.compile("[\x90\x98\x9b-\x9f]")

_SEQUENCE = (
    r"(?:\[[0-?]*[ -/]*[@-~]?"  # CSI: cursor, erasing, modes
    r"|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # OSC: titles, links, clipboard
    r"|[PX^_][^\x1b\n]*(?:\x1b\\)?"  # DCS, SOS, PM, APC
    r"|[ -/]*[0-~]?)"  # all the others, and a lone escape
)
_ANY_SEQUENCE = re.compile(rf"\x1b{_SEQUENCE}")
_ALL_BUT_COLOURS = re.compile(rf"\x1b(?!\[[0-9;:]{{0,64}}m){_SEQUENCE}")
_COLOURED_TO_THE_END = re.compile(r"\x1b\[[^\n]*")


def sanitise(data: bytes, *, colours: bool = False) -> str:
    """Return what a person may see of ``data``, one or more lines.

    Escape sequences go, but for colours where these are wanted; other controls are shown as ^X.
    Of text that returns to the beginning of its line (progress bars), the last state is kept. What
    is no UTF-8 is shown as U+FFFD.
    """
    if b"\r\n" in data:
        data = data.replace(b"\r\n", b"\n")
    if data.isascii():
        text = data.decode("ascii")
        if not data.translate(None, _HARMLESS_ASCII):
            return text
    else:
        text = data.decode("utf-8", "replace")
        if not _CONTROL.search(text):
            return text
    return _clean(text, colours)


def prefixed(prefix: str, text: str) -> str:
    """Put ``prefix`` before each line of ``text``, whose last line is ended by a newline."""
    if not prefix:
        return text
    return prefix + text[:-1].replace("\n", "\n" + prefix) + "\n"


def visible(line: bytes) -> str:
    """Return a line as it is searched: without escape sequences, odd bytes as surrogates."""
    text = line.decode("utf-8", "surrogateescape")
    if b"\x1b" in line:
        text = _ANY_SEQUENCE.sub("", text)
    return text.removesuffix("\r")


def _clean(text: str, colours: bool) -> str:
    if not text.isascii():
        text = _INTRODUCER.sub(_in_seven_bits, text)
    text = (_ALL_BUT_COLOURS if colours else _ANY_SEQUENCE).sub("", text)
    if "\r" in text:
        text = "\n".join([_last_state(line) for line in text.split("\n")])
    if _CONTROL_BUT_ESCAPE.search(text):
        text = _CONTROL_BUT_ESCAPE.sub(_show, text)
    return _COLOURED_TO_THE_END.sub(rf"\g<0>{RESET}", text) if colours else text


def _in_seven_bits(introducer: re.Match[str]) -> str:
    return f"\x1b{chr(ord(introducer[0]) - 0x40)}"


def _last_state(line: str) -> str:
    return line.rstrip("\r").rpartition("\r")[2]


def _show(control: re.Match[str]) -> str:
    code = ord(control[0])
    return f"^{chr(code ^ 0x40)}" if code < 0x80 else f"\\x{code:x}"
