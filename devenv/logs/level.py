"""How grave a line is, by what loggers usually write. Pure."""

from __future__ import annotations

import re

LEVELS = ("error", "warning", "info", "debug")

_LOOKED_AT = 240
"""A level stands near the beginning of its line; a word in the middle of a message is none."""

_WORDS = {
    "error": ("error", "err", "fatal", "critical", "crit", "panic", "alert", "emerg", "severe"),
    "warning": ("warning", "warn"),
    "info": ("info", "notice"),
    "debug": ("debug", "trace", "verbose"),
}
_LEVEL_OF = {word.encode(): level for level, words in _WORDS.items() for word in words}
_ANY = "|".join(sorted(sum(_WORDS.values(), ()), key=len, reverse=True)).encode()
_KEYED = re.compile(
    rb"[\"']?\b(?:level|lvl|severity|log\.level)[\"']?\s*[=:]\s*[\"']?(?:(%s)\b|(\d{2})\b)" % _ANY,
    re.IGNORECASE,
)
_SHOUTED = re.compile(rb"\b(%s)\b" % _ANY.upper())
_BRACKETED = re.compile(rb"[\[<(](%s|[EWIDT])[\]>)]" % _ANY, re.IGNORECASE)
_LEADING = re.compile(rb"(%s)\b ?[:\]]|([EWIDF])\d{4} " % _ANY, re.IGNORECASE)
_TITLED = re.compile(rb"[\w.]*(?:Error|Exception): |Traceback \(most recent call last\)|panic: ")
_LETTERS = {
    b"E": "error",
    b"F": "error",
    b"W": "warning",
    b"I": "info",
    b"D": "debug",
    b"T": "debug",
}
_STEPS = ((50, "error"), (40, "warning"), (30, "info"), (10, "debug"))


def level_of(line: bytes) -> str:
    """Return one of ``LEVELS``, or nothing where the line does not say."""
    line = line[:_LOOKED_AT]
    if found := _KEYED.search(line):
        return _numbered(int(found[2])) if found[2] else _LEVEL_OF[found[1].lower()]
    if _TITLED.match(line):
        return "error"
    if found := _LEADING.match(line):
        return _named(found[1] or found[2])
    if (found := _BRACKETED.search(line)) or (found := _SHOUTED.search(line)):
        return _named(found[1])
    return ""


def _named(word: bytes) -> str:
    return _LEVEL_OF.get(word.lower()) or _LETTERS.get(word.upper(), "")


def _numbered(number: int) -> str:
    """Read the numbers of Bunyan and Pino."""
    return next((level for step, level in _STEPS if number >= step), "")
