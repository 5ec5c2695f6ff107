"""An API server that has the bad days of a real one whenever a test asks for them.

It keeps objects, answers lists, watches, patches and deletions, and lets a few controllers work.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.fakes.controllers import Controllers, leaving
from tests.fakes.kubelet import Kubelet
from tests.fakes.logs import Logs
from tests.fakes.store import Key, Object, Store, matches, merged

TOKEN = "good"
CONTEXT = "team-admin"


@dataclass(frozen=True)
class Fault:
    """An answer for a request of this method (any: "") whose path has this pattern."""

    method: str
    path: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "a bad day"


@dataclass
class ApiServer:
    """``faults`` are used up one by one, ``ill`` lasts.

    ``half_open``: watches stay open and say nothing more.
    ``expired``: the versions below it are too old to go on from; ``gone``: how that is said, as an
    answer of 410 or as an event. ``stuck``: namespaces that never go, and why.
    ``ahead``: seconds that the server's clock is ahead of ours. ``silent``: requests with this in
    their path are accepted, and answered when ``speak`` is called.
    """

    store: Store = field(default_factory=Store)
    token: str = TOKEN
    faults: list[Fault] = field(default_factory=list)
    ill: Fault | None = None
    half_open: bool = False
    bookmarks: bool = False
    expired: int = 0
    gone: str = "answer"
    stuck: dict[str, str] = field(default_factory=dict)
    ahead: float = 0.0
    silent: str = ""
    seen: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""
    last_patch: str = ""

    def __post_init__(self) -> None:
        self.controllers = Controllers(self.store)
        self.kubelet = Kubelet()
        self.kubelet.ended = self._ended
        self.logs = Logs(self.store)
        self._port = 0
        self._cut = asyncio.Event()
        self._speaking = asyncio.Event()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serve on loopback; gives the address."""
        await self.start()
        try:
            yield self.address
        finally:
            await self.stop()

    async def start(self) -> None:
        """Listen; where it did before, if it did."""
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", self._answer)
        app.on_response_prepare.append(self._date)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        assert site._server is not None
        self._port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined] # asyncio's
        self.address = f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        """End all connections, and refuse new ones; the objects stay."""
        self.cut()
        await self.kubelet.close()
        await self._runner.cleanup()

    def cut(self) -> None:
        """End all watches, as a server does that restarts."""
        self._cut.set()
        self._cut = asyncio.Event()

    def speak(self) -> None:
        """Answer what was kept waiting, and all that comes."""
        self.silent = ""
        self._speaking.set()
        self._speaking = asyncio.Event()

    def release(self) -> None:
        """Let pods that are to go end, and the namespaces that they have held."""
        self.controllers.clinging = False
        for key, one in list(self.store.objects.items()):
            if key[0] == "pods" and "deletionTimestamp" in one["metadata"]:
                self.store.remove(key)
        for key, one in list(self.store.objects.items()):
            if key[0] == "namespaces" and "deletionTimestamp" in one["metadata"]:
                self._let_go(key, one)

    def kubeconfig(self, folder: Path, token: str = TOKEN) -> Path:
        path, partial = folder / "kubeconfig", folder / "kubeconfig.new"
        named = {"cluster": {"server": self.address}, "name": "c"}
        user = {"user": {"token": token}, "name": "u"}
        context = {"context": {"cluster": "c", "user": "u"}, "name": CONTEXT}
        partial.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": CONTEXT,
                    "clusters": [named],
                    "users": [user],
                    "contexts": [context],
                }
            )
        )
        return partial.replace(path)

    def count(self, method: str, part: str) -> int:
        return sum(one == method and part in path for one, path in self.seen)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.method, request.path_qs))
        return await self._hinder(request) or await self._do(request)

    async def _hinder(self, request: web.Request) -> web.Response | None:
        """What is answered instead of what was asked for."""
        if request.headers.get("Authorization", "").removeprefix("Bearer ") != self.token:
            return _status(401, "Unauthorized", "Unauthorized")
        if self.silent and self.silent in request.path_qs:
            await self._speaking.wait()
        for fault in (*self.faults, *([self.ill] if self.ill else [])):
            if fault.method in ("", request.method) and re.search(fault.path, request.path_qs):
                if fault in self.faults:
                    self.faults.remove(fault)
                return _status(fault.status, "", fault.message, fault.headers)
        return None

    async def _do(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/readyz":
            return web.Response(text="ok")
        if request.path == "/version":
            return web.json_response({"gitVersion": "v1.99.0"})
        if request.path.endswith("/selfsubjectaccessreviews"):
            return web.json_response({"status": {"allowed": True}})
        if request.path.endswith("/portforward"):
            return await _echo(request)
        return await self._by_method(request, _key(request.path))

    async def _by_method(self, request: web.Request, key: Key) -> web.StreamResponse:
        match request.method:
            case "GET" if key[2]:
                return await self._get(request, key)
            case "GET":
                return await self._list_or_watch(request, key)
            case "POST":
                return await self._post(request, key)
            case "PATCH":
                return await self._patch(request, key)
            case "DELETE" if not key[2]:
                return self._delete_all(request, key)
            case "DELETE":
                return await self._delete(request, key)
        return _status(405, "MethodNotAllowed", request.method)

    async def _date(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = formatdate(time.time() + self.ahead, usegmt=True)

    async def _get(self, request: web.Request, key: Key) -> web.StreamResponse:
        found = self.store.objects.get(key)
        if found is None:
            return _status(404, "NotFound", f"{key[0]} {key[2]!r} not found")
        if request.path.endswith("/exec"):
            return await self.kubelet.run(request, found)
        if request.path.endswith("/attach"):
            return await self.kubelet.attach(request, found)
        if request.path.endswith("/log"):
            return await self.logs.follow(request, key, found)
        return web.json_response(found)

    def _ended(self, pod: Object, code: int) -> None:
        """Let a Job end with its pod; any other container is run anew."""
        metadata = pod["metadata"]
        plural, _, name = metadata["annotations"]["owner"].partition("/")
        if plural == "jobs":
            self.controllers.end(metadata["namespace"], name, code)
        else:
            self.controllers.restart(("pods", metadata["namespace"], metadata["name"]), code)

    async def _post(self, request: web.Request, key: Key) -> web.Response:
        body = await request.json()
        if request.query.get("dryRun"):
            return web.json_response(body, status=201)
        key = (key[0], key[1], body["metadata"]["name"])
        if key in self.store.objects:
            return _status(409, "AlreadyExists", f"{key[0]} {key[2]!r} already exists")
        made = self.store.put(key, body)
        self.controllers.settle(key)
        return web.json_response(made, status=201)

    async def _patch(self, request: web.Request, key: Key) -> web.Response:
        body = await request.json()
        applies = request.content_type == "application/apply-patch+yaml"
        if not applies and key not in self.store.objects:
            return _status(404, "NotFound", key[2])
        namespace = self.store.objects.get(("namespaces", "", key[1]))
        leaving = namespace is None or "deletionTimestamp" in namespace["metadata"]
        if key[1] and leaving and key not in self.store.objects:
            return _status(403, "Forbidden", f"namespace {key[1]} is being terminated")
        if request.query.get("dryRun"):
            return web.json_response(merged(self.store.objects.get(key), body))
        made = self.store.put(key, merged(self.store.objects.get(key), body))
        if "deletionTimestamp" in made["metadata"] and not made["metadata"].get("finalizers"):
            self.store.remove(key)
        self.controllers.settle(key)
        return web.json_response(self.store.objects.get(key, made))

    async def _delete(self, request: web.Request, key: Key) -> web.Response:
        found = self.store.objects.get(key)
        if found is None:
            return _status(404, "NotFound", key[2])
        body = json.loads(await request.read() or "{}")
        wanted = (body.get("preconditions") or {}).get("uid")
        if wanted and wanted != found["metadata"]["uid"]:
            return _status(409, "Conflict", "the UID in the precondition does not match")
        if key[0] == "namespaces":
            self._let_go(key, found)
        elif found["metadata"].get("finalizers"):
            self.store.put(key, leaving(found))
        else:
            self.store.remove(key)
            self.controllers.settle(key)
            self.controllers.replace(found)
        return web.json_response(found)

    def _delete_all(self, request: web.Request, key: Key) -> web.Response:
        selector = dict(_selector(request.query.get("labelSelector", "")))
        found = list(self.store.select(key[0], key[1], selector))
        for one in found:
            gone = (key[0], key[1], one["metadata"]["name"])
            self.store.remove(gone)
            self.controllers.settle(gone)
        return web.json_response({"kind": "List", "metadata": {}, "items": found})

    def _let_go(self, key: Key, found: Object) -> None:
        going = leaving(found)
        held = [one for one in self.store.objects if one[1] == key[2]]
        if self.controllers.clinging and any(one[0] == "pods" for one in held):
            self.store.put(key, going)
            return
        is_stuck, kinds = key[2] in self.stuck, Counter[str]()
        for one in held:
            if is_stuck and self.store.objects[one]["metadata"].get("finalizers"):
                kinds[one[0]] += 1
            else:
                self.store.remove(one)
        if not is_stuck:
            self.store.put(key, going)
            self.store.remove(key)
            return
        left = ", ".join(f"{kind}. has {n} resource instances" for kind, n in kinds.items())
        said = {"NamespaceFinalizersRemaining": self.stuck[key[2]]}
        said |= (
            {"NamespaceContentRemaining": f"Some resources are remaining: {left}"} if left else {}
        )
        told = [{"type": one, "status": "True", "message": text} for one, text in said.items()]
        self.store.put(key, {**going, "status": {"phase": "Terminating", "conditions": told}})

    async def _list_or_watch(self, request: web.Request, key: Key) -> web.StreamResponse:
        selector = dict(_selector(request.query.get("labelSelector", "")))
        if request.query.get("watch"):
            return await self._watch(request, key, selector)
        found = list(self.store.select(key[0], key[1], selector))
        about = request.query.get("fieldSelector", "").partition("involvedObject.uid=")[2]
        if about:
            found = [one for one in found if one["involvedObject"]["uid"] == about.split(",")[0]]
        # As a real one does: in a list, an object does not say what it is.
        found = [{k: v for k, v in one.items() if k not in {"kind", "apiVersion"}} for one in found]
        page, rest = _page(found, request)
        metadata = {"resourceVersion": str(self.store.version), **rest}
        return web.json_response({"kind": "List", "metadata": metadata, "items": page})

    async def _watch(
        self, request: web.Request, key: Key, selector: dict[str, str]
    ) -> web.StreamResponse:
        since = int(request.query["resourceVersion"])
        too_old = {"code": 410, "reason": "Expired", "message": "too old resource version"}
        if since < self.expired and self.gone == "answer":
            return _status(410, "Expired", "too old resource version")
        response = web.StreamResponse()
        await response.prepare(request)
        if since < self.expired:
            await _say(response, "ERROR", {"kind": "Status", **too_old})
            return response
        end = asyncio.get_running_loop().time() + float(request.query["timeoutSeconds"])
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout_at(end if not self.half_open else None):
                await self._tell(response, (key[0], since), selector)
        return response

    async def _tell(
        self, response: web.StreamResponse, at: tuple[str, int], selector: dict[str, str]
    ) -> None:
        plural, since = at
        cut = self._cut
        while not cut.is_set():
            news = self.store.news
            for change in self.store.changes[since:]:  # the first has the version 1
                since = change.version
                if (
                    change.plural == plural
                    and matches(change.made, selector)
                    and not self.half_open
                ):
                    await _say(response, change.kind, change.made)
            if self.bookmarks:
                await _say(response, "BOOKMARK", {"metadata": {"resourceVersion": str(since)}})
            waiting = [asyncio.ensure_future(news.wait()), asyncio.ensure_future(cut.wait())]
            try:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in waiting:
                    one.cancel()


async def _echo(request: web.Request) -> web.WebSocketResponse:
    """A socket that gives back what it gets."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_bytes(message.data)
    return socket


async def _say(response: web.StreamResponse, kind: str, made: Object) -> None:
    await response.write(json.dumps({"type": kind, "object": made}).encode() + b"\n")


def _page(found: list[Object], request: web.Request) -> tuple[list[Object], dict[str, str]]:
    first = int(request.query.get("continue") or 0)
    limit = int(request.query.get("limit") or len(found) or 1)
    more = {"continue": str(first + limit)} if first + limit < len(found) else {}
    return found[first : first + limit], more


def _status(
    code: int, reason: str, message: str, headers: dict[str, str] | None = None
) -> web.Response:
    body: dict[str, Any] = {"kind": "Status", "code": code, "reason": reason, "message": message}
    return web.json_response(body, status=code, headers=headers)


def _selector(text: str) -> Iterator[tuple[str, str]]:
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        yield name, value


def _key(path: str) -> Key:
    """``/apis/apps/v1/namespaces/NS/deployments/NAME``, and what is shorter."""
    parts = path.strip("/").split("/")
    parts = parts[2:] if parts[0] == "api" else parts[3:]
    if parts[0] == "namespaces" and len(parts) > 2:
        return parts[2], parts[1], parts[3] if len(parts) > 3 else ""
    return parts[0], "", parts[1] if len(parts) > 1 else ""
