"""``devenv doctor``: what could keep devenv from working here, and what to do about each."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping

from devenv.api import places
from devenv.api.client import Client
from devenv.api.wording import size
from devenv.cli.arguments import Arguments
from devenv.cli.daemon import running
from devenv.cli.layout import Style
from devenv.cli.result import Result
from devenv.cli.session import Session
from devenv.errors import DevenvError

Environ = Mapping[str, str]
Finding = tuple[bool, str, str]
"""Whether it is well, what was found, and what to do."""

_ENOUGH_SPACE = 1_000_000_000
_PORTS_END = 20_000
_PATIENCE = 5.0


def run(arguments: Arguments, session: Session) -> Result:
    checks = []
    for name, check in CHECKS.items():
        well, found, hint = check(session.environ)
        checks.append({"name": name, "ok": well, "text": found, "hint": "" if well else hint})
    failed = any(not check["ok"] for check in checks)

    def text(style: Style) -> str:
        lines = []
        for check in checks:
            mark = style.paint("ok", "green") if check["ok"] else style.paint("!!", "red")
            lines.append(f"{mark}  {check['name']}: {check['text']}")
            if check["hint"]:
                lines.append(f"      {check['hint']}")
        return "\n".join(lines)

    return Result({"checks": checks}, text, code=1 if failed else 0)


def _python(environ: Environ) -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    linux = sys.platform == "linux"
    return linux, f"{found} on {sys.platform}", "devenv runs on Linux only, for now."


def _runtime_folder(environ: Environ) -> Finding:
    try:
        folder = places.make_runtime_folder(environ)
        places.keeper_socket(environ, "x" * 12)
    except DevenvError as error:
        return False, error.message, error.hint
    return True, folder, ""


def _state_folder(environ: Environ) -> Finding:
    try:
        folder = places.make_state_folder(environ)
    except DevenvError as error:
        return False, error.message, error.hint
    path = os.path.join(folder, f".probe-{os.getpid()}")
    try:
        with open(path, "xb") as probe:
            probe.write(b"probe")
        os.unlink(path)
    except OSError as error:
        return (
            False,
            f"{folder} cannot be written: {error.strerror}",
            "Make room or make it writable, or set XDG_STATE_HOME to another folder.",
        )
    return True, folder, ""


def _space(environ: Environ) -> Finding:
    folder = places.state_folder(environ)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    free = shutil.disk_usage(folder).free
    return (
        free >= _ENOUGH_SPACE,
        f"{size(free)} free for logs and data",
        "Make room; `devenv prune` removes what environments that are down have left.",
    )


def _ports(environ: Environ) -> Finding:
    """Ports are taken below the ephemeral range, so that no outgoing connection sits on one."""
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            first, last = file.read().split()
    except (OSError, ValueError):
        return True, "the range of ephemeral ports is not known", ""
    return (
        int(first) > _PORTS_END,
        f"outgoing connections use {first} to {last}",
        'Leave room below: sysctl -w net.ipv4.ip_local_port_range="32768 60999"',
    )


def _namespaces(environ: Environ) -> Finding:
    """Only root needs them: for servers that refuse to run as root."""
    if os.getuid() != 0:
        return True, "not needed, you are not root", ""
    pid = os.fork()
    if pid == 0:
        os._exit(0 if _can_unshare() else 1)
    _, status = os.waitpid(pid, 0)
    hint = "Work as another user than root; servers such as PostgreSQL refuse to run as root."
    return status == 0, "usable" if status == 0 else "forbidden here", hint


def _can_unshare() -> bool:
    import ctypes

    new_user = 0x10000000
    return bool(ctypes.CDLL(None).unshare(new_user) == 0)


def _engine(environ: Environ) -> Finding:
    """None is no fault where none was asked for: host processes need none."""
    import asyncio

    try:
        return True, asyncio.run(_engine_there(environ)), ""
    except (DevenvError, TimeoutError) as error:
        said = error.message if isinstance(error, DevenvError) else "it does not answer"
    asked = any(environ.get(name) for name in ("DOCKER_HOST", "DOCKER_CONTEXT"))
    hint = "Start it, or correct DOCKER_HOST or DOCKER_CONTEXT; host processes need none."
    return not asked, f"{said}{'' if asked else ' (only containers need one)'}", hint


async def _engine_there(environ: Environ) -> str:
    import asyncio

    from devenv.runtimes.docker.address import address_of
    from devenv.runtimes.docker.connection import Connection

    address = address_of(environ)
    connection = Connection(address)
    try:
        async with asyncio.timeout(_PATIENCE):
            found = await connection.call(lambda client: client.version())
    finally:
        connection.close()
    return f"version {found['Version']} at {address.url}"


def _daemon(environ: Environ) -> Finding:
    log = places.daemon_log(environ)
    try:
        with Client(environ, start=False) as client:
            status = running(client)
    except DevenvError as error:
        return False, error.message, error.hint or f"Its log is {log}"
    if status is None:
        return True, f"not running (it starts when it is needed){_last_words(log)}", ""
    return True, f"running, pid {status['pid']}, build {status['build']}", ""


def _last_words(log: str) -> str:
    try:
        with open(log, encoding="utf-8", errors="replace") as file:
            lines = [line.strip() for line in file.readlines()[-200:] if line.strip()]
    except OSError:
        return ""
    return f"; the last thing in {log}: {lines[-1]}" if lines else ""


CHECKS: dict[str, Callable[[Environ], Finding]] = {
    "python": _python,
    "runtime folder": _runtime_folder,
    "state folder": _state_folder,
    "disk space": _space,
    "ports": _ports,
    "user namespaces": _namespaces,
    "container engine": _engine,
    "daemon": _daemon,
}
