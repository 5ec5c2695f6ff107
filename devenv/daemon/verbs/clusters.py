"""The verbs about clusters: named by the user, pinned, and looked at for what is missing."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import asdict, replace
from pathlib import Path

from devenv.api import places
from devenv.daemon import clusters
from devenv.daemon.verbs.context import Answer, Context, Params, client
from devenv.errors import DevenvError, UsageError
from devenv.model.preview import Cluster
from devenv.runtimes.kubernetes.objects.security import BASELINE, LEVELS

REGISTRY = re.compile("[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*")
"""Without a scheme, as in the names of images."""
NAME = re.compile("[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?")
DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}")
NODES = {"kind": re.compile("[a-z0-9.-]+"), "containerd": re.compile("/.+")}
USUAL_NODES = {"kind": "kind", "containerd": "/run/containerd/containerd.sock"}
NAMESPACE = re.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def named(name: str) -> Cluster:
    """The cluster of this name, or the only one."""
    return clusters.choose(clusters.read(clusters_file()), name)


async def add(context: Context, params: Params) -> Answer:
    """Take down a context under a name: where it leads now is where it must lead from then on."""
    from devenv.runtimes.kubernetes.kubeconfig import pin

    name = str(params["name"])
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot be a cluster's name", "a-z, 0-9 and -, 15 at most")
    known = clusters.read(clusters_file())
    asking = client(params)
    home = asking.environment.get("HOME", "")
    # Each of them is relative to where the user is.
    kubeconfig = os.pathsep.join(
        os.path.join(asking.directory, one)
        for one in (asking.environment.get("KUBECONFIG") or f"{home}/.kube/config").split(
            os.pathsep
        )
        if one
    )
    pinned = await asyncio.to_thread(pin, name, str(params["context"]), kubeconfig)
    made = replace(pinned, registry=_registry(params), domain=_domain(params))
    made = replace(made, namespaces=_namespaces(params), sweeps=params.get("sweeps") is not False)
    made = replace(made, pod_security=_pod_security(params), loads=_loads(params))
    before = known.get(name, made)
    if before != made or bool(before.namespaces) != bool(made.namespaces):
        hint = f"devenv cluster remove {name}, and add it again"
        raise DevenvError(f"there is another cluster {name} already", hint)
    clusters.write(clusters_file(), {**known, name: made})
    return Answer({"cluster": asdict(made)})


async def list_all(context: Context, params: Params) -> Answer:
    return Answer({"clusters": [asdict(one) for one in clusters.read(clusters_file()).values()]})


async def remove(context: Context, params: Params) -> Answer:
    """Forget a cluster; while a preview of ours is in it, it is kept."""
    known = dict(clusters.read(clusters_file()))
    found = clusters.choose(known, str(params["name"]))
    held = [
        live.id
        for live in context.registry
        if (preview := live.board.newest.intent.preview) is not None
        and preview.cluster == found
        and live.board.newest.intent.is_up
    ]
    if held:
        raise DevenvError(
            f"{found.name} has previews of yours: {', '.join(held)}", "take them down first"
        )
    del known[found.name]
    clusters.write(clusters_file(), known)
    return Answer({"removed": found.name})


async def login(context: Context, params: Params) -> Answer:
    """Take the credentials that the plugin of a cluster has given to somebody at a terminal."""
    from devenv.runtimes.kubernetes.errors import LoginError

    found = named(str(params["name"]))
    try:
        await context.registry.host.kubernetes.servers.of(found).reach(str(params["output"]))
    except LoginError as error:
        raise DevenvError(f"{found.name} does not take what its plugin has given") from error
    return Answer({})


async def check(context: Context, params: Params) -> Answer:
    """Look for what is missing in a cluster, right by right."""
    from devenv.runtimes.kubernetes.checking import checks

    found = named(str(params.get("name") or ""))
    server = context.registry.host.kubernetes.servers.of(found)
    server.connection.credentials.ask()
    loading = await _loading(context, found, params)
    made = [*await checks(server.connection, found), *loading]
    return Answer({"cluster": asdict(found), "checks": made})


async def _loading(context: Context, cluster: Cluster, params: Params) -> list[dict[str, object]]:
    """Whether its nodes take images from who asks, where these are loaded into them."""
    from devenv.runtimes.kubernetes.checking import result

    if not cluster.loads or params.get("client") is None:
        return []
    supply = context.registry.host.docker.supply
    fault = await supply.load_fault(cluster.loads, client(params))
    told = (fault.message, fault.hint) if fault else ("", "")
    return [result(f"images can be loaded into {cluster.loads}", *told)]


def _registry(params: Params) -> str:
    """Where images are pushed: a host, with a port or a path if need be."""
    written = str(params.get("registry") or "").rstrip("/")
    if written and not REGISTRY.fullmatch(written):
        raise UsageError(
            f"{written!r} cannot be a registry", "for example registry.example.com/team"
        )
    return written


def _domain(params: Params) -> str:
    """Below which previews have their hosts, one label each."""
    written = str(params.get("domain") or "").removeprefix("*.").rstrip(".").lower()
    if written and not DOMAIN.fullmatch(written):
        raise UsageError(f"{written!r} cannot be a domain", "for example preview.example.com")
    return written


def _namespaces(params: Params) -> tuple[str, ...]:
    """Those that were made for previews."""
    written = [str(one) for one in params.get("namespaces") or ()]
    unfit = [one for one in written if not NAMESPACE.fullmatch(one)]
    if unfit:
        raise UsageError(f"{unfit[0]!r} cannot be a namespace", "for example preview-1")
    return tuple(dict.fromkeys(written))


def _loads(params: Params) -> str:
    """What images are loaded into instead of being pushed: nodes of this machine."""
    kind, _, where = str(params.get("loads") or "").partition(":")
    if kind and params.get("registry"):
        raise UsageError("images are pushed to a registry or loaded", "leave out one of both")
    where = where or USUAL_NODES.get(kind, "")
    fits = NODES.get(kind)
    if kind and not (fits and fits.fullmatch(where)):
        raise UsageError(
            "images cannot be loaded there", "--images kind:NAME, or containerd:/PATH/OF/ITS/SOCKET"
        )
    return f"{kind}:{where}" if kind else ""


def _pod_security(params: Params) -> str:
    """The level that namespaces of previews enforce; those of others have one already."""
    written = str(params.get("pod_security") or "")
    if written and params.get("namespaces"):
        raise UsageError(
            "the level of Pod Security of a namespace is for who made it", "leave out one of both"
        )
    if written and written not in LEVELS:
        raise UsageError(f"{written!r} is no level of Pod Security", f"one of {', '.join(LEVELS)}")
    return written or BASELINE


def clusters_file() -> Path:
    return Path(places.clusters_file(os.environ))
