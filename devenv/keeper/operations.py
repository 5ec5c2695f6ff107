"""The requests of the keeper's protocol, one function each; None: it is answered later."""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from devenv.keeper.connection import Connection, Message
    from devenv.keeper.held import Held
    from devenv.keeper.keeper import Keeper

    Operation = Callable[[Keeper, Connection, Message], Message | None]

PROTOCOL = 1
_REMEMBERED = ("fingerprint", "directory", "umask", "environment", "memory")


class RequestError(Exception):
    """A request that cannot be done; its text is for the user."""


def hello(keeper: Keeper, connection: Connection, message: Message) -> Message:
    return {"protocol": PROTOCOL, "pid": os.getpid(), "environment": keeper.holder.environment}


def assign(keeper: Keeper, connection: Connection, message: Message) -> Message:
    """Belong to an environment: ``environment``, ``socket`` (path), ``quota`` (bytes of logs)."""
    if keeper.path:
        raise RequestError("the keeper belongs to an environment already")
    keeper.holder.streams.quota = message["quota"]
    keeper.assign(message["socket"], message["environment"])
    return {}


def prepare(keeper: Keeper, connection: Connection, message: Message) -> Message:
    """Remember the client's circumstances, and what the daemon wants to be reminded of."""
    keeper.prepared = {name: message[name] for name in _REMEMBERED}
    return {}


def recall(keeper: Keeper, connection: Connection, message: Message) -> Message:
    """Give back what ``prepare`` was told; null if it never was."""
    return {"prepared": keeper.prepared or None}


def list_units(keeper: Keeper, connection: Connection, message: Message) -> Message:
    """List the units, and tell the fingerprint of what was prepared."""
    rows = [held.row() for held in keeper.holder.units.values()]
    return {"rows": rows, "prepared": keeper.prepared.get("fingerprint", "")}


def watch(keeper: Keeper, connection: Connection, message: Message) -> Message:
    """Do what ``list`` does, and push every change from here on."""
    connection.watching = True
    return list_units(keeper, connection, message)


def start(keeper: Keeper, connection: Connection, message: Message) -> Message:
    """Start a unit; one that runs as asked is left alone."""
    prepared, row = keeper.prepared, message["unit"]
    if not prepared or not keeper.path:
        raise RequestError("the keeper was not prepared")
    if keeper.is_leaving:
        raise RequestError("the keeper is leaving")
    held = keeper.holder.units.get((row["service"], row["index"]))
    if held is None or not held.alive:
        held = keeper.holder.start(row, prepared["environment"], prepared["umask"])
    elif any(held.asked[name] != row[name] for name in ("fingerprint", "generation")):
        raise RequestError(f"{row['service']} still runs as it was asked for before")
    return {"row": held.row()}


def stop(keeper: Keeper, connection: Connection, message: Message) -> Message | None:
    """Stop a unit by ``signal`` (its name) within ``grace`` seconds; answered when it is over."""
    held = _held(keeper, message)
    if held is None or not held.alive:
        return {}
    number = getattr(signal, message["signal"], None)
    if not isinstance(number, signal.Signals):
        raise RequestError(f"there is no signal {message['signal']}")
    held.waiting.append((connection, message["id"]))
    keeper.holder.stop(held, number, message["grace"])
    return None


def send_signal(keeper: Keeper, connection: Connection, message: Message) -> Message:
    """Send ``signal`` (its name) to the group of a unit's leader."""
    held = _held(keeper, message)
    number = getattr(signal, message["signal"], None)
    if not isinstance(number, signal.Signals):
        raise RequestError(f"there is no signal {message['signal']}")
    if held is not None and held.running and held.pid is not None:
        os.killpg(held.pid, number)
    return {}


def remove(keeper: Keeper, connection: Connection, message: Message) -> Message:
    held = _held(keeper, message)
    if held is not None and held.alive:
        raise RequestError(f"{message['service']} still runs")
    if held is not None:
        keeper.remove(held)
    return {}


def attach(keeper: Keeper, connection: Connection, message: Message) -> None:
    """Pass one end of a socket to a unit's terminal, of ``columns`` and ``rows``."""
    held = _held(keeper, message)
    if held is None or not held.running:
        raise RequestError(f"{message['service']} does not run")
    keeper.holder.resize(held, message["columns"], message["rows"])
    theirs = keeper.audience.admit(held)
    answer = {"id": message["id"], "ok": True, "descriptor": True}
    connection.send_with_descriptor(answer, theirs.fileno())
    theirs.close()


def discard(keeper: Keeper, connection: Connection, message: Message) -> None:
    """Kill all that is left and end; answered when nothing is left."""
    keeper.leave([(connection, message["id"])])


def _held(keeper: Keeper, message: Message) -> Held | None:
    return keeper.holder.units.get((message["service"], message["index"]))


OPERATIONS: dict[str, Operation] = {
    "hello": hello,
    "assign": assign,
    "prepare": prepare,
    "recall": recall,
    "list": list_units,
    "watch": watch,
    "start": start,
    "stop": stop,
    "signal": send_signal,
    "remove": remove,
    "attach": attach,
    "discard": discard,
}
