"""What keys may be called in the user's configuration: a character, or Textual's name of a key."""

from __future__ import annotations

from functools import cache
from string import ascii_letters, digits, punctuation
from unicodedata import lookup

from textual.binding import Binding
from textual.keys import Keys

_HELD = frozenset({"ctrl", "alt", "shift"})
"""Those that a terminal passes on; desktops and most terminals keep any other."""


def named(keys: str) -> list[str]:
    """Keys that are parted by commas, as Textual names them; "" where there is none."""
    return [_named(one) if len(one) == 1 else one for one in map(str.strip, keys.split(","))]


def is_key(name: str) -> bool:
    """Tell whether there is a key of this name."""
    *held, base = name.split("+")
    if held == ["shift"] and len(base) == 1:  # it comes as another character
        return False
    return _HELD.issuperset(held) and (base in _names() or _is_of_unicode(base))


def _is_of_unicode(name: str) -> bool:
    try:
        lookup(name.replace("_", " "))
    except KeyError:
        return name.isalnum() and len(name) == 1
    return True


def _named(character: str) -> str:
    (binding,) = Binding.make_bindings([Binding(character, "")])
    return binding.key


@cache
def _names() -> frozenset[str]:
    characters = ascii_letters + digits + punctuation.replace(",", "")
    return frozenset({*map(_named, characters), "comma", *(key.value for key in Keys)})
