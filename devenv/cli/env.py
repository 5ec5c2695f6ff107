"""``devenv env SERVICE``: the variables that the profile gives a service."""

from __future__ import annotations

from devenv.cli.result import Result
from devenv.model.secret import MASK

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


def run(arguments: Arguments, session: Session) -> Result:
    answer = session.call("environment", service=arguments.service, index=arguments.index)
    hidden = set() if arguments.show_secrets else set(answer["secrets"])
    variables = {
        name: MASK if name in hidden else value for name, value in answer["environment"].items()
    }
    notes: tuple[str, ...] = ()
    if hidden & set(variables):
        notes = ("Secrets are masked. --show-secrets prints them.",)
    if arguments.export:
        # A mask in the place of a value would be taken for it.
        shown = {name: value for name, value in variables.items() if name not in hidden}
        lines = [f"export {name}={_quoted(value)}" for name, value in shown.items()]
        if notes:
            notes = ("Secrets are left out. --show-secrets exports them.",)
    else:
        lines = [f"{name}={value}" for name, value in variables.items()]
    return Result({"environment": variables}, "\n".join(lines), notes=notes)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "'\"'\"'") + "'"
