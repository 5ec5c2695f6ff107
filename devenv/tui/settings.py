"""The user's configuration of the UI: read from text, with every mistake in it told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devenv.tui import keys, themes


@dataclass(frozen=True, slots=True)
class Settings:
    """``keys``: what is pressed, by the id of a key; ``problems``: what was not understood.

    ``file``: where that stands.
    """

    theme: str = themes.DARK.name
    keys: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    file: str = ""


def parse(text: str, file: str) -> Settings:
    """Read the configuration; what is wrong in it is left out and told."""
    if not text:
        return Settings()
    import tomllib  # most have none

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Settings(problems=(str(error),), file=file)
    problems = [f"there is no setting {name!r}" for name in found if name not in _KNOWN]
    theme = found.get("theme", Settings().theme)
    names = [one.name for one in themes.ALL]
    if theme not in names:
        problems.append(f"there is no theme {theme!r}; there are {', '.join(names)}")
        theme = Settings().theme
    remapped, wrong = _keys(found.get("keys", {}))
    return Settings(theme, remapped, (*problems, *wrong), file)


_KNOWN = ("theme", "keys")


def _keys(found: Any) -> tuple[dict[str, str], list[str]]:
    if not isinstance(found, dict):
        return {}, ["keys is not a table"]
    if not found:
        return {}, []
    from devenv.tui.pressing import is_key, named  # most give none

    remapped, wrong = {}, []
    for name, value in _flat(found):
        if name not in keys.BY_ID:
            wrong.append(f"keys: there is no command {name!r}")
        elif value in ("", [], False):
            wrong.append(f"keys: {name} cannot be without a key; it keeps {_usual(name)}")
        elif not isinstance(value, str) or not value.strip():
            wrong.append(f'keys: {name} is not a key; write it as {name} = "ctrl+r"')
        elif unknown := [one for one in named(value) if not is_key(one)]:
            wrong.append(f"keys: {name} = {value!r}: there is no key {unknown[0]!r}")
        else:
            remapped[name] = ",".join(named(value))
    while clash := keys.clash(remapped):
        name, pressed, other = clash
        del remapped[name]
        wrong.append(f"keys: {name} = {pressed!r}: this is the key of {other} already")
    return remapped, wrong


def _usual(name: str) -> str:
    return " and ".join(map(keys.named, keys.BY_ID[name].keys.split(",")))


def _flat(found: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """A dot in an id is a table in TOML."""
    pairs: list[tuple[str, Any]] = []
    for name, value in found.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{above}{name}.")
        else:
            pairs.append((above + name, value))
    return pairs
