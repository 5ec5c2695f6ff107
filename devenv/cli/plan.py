"""``devenv plan``: what `up` would do, round by round, and why. Nothing is done."""

from __future__ import annotations

from devenv.cli.render import problem_text, request_text
from devenv.cli.result import Result

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from devenv.cli.arguments import Arguments
    from devenv.cli.layout import Style
    from devenv.cli.session import Session


def run(arguments: Arguments, session: Session) -> Result:
    answer = session.call(
        "plan",
        client=session.caller(),
        services=arguments.services or None,
        runtime=arguments.runtime,
    )
    rounds, problems, requests = answer["rounds"], answer["problems"], answer["requests"]
    ahead = answer["ahead"]

    def text(style: Style) -> str:
        lines = [style.paint(request_text(request), "yellow") for request in requests]
        lines += [problem_text(style, problem) for problem in problems]
        if ahead:
            lines += [style.paint("before", "grey"), *(f"  {line}" for line in ahead)]
        for number, steps in enumerate(rounds, 1):
            lines.append(style.paint(f"round {number}", "grey"))
            lines += [f"  {step}" for step in steps]
        return "\n".join([*lines, *([] if rounds else ["Nothing to do."])])

    document = {"rounds": rounds, "problems": problems, "requests": requests, "ahead": ahead}
    return Result(document, text)
