"""Makes contenders by name: those that are installed, and why the others are not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.contenders import Contender
from tests.benchmarks.contenders.foreground import Shell, concurrently, goreman, hivemind, honcho
from tests.benchmarks.contenders.ours import Devenv
from tests.benchmarks.contenders.resident import Pitchfork, Pm2
from tests.benchmarks.desk import FailedError
from tests.benchmarks.peers import PEERS, installed

OURS = "devenv"
COLD = "devenv, cold"
FLOOR = "shell"

_PEERS: Mapping[str, Callable[[Path], Contender]] = {
    "goreman": goreman,
    "hivemind": hivemind,
    "honcho": honcho,
    "pm2": Pm2,
    "concurrently": concurrently,
    "pitchfork": Pitchfork,
}
_OWN: Mapping[str, Callable[[], Contender]] = {
    OURS: Devenv,
    COLD: lambda: Devenv(COLD, warm=False),
    FLOOR: lambda: Shell(FLOOR),
}


def present(names: Sequence[str], cache: Path) -> tuple[list[str], dict[str, str]]:
    """Split the names into those that can be measured and those missing, with a reason."""
    missing = {
        peer.name: f"{peer.package} {peer.version} is not in {cache.name}"
        for peer in PEERS
        if peer.name in names and installed(peer, cache) is None
    }
    return [name for name in names if name not in missing], missing


def make(name: str, cache: Path) -> Contender:
    if name in _OWN:
        return _OWN[name]()
    peer = next(peer for peer in PEERS if peer.name == name)
    program = installed(peer, cache)
    if program is None:
        raise FailedError(f"{name} is not installed")
    return _PEERS[name](program)


@contextmanager
def opened(contender: Contender, faults: list[str]) -> Iterator[Contender]:
    """Close it and its desk at the end, whatever happens; what was left goes to ``faults``."""
    try:
        contender.open()
        yield contender
    finally:
        try:
            contender.close()
        except FailedError as error:
            faults.append(f"closing failed: {error}")
        faults.extend(contender.desk.close())
