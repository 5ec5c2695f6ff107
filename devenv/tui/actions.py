"""What a key means for the services it was pressed on: a decision, that the app then performs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from devenv.api.targets import environment_target
from devenv.api.wording import listed
from devenv.model.secret import usable
from devenv.model.state import State
from devenv.tui.fitting import is_built
from devenv.tui.snapshot import NOTHING_CHOSEN, Service, Snapshot
from devenv.tui.synced import missing


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to the daemon. ``said``: what is told once it has answered, ``within`` seconds.

    ``lacks``: why what is ``said`` does not hold after this answer; "" where it does.
    """

    method: str
    params: Mapping[str, Any] = field(default_factory=dict)
    said: str = ""
    within: float = 60.0
    lacks: Callable[[Mapping[str, Any]], str] = lambda answer: ""


@dataclass(frozen=True, slots=True)
class Confirm:
    """Something that is asked about first."""

    question: str
    ask: Ask


@dataclass(frozen=True, slots=True)
class Aside:
    """Step aside for a verb of the command line, and come back."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """``lacks``: what whoever pastes it must add."""

    text: str
    lacks: str = ""


@dataclass(frozen=True, slots=True)
class Open:
    """``otherwise``: what is done where there is no browser."""

    url: str
    otherwise: Copy


@dataclass(frozen=True, slots=True)
class Say:
    """Nothing can be done; why."""

    text: str


Deed = Ask | Confirm | Aside | Open | Copy | Say


@dataclass(frozen=True, slots=True)
class Situation:
    """``services``: those that the key is meant for. ``caller``: for whom something is started."""

    snapshot: Snapshot
    services: tuple[Service, ...]
    caller: Mapping[str, Any]

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.services]

    @property
    def target(self) -> dict[str, Any]:
        return environment_target(self.snapshot.place.id)


def decide(verb: str, at: Situation) -> Deed:
    """What to do. A verb that needs a service says so where there is none."""
    if at.snapshot.is_of_nothing:
        return Say(NOTHING_CHOSEN)
    if verb not in _WHOLE and not at.services:
        return Say("there is no service here")
    return _DEEDS[verb](at)


def _starting(method: str, word: str) -> Callable[[Situation], Deed]:
    def deed(at: Situation) -> Deed:
        params = {"client": at.caller, "services": at.names}
        return Ask(method, params, f"{word} {listed(at.names)}")

    return deed


def _up(at: Situation) -> Deed:
    return Ask("up", {"client": at.caller}, "bringing all up")


def _down(at: Situation) -> Deed:
    name = at.snapshot.place.name
    return Confirm(f"Take {name} down? Its data is kept.", Ask("down", {}, f"taking {name} down"))


def _pause(at: Situation) -> Deed:
    is_paused = all(one.state is State.PAUSED for one in at.services)
    method, word = ("resume", "going on with") if is_paused else ("pause", "pausing")
    return Ask(method, {"services": at.names}, f"{word} {listed(at.names)}")


def _scaling(by: int) -> Callable[[Situation], Deed]:
    def deed(at: Situation) -> Deed:
        replicas = {one.name: max(len(one.replicas) + by, 0) for one in at.services}
        told = listed([f"{name} to {count}" for name, count in replicas.items()])
        return Ask("scale", {"client": at.caller, "replicas": replicas}, f"scaling {told}")

    return deed


def _run(at: Situation) -> Deed:
    task = at.services[0].name
    return Ask("run", {"client": at.caller, "task": task}, f"running {task}")


def _open(at: Situation) -> Deed:
    service = at.services[0]
    if not service.page:
        return Say(f"{service.name} has no page to open")
    return Open(usable(service.page), _copied(service.page))


def _copy(at: Situation) -> Deed:
    addresses = "\n".join(port.address for one in at.services for port in one.ports)
    if not addresses:
        return Say(f"{listed(at.names)}: no port, so no address to copy")
    return _copied(addresses)


def _copied(addresses: str) -> Copy:
    bare = usable(addresses)
    return Copy(bare, "" if bare == addresses else "its password")


def _syncing(method: str, said: str) -> Callable[[Situation], Deed]:
    def deed(at: Situation) -> Deed:
        return Ask(method, {"services": at.names}, said.format(listed(at.names)))

    return deed


def _flush(at: Situation) -> Deed:
    said = f"all files of {listed(at.names)} are there"
    return Ask("sync.flush", {"services": at.names}, said, _FLUSH, missing)


_SHELL = 'exec "${SHELL:-$(command -v bash || command -v sh)}"'


def _shell(at: Situation) -> Deed:
    return Aside(("exec", at.services[0].name, "--", "sh", "-c", _SHELL))


def _attach(at: Situation) -> Deed:
    service = at.services[0]
    if not service.attaches:
        return Say(f"{service.name} has no terminal and takes no input")
    return Aside(("attach", service.name))


def _rebuild(at: Situation) -> Deed:
    names = [one.name for one in at.services if is_built(one)]
    if not names:
        return Say(f"there is nothing to build for {listed(at.names)}")
    return Aside(("up", "-d", "--build", *names))


_FLUSH = 70.0
"""Seconds; the daemon itself gives up before."""
_DEEDS: Mapping[str, Callable[[Situation], Deed]] = {
    "up": _up,
    "down": _down,
    "start": _starting("start", "starting"),
    "stop": _starting("stop", "stopping"),
    "restart": _starting("restart", "restarting"),
    "rebuild": _rebuild,
    "pause": _pause,
    "more": _scaling(1),
    "fewer": _scaling(-1),
    "run": _run,
    "open": _open,
    "copy": _copy,
    "shell": _shell,
    "attach": _attach,
    "sync-pause": _syncing("sync.pause", "the files of {} are held back"),
    "sync-resume": _syncing("sync.resume", "the files of {} follow"),
    "sync-flush": _flush,
}
_WHOLE = frozenset({"up", "down"})
"""Verbs for the environment as a whole."""
