"""From the words of the command line to Arguments: a quick way for plain words, else argparse."""

from __future__ import annotations

from devenv.cli.verbs import ALIASES, DURATION, FLAG, GLOBAL, MANY, NUMBER, VERBS
from devenv.errors import UsageError, did_you_mean

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from devenv.cli.verbs import Option, Verb

_HELP = ("-h", "--help", "--version")
_SEE_HELP = "`devenv --help` shows all options."


class Arguments:
    """What the command line says: ``verb``, and an attribute for each of its options and words."""

    def __init__(self, verb: str, values: dict[str, Any]) -> None:
        self.verb = verb
        self.__dict__.update(values)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


class HelpWanted(Exception):  # noqa: N818 - a wish, not a failure
    """Somebody asked for help or the version; the message is the text."""


def parse(words: Sequence[str]) -> Arguments:
    """Arguments; UsageError where the words make no sense, HelpWanted where they ask for help."""
    values: dict[str, Any] = {option.to: option.default for option in GLOBAL}
    before, name, after = _split(words)
    _merge(values, before)
    if name in {"", "help", *_HELP}:
        from devenv.cli.help import answer

        raise HelpWanted(answer(name, after))
    verb = VERBS.get(ALIASES.get(name, name))
    if verb is None:
        raise UsageError(f"there is no verb {name!r}", _meant(name))
    found = quick(verb, after)
    if found is None:
        from devenv.cli.slow import slow

        found = slow(verb, after)
    for option in verb.options:
        values[option.to] = option.default
    _merge(values, found)
    return Arguments(verb.name, values)


def _merge(values: dict[str, Any], more: dict[str, Any]) -> None:
    """Options that may be given often add up; of the others the last one counts."""
    for name, value in more.items():
        before = values.get(name)
        values[name] = before + value if isinstance(before, list) else value


def _split(words: Sequence[str]) -> tuple[dict[str, Any], str, list[str]]:
    """The values of the options before the verb, the verb, and the words after it."""
    options = {name: option for option in GLOBAL for name in option.names}
    values: dict[str, Any] = {}
    index = 0
    while index < len(words) and words[index].startswith("-") and words[index] not in _HELP:
        name, value = _cut(words[index])
        option = options.get(name)
        if option is None or (option.kind == FLAG and value):
            raise UsageError(f"there is no option {words[index]}", _SEE_HELP)
        index += 1
        if option.kind != FLAG and not value:
            if index == len(words):
                raise UsageError(f"{name} needs a value", _SEE_HELP)
            value = words[index]
            index += 1
        more = True if option.kind == FLAG else _value(option, value)
        _merge(values, {option.to: more})
    return values, words[index] if index < len(words) else "", list(words[index + 1 :])


def _cut(word: str) -> tuple[str, str]:
    """The option and its value in a word: ``--file=x``, ``-fx``."""
    if word.startswith("--"):
        name, _, value = word.partition("=")
        return name, value
    return word[:2], word[2:]


def options_of(verb: Verb) -> dict[str, Option]:
    """The options after a verb, by name. The verb's own win: ``logs -f`` follows."""
    options = {name: option for option in GLOBAL for name in option.names}
    options.update({name: option for option in verb.options for name in option.names})
    return options


def read_options(
    options: dict[str, Option], words: Sequence[str]
) -> tuple[dict[str, Any], list[str]] | None:
    """The values of the options among the words, and the other words; None: not that plain."""
    values: dict[str, Any] = {}
    others: list[str] = []
    remaining = iter(words)
    for word in remaining:
        if not word.startswith("-"):
            others.append(word)
            continue
        option = options.get(word)
        if option is None:
            return None
        if option.kind == FLAG:
            values[option.to] = True
            continue
        text = next(remaining, "-")
        value = None if text.startswith("-") else _value(option, text)
        if value is None:
            return None
        values[option.to] = values.get(option.to, []) + value if option.kind == MANY else value
    return values, others


def _value(option: Option, text: str) -> Any:
    if option.choices and text not in option.choices:
        return None
    if option.kind == MANY:
        return [text]
    if option.kind == NUMBER:
        return int(text) if text.isascii() and text.isdigit() else None
    if option.kind == DURATION:
        from devenv.api.wording import read_duration

        return read_duration(text)
    return text


def quick(verb: Verb, words: Sequence[str]) -> dict[str, Any] | None:
    """What ``slow`` would say, for plain words; None where only argparse can tell."""
    if len(verb.takes) > 1 or verb.choices or verb.takes[:1] == ("words...",):
        return None
    found = read_options(options_of(verb), words)
    if found is None:
        return None
    values, others = found
    for taken in verb.takes:
        name = taken.rstrip("*?")
        if taken.endswith("*"):
            values[name] = others
        elif len(others) == 1:
            values[name] = others[0]
        elif taken.endswith("?") and not others:
            values[name] = None
        else:
            return None
    return values if verb.takes or not others else None


def _meant(name: str) -> str:
    names = [verb.name for verb in VERBS.values() if not verb.hidden] + list(ALIASES)
    return did_you_mean(name, names) or "`devenv --help` shows all verbs."
