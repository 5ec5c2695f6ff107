"""Env files, as Compose reads them: quotes, escapes, comments, variables, and its raw format."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from devenv.errors import DevenvError
from devenv.model.origin import Origin, Problem, ProfileError
from devenv.profile.interpolate import Lookup, Variables, substitute
from devenv.profile.sources import SIZE_LIMIT

_TOTAL_LIMIT = 4 * 1024 * 1024
_SPACES = " \t\v\f\r\x85\xa0"
_EXPORT = re.compile(rf"export[{_SPACES}\n]+")
_KEY = re.compile(rf"([^\W]|[.\-\[\]{_SPACES}])*")
_ESCAPE = re.compile(r'\\(?:[abcfnrtv$"\\]|0\d{0,3})')
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(frozen=True, slots=True)
class EnvFile:
    """The bytes of an env file and what to call it in a message.

    ``earlier``: the variables of the files before it, which it sees but for those of its own.
    """

    content: bytes
    name: str
    raw: bool = False
    earlier: Mapping[str, str] = field(default_factory=dict)


def parse(file: EnvFile, lookup: Lookup) -> Mapping[str, str]:
    """Read an env file. ``lookup`` knows the variables outside of it, which come first.

    Raises ProfileError with one problem.
    """
    text = _decoded(file)
    return _raw(text, lookup) if file.raw else _Reader(text, file, lookup).read()


class _Reader:
    """Goes once through the text; ``values`` grows on the way and is looked up too."""

    def __init__(self, text: str, file: EnvFile, lookup: Lookup) -> None:
        self._text = text
        self._name = file.name
        self._earlier = file.earlier
        self._position = 0
        self._length = 0
        self._values: dict[str, str] = {}
        self._lookup = lookup
        self._variables = Variables(self._look_up, lambda _: None)

    def read(self) -> Mapping[str, str]:
        while self._skip_blank():
            self._statement()
        return self._values

    def _skip_blank(self) -> bool:
        """Go to the next statement; False at the end."""
        while match := re.compile(r"\s*(#[^\n]*)?").match(self._text, self._position):
            self._position = match.end()
            if not match[1]:
                break
        return self._position < len(self._text)

    def _statement(self) -> None:
        start = self._position
        if exported := _EXPORT.match(self._text, start):
            self._position = exported.end()
        match = _KEY.match(self._text, self._position)
        key = match[0].rstrip() if match else ""
        self._position = match.end() if match else self._position
        after = self._text[self._position : self._position + 1]
        if not key or after not in ("=", ":", "\n", ""):
            raise self._error(f"`{after or key}` is not possible in a variable's name", start)
        if re.search(r"\s", key):
            raise self._error(f"a space in the name `{key}`", start)
        self._position += 1
        if after in ("\n", ""):
            inherited = self._lookup(key)
            if inherited is not None:
                self._values[key] = inherited
            return
        self._values[key] = self._value()

    def _value(self) -> str:
        while self._text[self._position : self._position + 1] in _SPACES_OF:
            self._position += 1
        quote = self._text[self._position : self._position + 1]
        if quote not in ("'", '"') or not quote:
            return self._unquoted()
        start = self._position
        match = _QUOTED[quote].match(self._text, start)
        if match is None:
            raise self._error(f"the quote {quote} is not closed", start)
        self._position = match.end()
        value = match[1].replace(f"\\{quote}", quote)
        return self._substituted(_ESCAPE.sub(_unescaped, value), start) if quote == '"' else value

    def _unquoted(self) -> str:
        start = self._position
        end = self._text.find("\n", start)
        end = len(self._text) if end < 0 else end
        self._position = end + 1
        line = self._text[start:end].split(" #", 1)[0]
        return self._substituted(line.rstrip(), start)

    def _substituted(self, template: str, start: int) -> str:
        try:
            value = substitute(template, self._variables)
        except DevenvError as error:
            raise self._error(error.message, start, error.hint) from error
        self._length += len(value)
        if self._length > _TOTAL_LIMIT:
            raise self._error(f"more than {_TOTAL_LIMIT} characters, variables replaced", start)
        return value

    def _look_up(self, name: str) -> str | None:
        for known in (self._lookup, self._values.get, self._earlier.get):
            if (value := known(name)) is not None:
                return value
        return None

    def _error(self, message: str, position: int, hint: str = "") -> ProfileError:
        line = self._text.count("\n", 0, position) + 1
        column = position - self._text.rfind("\n", 0, position)
        return ProfileError((Problem(message, Origin(self._name, line, column), hint),))


_SPACES_OF = frozenset(_SPACES)
_QUOTED = {
    quote: re.compile(rf"{quote}((?:[^{quote}\\]|\\.)*){quote}", re.DOTALL) for quote in "'\""
}


def _unescaped(match: re.Match[str]) -> str:
    written = match[0][1:]
    if written == "$":
        return "$$"
    if written[0] == "0":
        digits = written[1:]
        is_octal = len(digits) == 3 and all(digit in "01234567" for digit in digits)
        return chr(int(digits, 8)) if is_octal and int(digits, 8) < 256 else match[0]
    return _ESCAPES.get(written, written if written in '"\\' else match[0])


def _raw(text: str, lookup: Lookup) -> Mapping[str, str]:
    """Take lines as they are: no quotes, no variables."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        stripped = line.lstrip()
        if not stripped or stripped.startswith("#"):
            continue
        key, equals, value = stripped.partition("=")
        found = value if equals else lookup(key.rstrip())
        if found is not None:
            values[key.rstrip()] = found
    return values


def _decoded(file: EnvFile) -> str:
    message = ""
    try:
        text = file.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = "not UTF-8 text"
    else:
        if "\0" in text:
            message = "a NUL character"
        elif len(text) > SIZE_LIMIT:
            message = f"larger than {SIZE_LIMIT // 1024} KiB"
        else:
            return text.replace("\r\n", "\n")
    raise ProfileError((Problem(message, Origin(file.name)),))
