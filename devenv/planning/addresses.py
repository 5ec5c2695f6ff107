"""The pure pass that gives every port its number, before anything starts."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId
from devenv.model.service import Port, PortRange, Service
from devenv.planning.wishes import ClaimKey

LOWEST = 20000
HIGHEST = 32767
"""Below the range that the kernel gives to outgoing connections (ip(7), ip_local_port_range)."""


@dataclass(frozen=True, slots=True)
class Need:
    """A service, and how many replicas of it need ports."""

    service: Service
    replicas: int


def claim(
    environment: EnvironmentId,
    needs: Iterable[Need],
    held: Mapping[ClaimKey, int],
    taken: frozenset[int],
) -> Mapping[ClaimKey, int]:
    """Give each port a number that no other has; a number that is held is kept if it may be.

    ``taken`` holds the numbers of other environments and of strangers; a fixed port is given
    as it is written, a movable one if nobody has its number. Raises DevenvError when a range has
    no free number.
    """
    wanted = sorted(_wanted(needs), key=lambda pair: pair[0])
    claims = _Claims(taken)
    for key, port in wanted:
        if isinstance(port.wanted, int) and not port.movable:
            claims.give(key, port, port.wanted)
    for key, port in wanted:
        number = held.get(key)
        if number is not None and _fits(port, number):
            claims.offer(key, port, number)
    for key, port in wanted:
        if isinstance(port.wanted, int):
            claims.offer(key, port, port.wanted)
    for key, port in wanted:
        if key not in claims.made:
            claims.give(key, port, _free(environment, key, port, claims))
    return claims.made


class _Claims:
    """Numbers that are given away: those of others whole, our own for each protocol apart."""

    def __init__(self, taken: frozenset[int]) -> None:
        self.made: dict[ClaimKey, int] = {}
        self._taken = taken
        self._own: set[tuple[str, int]] = set()

    def is_free(self, port: Port, number: int) -> bool:
        return number not in self._taken and (port.protocol, number) not in self._own

    def give(self, key: ClaimKey, port: Port, number: int) -> None:
        self.made[key] = number
        self._own.add((port.protocol, number))

    def offer(self, key: ClaimKey, port: Port, number: int) -> None:
        """Give a number to who has none yet, if nobody else has it."""
        if key not in self.made and self.is_free(port, number):
            self.give(key, port, number)


def claim_names(
    written: Mapping[str, str],
    made_up: Mapping[str, str],
    held: Mapping[str, str],
    taken: Collection[str],
) -> Mapping[str, str]:
    """Give the container of each service the name that is written for it, if nobody has that.

    ``made_up`` gives, for each service, the name that it has otherwise. What is held is kept.
    """
    names: dict[str, str] = {}
    for service, name in sorted(written.items()):
        used = {*taken, *names.values()}
        stays = held.get(service) == made_up[service]
        names[service] = made_up[service] if stays or name in used else name
    return names


def _wanted(needs: Iterable[Need]) -> Iterator[tuple[ClaimKey, Port]]:
    for need in needs:
        for index in range(max(1, need.replicas)):
            for port in need.service.ports:
                yield (need.service.name, index, port.name), port


def _fits(port: Port, number: int) -> bool:
    if isinstance(port.wanted, PortRange):
        return port.wanted.first <= number <= port.wanted.last
    if port.wanted == number:
        return True
    return LOWEST <= number <= HIGHEST


def _free(environment: EnvironmentId, key: ClaimKey, port: Port, claims: _Claims) -> int:
    for number in _candidates(environment, key, port):
        if claims.is_free(port, number):
            return number
    raise DevenvError(f"no free port is left for {port.name} of {key[0]}", "widen its range")


def _candidates(environment: EnvironmentId, key: ClaimKey, port: Port) -> Iterator[int]:
    if isinstance(port.wanted, PortRange):
        yield from range(port.wanted.first, port.wanted.last + 1)
        return
    digest = hashlib.sha256(f"{environment}/{key[0]}/{key[1]}/{key[2]}".encode()).digest()
    first = int.from_bytes(digest[:4], "big")
    size = HIGHEST - LOWEST + 1
    for step in range(size):
        yield LOWEST + (first + step) % size
