"""The methods of the daemon in one table: what each takes and gives. docs/api.md says the same."""

from __future__ import annotations

from devenv.api.codec import NO_METHOD, WRONG_PARAMS, MessageError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

PROTOCOL = 1
"""The number of this contract. It only grows: fields are added, never given another meaning."""

STATUS = "a status document"

_PARAMS: dict[str, tuple[type, ...]] = {
    "branch": (str,),
    "cluster": (str,),
    "context": (str,),
    "registry": (str,),
    "domain": (str,),
    "lifetime": (int, float),
    "name": (str,),
    "show_secrets": (bool,),
    "build": (str,),
    "client": (dict,),
    "columns": (int,),
    "command": (list,),
    "environments": (list,),
    "images": (list,),
    "index": (int,),
    "limit": (int,),
    "loads": (str,),
    "new_images": (bool,),
    "namespaces": (list,),
    "networks": (list,),
    "newer_than": (int,),
    "no_cache": (bool,),
    "output": (str,),
    "path": (str,),
    "pod_security": (str,),
    "protocol": (int,),
    "pull": (bool,),
    "pull_request": (int,),
    "requests": (list,),
    "ask_host": (bool,),
    "replace": (list,),
    "replicas": (dict,),
    "rows": (int,),
    "runtime": (str,),
    "service": (str,),
    "services": (list,),
    "sweeps": (bool,),
    "target": (dict,),
    "task": (str,),
    "timeout": (int, float),
    "tty": (bool,),
    "volumes": (bool,),
    "wait": (bool,),
    "watch": (bool,),
}
"""A name of a parameter means the same, and has the same type, in every method."""


class Method:
    """One method. A parameter that ends in ``?`` may be left out or null.

    ``again``: the same request twice does what it does once, so a client whose connection was
    lost sends it again.
    """

    __slots__ = ("again", "optional", "params", "required", "result")

    def __init__(self, params: str, result: str, *, again: bool = True) -> None:
        self.params = tuple(params.split())
        self.required = tuple(name for name in self.params if not name.endswith("?"))
        self.optional = tuple(name[:-1] for name in self.params if name.endswith("?"))
        self.result = STATUS if result == STATUS else tuple(result.split())
        self.again = again


METHODS: dict[str, Method] = {
    "hello": Method("protocol build", "protocol build pid started_at"),
    "up": Method("target client services? runtime? watch? new_images? replace?", STATUS),
    "build": Method("target client services? no_cache? pull?", "", again=False),
    "down": Method("target volumes?", STATUS),
    "start": Method("target client services?", STATUS),
    "stop": Method("target client services?", STATUS),
    "restart": Method("target client services?", STATUS, again=False),
    "pause": Method("target services?", STATUS),
    "resume": Method("target services?", STATUS),
    "scale": Method("target client replicas", STATUS),
    "status": Method("target", STATUS),
    "watch": Method("target newer_than timeout", STATUS),
    "plan": Method("target client services? runtime?", "rounds problems requests ahead"),
    "digests": Method("target client images", "digests"),
    "why": Method("target service", "lines"),
    "samples": Method("target", "samples"),
    "environment": Method(
        "target service index?", "command directory environment secrets container"
    ),
    "graph": Method("target", "services"),
    "inspect": Method("target service index?", "values probe depends_on dependants"),
    "run": Method("target client task", STATUS, again=False),
    "need": Method("target client service", STATUS),
    "run.once": Method("target client service command tty columns rows", "", again=False),
    "logs": Method("target services?", "folders"),
    "attach": Method("target service index? columns rows", "", again=False),
    "exec": Method("target service index? command tty columns rows", "", again=False),
    "events": Method("target newer_than? limit? timeout?", "events"),
    "list": Method("", "environments previews"),
    "forget": Method("environments", "forgotten"),
    "strays": Method("client", "networks"),
    "sweep": Method("client networks", "removed"),
    "cluster.add": Method(
        "client name context registry? domain? namespaces? sweeps? pod_security? loads?", "cluster"
    ),
    "cluster.list": Method("", "clusters"),
    "cluster.check": Method("client? name?", "cluster checks"),
    "cluster.login": Method("name output", ""),
    "cluster.remove": Method("name", "removed"),
    "preview.up": Method(
        "target client branch? cluster? lifetime? services? watch? pull_request? pull?", STATUS
    ),
    "preview.plan": Method(
        "target client branch? cluster? lifetime? services? pull?", "rounds objects problems"
    ),
    "preview.render": Method("target client branch? cluster? services? show_secrets?", "text"),
    "preview.status": Method("target client branch? cluster? name?", STATUS),
    "preview.reach": Method("target client branch? cluster? name?", "name urls"),
    "preview.find": Method("target client branch? cluster? name?", "environment"),
    "preview.list": Method("", "previews faults"),
    "preview.down": Method("target client branch? cluster? name? timeout?", "name cluster"),
    "preview.left": Method("name cluster wait? timeout", "preview"),
    "preview.extend": Method("target client branch? cluster? name? lifetime?", "preview"),
    "preview.sweep": Method(
        "target client cluster? requests? ask_host?", "swept stayed fault untold"
    ),
    "sync.status": Method("target services?", "rules"),
    "sync.list": Method("target services?", "files"),
    "sync.explain": Method("target path", "verdicts"),
    "sync.pause": Method("target services?", "rules"),
    "sync.resume": Method("target services?", "rules"),
    "sync.flush": Method("target services? timeout?", "rules arrived moved"),
    "sync.reset": Method("target services? timeout?", "rules arrived moved"),
    "daemon.status": Method("", "pid build started_at"),
    "daemon.stop": Method("", ""),
}


def check(method: str, params: Mapping[str, Any]) -> Method:
    """The method that a request asks for; MessageError where it or its params are wrong."""
    found = METHODS.get(method)
    if found is None:
        raise MessageError(NO_METHOD, f"there is no method {method!r}")
    for name in found.required:
        if params.get(name) is None:
            raise MessageError(WRONG_PARAMS, f"{method}: the parameter {name!r} is missing")
    for name, value in params.items():
        if name not in found.required and name not in found.optional:
            raise MessageError(WRONG_PARAMS, f"{method}: there is no parameter {name!r}")
        if value is not None and not _fits(name, value):
            raise MessageError(WRONG_PARAMS, f"{method}: the parameter {name!r} has a wrong type")
    return found


def _fits(name: str, value: object) -> bool:
    types = _PARAMS[name]
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))


TARGET = ("directory", "files", "environment", "profiles")
CLIENT = ("directory", "umask", "environment")


def check_target(target: Mapping[str, Any]) -> None:
    """MessageError unless it is a target of docs/api.md."""
    directory, environment = target.get("directory"), target.get("environment")
    if not isinstance(directory, str) or not directory.startswith("/"):
        raise MessageError(WRONG_PARAMS, "target: directory is not an absolute path")
    if environment is not None and not isinstance(environment, str):
        raise MessageError(WRONG_PARAMS, "target: environment is neither a string nor null")
    for name in ("files", "profiles"):
        if not _are_strings(target.get(name, [])):
            raise MessageError(WRONG_PARAMS, f"target: {name} is not a list of strings")


def check_client(client: Mapping[str, Any]) -> None:
    """MessageError unless it is a client of docs/api.md."""
    directory, umask = client.get("directory"), client.get("umask")
    if not isinstance(directory, str) or not directory.startswith("/"):
        raise MessageError(WRONG_PARAMS, "client: directory is not an absolute path")
    if not isinstance(umask, int) or isinstance(umask, bool) or not 0 <= umask <= 0o777:
        raise MessageError(WRONG_PARAMS, "client: umask is not a number from 0 to 0777")
    environment = client.get("environment")
    if not isinstance(environment, dict) or not _are_strings(list(environment.values())):
        raise MessageError(WRONG_PARAMS, "client: environment does not map names to strings")


def _are_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
