"""``devenv down``: leave nothing of an environment running, here or everywhere."""

from __future__ import annotations

from devenv.api.targets import environment_target
from devenv.cli.progress import Wait, follow
from devenv.cli.render import confirm
from devenv.cli.result import Result
from devenv.errors import DevenvError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


def run(arguments: Arguments, session: Session) -> Result:
    targets = _everywhere(session) if arguments.all else [session.target()]
    if arguments.volumes and targets:
        what = "all environments" if arguments.all else "this environment"
        if not confirm(f"Remove the data of {what} too?", yes=arguments.yes):
            return Result({"environments": []}, "Nothing was done.", code=1)
    # All are told first, so that they stop side by side.
    told = [session.client.call("down", _params(target, arguments)) for target in targets]
    gone = []
    for target, answer in zip(targets, told, strict=True):
        gone.append(answer["environment"])
        _wait(session, target, answer)
    if not gone:
        return Result({"environments": []}, "Nothing runs on this machine.")
    text = "\n".join(f"{one['name']}: nothing is left running." for one in gone)
    if arguments.volumes:
        text += "\nThe data was removed."
    return Result({"environments": gone}, text)


def _params(target: dict[str, Any], arguments: Arguments) -> dict[str, Any]:
    return {"target": target, "volumes": arguments.volumes}


def _wait(session: Session, target: dict[str, Any], told: dict[str, Any]) -> None:
    def done(document: dict[str, Any]) -> bool:
        return document["empty"] or not document["leaving"]

    def again() -> dict[str, Any]:
        return session.client.call("down", _params(target, session.arguments))

    limit = session.arguments.timeout
    document = follow(session, Wait(lambda: told, done, target, timeout=limit, again=again))
    if not document["empty"]:
        name = document["environment"]["name"]
        raise DevenvError(f"{name} was brought up again meanwhile", "`devenv status` shows it")


def _everywhere(session: Session) -> list[dict[str, Any]]:
    environments = session.client.call("list")["environments"]
    return [environment_target(one["id"]) for one in environments if one["state"] != "down"]
