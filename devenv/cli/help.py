"""The help that is not about one verb."""

from __future__ import annotations

from collections.abc import Sequence

from devenv import __version__
from devenv.cli.layout import columns
from devenv.cli.verbs import ALIASES, FLAG, GLOBAL, VERBS


def answer(word: str, after: Sequence[str]) -> str:
    """The text for ``devenv``, ``devenv --help``, ``devenv help [VERB]`` or ``--version``."""
    if word == "--version":
        return f"devenv {__version__}"
    name = ALIASES.get(after[0], after[0]) if after else ""
    if name in VERBS:
        from devenv.cli.slow import parser

        return parser(VERBS[name]).format_help().rstrip()
    return _overview()


def _overview() -> str:
    verbs = [(f"  {verb.name}", verb.help) for verb in VERBS.values() if not verb.hidden]
    options = []
    for option in GLOBAL:
        value = "" if option.kind == FLAG else f" {option.metavar}"
        options.append((f"  {', '.join(option.names)}{value}", option.help))
    return "\n".join(
        (
            "usage: devenv [options] VERB …",
            "",
            "Brings up the development environment that a repository's profile describes.",
            "",
            *columns(verbs),
            "",
            "everywhere:",
            *columns(options),
            "",
            "`devenv VERB --help` says more about one. `devenv init` writes a first profile.",
        )
    )
