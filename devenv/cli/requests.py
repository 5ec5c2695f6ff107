"""What a git host's own tools say of pull requests: which of them are closed."""

from __future__ import annotations

import json
import os
import sys

from devenv.errors import DevenvError
from devenv.model.preview import CLOSED

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

_EXAMPLE = "for example: gh pr list --state all --limit 500 --json number,state"


def read(name: str, directory: str) -> str:
    """The text of a file, or what comes on stdin where it is called ``-``. DevenvError."""
    try:
        if name == "-":
            return sys.stdin.read()
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise DevenvError(f"cannot read {name}: {error}", _EXAMPLE) from error


def closed(text: str) -> list[int]:
    """The numbers of those that are closed. DevenvError: it is not what a host says.

    Only what is named as closed counts: so a list that is cut, or empty, closes nothing.
    """
    try:
        said = json.loads(text)
    except ValueError as error:
        raise DevenvError(f"the pull requests are no JSON: {error}", _EXAMPLE) from error
    listed = said if isinstance(said, list) else [said]
    states = [_state(one) for one in listed]
    going_on = {number for number, state in states if state not in CLOSED}
    return sorted({number for number, _ in states} - going_on)


def _state(one: Any) -> tuple[int, str]:
    """The number and the state of a pull request: GitHub and Gitea say number, GitLab iid."""
    known = one if isinstance(one, dict) else {}
    number, state = known.get("number", known.get("iid")), known.get("state")
    if type(number) is not int or not isinstance(state, str):
        raise DevenvError(
            f"this is no pull request with number (or iid) and state: {json.dumps(one)[:200]}",
            _EXAMPLE,
        )
    return number, state.lower()
