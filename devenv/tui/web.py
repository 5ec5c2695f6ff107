"""The UI in a browser of this machine: who may open it, and the server that shows it.

Any page that the user visits can send requests to 127.0.0.1, and so can every other user of the
machine. So a request must name our host exactly, come from our own page, and bring the secret of
a browser that was let in: by a token that works once.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from shlex import join

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from textual_serve.server import Server

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
"""What textual-serve's page is made of, and nothing of another host: it asks for a font there."""
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_FOCUS = """<script>
addEventListener("load", () => document.querySelector(".xterm-helper-textarea").focus());
</script>"""


@dataclass
class Door:
    """Lets in the browser that brings the token, and after it only that one."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    _inside: str = ""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        """Where to go; it works once."""
        return f"{self.origin}/?token={self.token}"

    @property
    def cookie(self) -> str:
        """Its name; a browser keeps those of all ports together."""
        return f"devenv-{self.port}"

    def refusal(self, headers: Mapping[str, Sequence[str]], path: str) -> str:
        """Why a request is no business of ours, whoever sent it; "" where it may be."""
        if list(headers.get("Host", ())) != [f"127.0.0.1:{self.port}"]:
            return "this host is not served here"
        origins = list(headers.get("Origin", ()))
        if origins not in ([], [self.origin]):
            return "another page may not ask"
        if path == "/ws" and not origins:
            return "a connection says which page it is of"
        return ""

    def enter(self, token: str) -> str:
        """The secret of a browser that brings the token; "" where it is wrong or was used."""
        if self._inside or not hmac.compare_digest(token.encode(), self.token.encode()):
            return ""
        self._inside = secrets.token_urlsafe(32)
        return self._inside

    def knows(self, secret: str) -> bool:
        """Tell whether this is the secret of the browser that was let in."""
        return bool(self._inside) and hmac.compare_digest(secret.encode(), self._inside.encode())


class WebUi(Server):
    """Serves the UI, a process for each page, behind a door."""

    def __init__(self, command: Sequence[str], door: Door) -> None:
        # textual-serve hands the command to a shell; every word of it is quoted.
        super().__init__(f"exec {join(command)}", "127.0.0.1", door.port, title="devenv")
        self.public_url = door.origin
        self._door = door

    async def app(self) -> web.Application:
        """The application, guarded."""
        made: web.Application = await self._make_app()
        made.middlewares.append(self._guard())
        made.on_response_prepare.append(_with_headers)
        return made

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page of textual-serve; its terminal takes the keys from the beginning."""
        page = await super().handle_index(request)
        assert isinstance(page, web.Response)
        page.text = (page.text or "").replace("</body>", f"{_FOCUS}</body>")
        return page

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing: whoever opened it says where it is."""

    def _guard(self) -> Middleware:
        door = self._door

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            headers = {name: request.headers.getall(name, []) for name in ("Host", "Origin")}
            refused = door.refusal(headers, request.path)
            if refused or request.method not in {"GET", "HEAD"}:
                return web.Response(status=403, text=refused or "this changes nothing here")
            token = request.query.get("token")
            if request.path == "/" and token is not None and request.method == "GET":
                return _let_in(door, door.enter(token))
            if not door.knows(request.cookies.get(door.cookie, "")):
                return web.Response(status=403, text="open the address that devenv printed")
            return await handler(request)

        return guard


def _let_in(door: Door, secret: str) -> web.Response:
    if not secret:
        return web.Response(status=403, text="this address was used already, or is wrong")
    answer = web.Response(status=303, headers={"Location": "/"})
    answer.set_cookie(door.cookie, secret, httponly=True, samesite="Strict", path="/")
    return answer


async def _with_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


def serve(command: Sequence[str], told: Callable[[str], None]) -> None:
    """Serve until ^C or SIGTERM; ``told`` gets the address."""
    asyncio.run(_serve(command, told))


async def _serve(command: Sequence[str], told: Callable[[str], None]) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        door = Door(listening.getsockname()[1])
        runner = web.AppRunner(await WebUi(command, door).app(), access_log=None)
        await runner.setup()
        try:
            await web.SockSite(runner, listening, shutdown_timeout=1.0).start()
            told(door.address)
            await ended.wait()
        finally:
            await runner.cleanup()
