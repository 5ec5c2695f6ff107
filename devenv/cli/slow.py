"""The reference for what the words of a verb mean: argparse, made from the table of verbs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from devenv.api.wording import read_duration
from devenv.cli.arguments import HelpWanted
from devenv.cli.verbs import DURATION, FLAG, GLOBAL, MANY, NUMBER, Option, Verb
from devenv.errors import UsageError


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        hint = f"`{self.prog} --help` shows its options."
        raise UsageError(f"{self.prog}: {message}", hint)


class _Help(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        raise HelpWanted(parser.format_help().rstrip())


def _duration(text: str) -> float:
    seconds = read_duration(text)
    if seconds is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time (30, 90s, 5m)")
    return seconds


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no number")
    return int(text)


_TYPES = {NUMBER: _number, DURATION: _duration}


def slow(verb: Verb, words: Sequence[str]) -> dict[str, Any]:
    """The values that the words give; UsageError, HelpWanted. What is not said is left out."""
    command: Sequence[str] = ()
    after = [taken for taken in verb.takes if taken.endswith("--")]
    if after and "--" in words:
        words, command = words[: words.index("--")], words[words.index("--") + 1 :]
    made = parser(verb)
    takes_rest = any(taken.endswith("...") for taken in verb.takes)
    # Options may stand between the words, but not behind the first word of a command.
    read = made.parse_args if takes_rest else made.parse_intermixed_args
    values = vars(read(list(words)))
    for taken in after:
        values[taken.rstrip("-")] = list(command)
    for taken in verb.takes:
        name = taken.rstrip(".")
        if taken.endswith("...") and values[name][:1] == ["--"]:
            values[name] = values[name][1:]
    return values


def parser(verb: Verb) -> argparse.ArgumentParser:
    made = _Parser(
        prog=f"devenv {verb.name}",
        description=verb.help[0].upper() + verb.help[1:] + ".",
        add_help=False,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    for taken in verb.takes:
        _add_word(made, verb, taken)
    taken_names = {name for option in verb.options for name in option.names}
    for option in verb.options:
        _add_option(made, option, option.names)
    others = made.add_argument_group("everywhere")
    for option in GLOBAL:
        _add_option(others, option, tuple(n for n in option.names if n not in taken_names))
    others.add_argument("-h", "--help", action=_Help, nargs=0, help="show this")
    return made


def _add_word(made: argparse.ArgumentParser, verb: Verb, taken: str) -> None:
    name = taken.rstrip("*?.-")
    if taken.endswith("--"):
        words = " ".join(_shown(word) for word in verb.takes if not word.endswith("--"))
        made.usage = f"{made.prog} [options] {words} [-- {name.upper()}]"
    elif taken.endswith("..."):
        made.add_argument(name, nargs=argparse.REMAINDER, metavar=name.upper())
    elif taken.endswith("*"):
        made.add_argument(name, nargs="*", metavar=name.upper().rstrip("S"), default=[])
    elif taken.endswith("?"):
        made.add_argument(name, nargs="?", metavar=name.upper(), default=None)
    elif verb.choices:
        made.add_argument(name, choices=verb.choices)
    else:
        made.add_argument(name, metavar=name.upper())


def _shown(taken: str) -> str:
    """A word as the usage has it."""
    name = taken.rstrip("*?").upper()
    return (
        f"[{name}]"
        if taken.endswith("?")
        else f"[{name.rstrip('S')} ...]"
        if "*" in taken
        else name
    )


def _add_option(made: argparse._ActionsContainer, option: Option, names: tuple[str, ...]) -> None:
    if option.kind == FLAG:
        made.add_argument(*names, dest=option.to, action="store_true", help=option.help)
        return
    made.add_argument(
        *names,
        dest=option.to,
        action="append" if option.kind == MANY else "store",
        type=_TYPES.get(option.kind, str),
        choices=option.choices or None,
        metavar=None if option.choices else option.metavar,
        help=option.help,
    )
