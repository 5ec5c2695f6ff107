"""What a key means for an environment or a preview that need not be the one that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devenv.api.targets import environment_target
from devenv.tui.actions import Ask, Confirm, Deed, Say
from devenv.tui.told import Known


def deed(verb: str, chosen: Known, caller: Mapping[str, Any]) -> Deed:
    """What to do: "up", "down" or "extend"."""
    return _of_preview(verb, chosen, caller) if chosen.is_preview else _local(verb, chosen, caller)


def fits(when: str, known: Known) -> bool:
    """Tell whether a key makes sense on an environment or a preview."""
    return when in {"one", "preview" if known.is_preview else "local"}


def _local(verb: str, chosen: Known, caller: Mapping[str, Any]) -> Deed:
    target = environment_target(chosen.id)
    if verb == "up":
        client = {**caller, "directory": chosen.path}
        return Ask("up", {"target": target, "client": client}, f"bringing {chosen.name} up")
    if verb == "down":
        down = Ask("down", {"target": target}, f"taking {chosen.name} down")
        return Confirm(f"Take {chosen.name} down? Its data is kept.", down)
    return Say(f"{chosen.name} is of this machine, and never expires")


def _of_preview(verb: str, chosen: Known, caller: Mapping[str, Any]) -> Deed:
    which = {"client": caller, "name": chosen.name, "cluster": chosen.where}
    if verb == "extend":
        return Ask("preview.extend", which, f"{chosen.name} lives on from now")
    if verb == "down":
        down = Ask("preview.down", which, f"taking {chosen.name} down")
        return Confirm(f"Take {chosen.name} down, in {chosen.where}, with its data?", down)
    return Say("`devenv preview up` in a checkout of the branch brings it up")
