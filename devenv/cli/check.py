"""``devenv check``: everything that is wrong with the profile, with file, line and hint."""

from __future__ import annotations

from devenv.cli.arguments import Arguments
from devenv.cli.layout import Style
from devenv.cli.local import load_here
from devenv.cli.render import problem_text
from devenv.cli.result import Result
from devenv.cli.session import Session
from devenv.model.origin import Problem, ProfileError


def run(arguments: Arguments, session: Session) -> Result:
    try:
        loaded = load_here(session)
    except ProfileError as error:
        return _result(error.problems, "")
    count = len(loaded.environment.services)
    what = "1 service or task" if count == 1 else f"{count} services and tasks"
    return _result(loaded.problems, f"{loaded.environment.name}: well, {what}.")


def _result(problems: tuple[Problem, ...], summary: str) -> Result:
    """Problems are what was asked for, so they go to stdout."""
    told = [problem.fields for problem in problems]
    errors = sum(not problem.warning for problem in problems)

    def text(style: Style) -> str:
        lines = [problem_text(style, problem) for problem in told]
        return "\n".join([*lines, summary or f"{errors} to mend."])

    return Result({"ok": not errors, "problems": told}, text, code=1 if errors else 0)
