"""What each method of the API does: read the request, change what is wanted, answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from devenv.daemon.verbs import changing, inspecting, itself, joining, locking, reading, syncing
from devenv.daemon.verbs.context import Answer, Context, Params

VERBS: dict[str, Callable[[Context, Params], Awaitable[Answer]]] = {
    "hello": itself.hello,
    "up": changing.up,
    "down": changing.down,
    "start": changing.start,
    "stop": changing.stop,
    "restart": changing.restart,
    "pause": changing.pause,
    "resume": changing.resume,
    "scale": changing.scale,
    "status": reading.read_status,
    "watch": reading.watch,
    "plan": reading.plan,
    "digests": locking.digests,
    "why": reading.why,
    "samples": reading.samples,
    "environment": reading.environment,
    "graph": inspecting.graph,
    "inspect": inspecting.inspect,
    "run": changing.run,
    "need": changing.need,
    "build": joining.build,
    "run.once": joining.run_once,
    "logs": reading.logs,
    "attach": joining.attach,
    "exec": joining.execute,
    "events": reading.events,
    "list": reading.list_all,
    "forget": itself.forget,
    "sync.status": syncing.status,
    "sync.list": syncing.files,
    "sync.explain": syncing.explain,
    "sync.pause": syncing.pause,
    "sync.resume": syncing.resume,
    "sync.flush": syncing.flush,
    "sync.reset": syncing.reset,
    "daemon.status": itself.daemon_status,
    "daemon.stop": itself.daemon_stop,
}
"""By the names of ``api.methods.METHODS``."""
