"""A service's own terminal in its pod, or its input and output, over a WebSocket."""

from __future__ import annotations

import aiohttp

from devenv.errors import DevenvError
from devenv.model.environment import ReplicaId
from devenv.runtimes.kubernetes.errors import AwayError
from devenv.runtimes.kubernetes.executing import (
    KILLED,
    Shell,
    does_not_run,
    fit,
    open_socket,
    pod_of,
)
from devenv.runtimes.kubernetes.place import Place
from devenv.runtimes.kubernetes.resources import POD, name_of
from devenv.runtimes.kubernetes.rows import Running, code_of, running

TOLD_WITHIN = 20.0
"""Seconds until a cluster tells how a container has ended."""


class Attached(Shell):
    """An open connection with a service: to leave it, or to end one's input, ends nothing there."""

    def __init__(
        self, socket: aiohttp.ClientWebSocketResponse, place: Place, at: Running, *, tty: bool
    ) -> None:
        super().__init__(socket)
        self._place, self._at, self._tty = place, at, tty

    def end_input(self) -> None:
        """Do nothing: others may have more for it."""

    async def resize(self, columns: int, rows: int) -> None:
        if self._tty:
            await super().resize(columns, rows)

    async def exit_code(self) -> int:
        """The code of the container that was attached to, though another may run by now."""
        code = await super().exit_code()
        return code if self.refusal else await self._told()

    async def _told(self) -> int:
        """Wait until the cluster says how it has ended. AwayError: it has not."""
        cache, namespace = self._place.server.cache, self._place.need()
        found: list[int] = []

        def ended() -> bool:
            pod = cache.get(POD, namespace, self._at.pod)
            is_there = pod is not None and pod["metadata"]["uid"] == self._at.uid
            code = code_of(pod, self._at.container) if pod and is_there else KILLED
            found.extend([] if code is None else [code])
            return bool(found)

        if not await cache.until(ended, TOLD_WITHIN):
            raise AwayError("the connection to the pod broke")
        return found[0]


async def attach(place: Place, replica: ReplicaId, size: tuple[int, int]) -> Attached:
    """Connect with a service that runs. Raises DevenvError for one that nobody can talk to."""
    name, pod = replica.service, pod_of(place, replica)
    container = next(one for one in pod["spec"]["containers"] if one["name"] == name)
    tty, stdin = bool(container.get("tty")), bool(container.get("stdin"))
    if not (tty or stdin):
        raise DevenvError(
            f"{name} has no terminal and takes no input",
            f"write `tty: true` or `stdin_open: true`; or see devenv preview logs --follow {name}",
        )
    found = running([pod])
    if not found:
        raise does_not_run(name)
    flags = {"container": name, "stdin": stdin, "stdout": True, "stderr": not tty, "tty": tty}
    socket = await open_socket(place, name_of(pod), "attach", flags)
    attached = Attached(socket, place, found[0], tty=tty)
    columns, rows = size
    # Only a change makes what runs draw its screen anew.
    await fit(attached, (columns, max(1, rows - 1)), size)
    return attached
