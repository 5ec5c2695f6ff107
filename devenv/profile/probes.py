"""``ready`` and ``healthcheck`` to the one probe of a service."""

from __future__ import annotations

import posixpath

from devenv.errors import DevenvError
from devenv.model.service import (
    Check,
    ExecCheck,
    FileCheck,
    HttpCheck,
    LogCheck,
    Probe,
    TcpCheck,
)
from devenv.profile import schema


def probe_of(service: schema.Service, directory: str) -> Probe | None:
    """Make the probe: ``ready`` where both are there. Raises DevenvError."""
    if service.ready:
        return ready_probe(service.ready, directory)
    return _healthcheck(service.healthcheck) if service.healthcheck else None


def ready_probe(ready: schema.Ready, directory: str) -> Probe:
    return _timed(_ready_check(ready, directory), ready)


def _ready_check(ready: schema.Ready, directory: str) -> Check:
    if ready.http is not None:
        return ready.http if isinstance(ready.http, HttpCheck) else _http(ready.http)
    if ready.tcp is not None:
        tcp = ready.tcp
        return tcp if isinstance(tcp, TcpCheck) else TcpCheck(tcp.port, tcp.host)
    if ready.log is not None:
        return LogCheck(ready.log)
    if ready.file is not None:
        is_absolute = ready.file.startswith(("/", "${{"))
        return FileCheck(ready.file if is_absolute else posixpath.join(directory, ready.file))
    return ExecCheck(_some(ready.exec or (), "ready.exec"))


def _http(table: schema.HttpTable) -> HttpCheck:
    path = table.path if table.path.startswith("/") else f"/{table.path}"
    statuses: list[int] = []
    for entry in table.status:
        statuses.extend((entry,) if isinstance(entry, int) else entry)
    return HttpCheck(path, table.port, table.host, tuple(statuses))


def _healthcheck(healthcheck: schema.Healthcheck) -> Probe | None:
    test = healthcheck.test
    if healthcheck.disable or test is None or test == ("NONE",):
        return None
    if isinstance(test, str):
        return _timed(ExecCheck(("sh", "-c", test)), healthcheck)
    kind, *words = test
    command = ("sh", "-c", " ".join(words)) if kind == "CMD-SHELL" and words else tuple(words)
    return _timed(ExecCheck(_some(command, "healthcheck.test")), healthcheck)


def _some(command: tuple[str, ...], key: str) -> tuple[str, ...]:
    if not command:
        raise DevenvError(f"`{key}` has no command")
    return command


def _timed(check: Check, timing: schema.Timing) -> Probe:
    standard = Probe(check)
    return Probe(
        check,
        timing.interval or standard.interval,
        timing.timeout or standard.timeout,
        standard.retries if timing.retries is None else timing.retries,
        timing.start_period or standard.start_period,
    )
