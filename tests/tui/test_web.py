"""The UI in a browser: raw requests of those who must not get in, and of the one who may."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import (
    ClientSession,
    ClientWebSocketResponse,
    WSMsgType,
    WSServerHandshakeError,
    web,
)

from devenv.tui.web import Door, WebUi
from tests.runtimes.processes import children, eventually

COMMAND = (sys.executable, "-c", "from textual.app import App; App().run()")
Scenario = Callable[[Door, ClientSession], Awaitable[Any]]


def served(scenario: Scenario) -> Any:
    """Have a scenario with a server of its own, and a browser without cookies."""

    async def inside() -> Any:
        before = children(), set(threading.enumerate())
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            door = Door(listening.getsockname()[1])
            runner = web.AppRunner(await WebUi(COMMAND, door).app(), access_log=None)
            await runner.setup()
            await web.SockSite(runner, listening).start()
            try:
                async with ClientSession() as browser:
                    return await scenario(door, browser)
            finally:
                await runner.cleanup()
                await _reaped(*before)

    return asyncio.run(inside())


async def _reaped(earlier: set[str], threads: set[threading.Thread]) -> None:
    """Wait until the loop has seen its children end: textual-serve waits for their output only.

    What earlier tests had started is none of them.
    """
    await eventually(lambda: children() <= earlier)
    for thread in set(threading.enumerate()) - threads:
        if thread.name.startswith("asyncio-waitpid"):
            await asyncio.to_thread(thread.join)


async def let_in(door: Door, browser: ClientSession) -> dict[str, str]:
    """Open the address that was printed; the headers of the browser from then on."""
    async with browser.get(door.address, allow_redirects=False) as answer:
        assert answer.status == 303
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    return {"Cookie": cookie.split(";")[0]}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil:PORT"},
        {"Host": "127.0.0.1"},
        {"Host": "localhost:PORT"},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:PORT.evil.example"},
        {"Origin": "https://127.0.0.1:PORT"},
    ],
    ids=str,
)
def test_who_comes_by_another_name_or_page_is_refused(headers: dict[str, str]) -> None:
    async def scenario(door: Door, browser: ClientSession) -> list[int]:
        inside = await let_in(door, browser)
        wrong = {name: text.replace("PORT", str(door.port)) for name, text in headers.items()}
        found = []
        for path in ("/", "/ws", "/static/js/textual.js"):
            async with browser.get(door.origin + path, headers={**inside, **wrong}) as answer:
                found.append(answer.status)
        return found

    assert served(scenario) == [403, 403, 403]


def test_without_the_token_nothing_is_shown() -> None:
    async def scenario(door: Door, browser: ClientSession) -> list[int]:
        found = []
        for path in ("/", "/?token=", "/?token=x", "/ws", "/static/", "/download/x"):
            async with browser.get(door.origin + path) as answer:
                found.append(answer.status)
        return found

    assert served(scenario) == [403] * 6


def test_the_token_works_once() -> None:
    async def scenario(door: Door, browser: ClientSession) -> int:
        await let_in(door, browser)
        async with browser.get(door.address, allow_redirects=False) as answer:
            return answer.status

    assert served(scenario) == 403


def test_who_only_looks_at_the_address_does_not_use_it_up() -> None:
    async def scenario(door: Door, browser: ClientSession) -> int:
        async with browser.head(door.address, allow_redirects=False) as answer:
            assert "Set-Cookie" not in answer.headers
        await let_in(door, browser)
        return answer.status

    assert served(scenario) == 403


def test_a_form_changes_nothing() -> None:
    async def scenario(door: Door, browser: ClientSession) -> int:
        inside = await let_in(door, browser)
        async with browser.post(door.origin, data={"a": "b"}, headers=inside) as answer:
            return answer.status

    assert served(scenario) == 403


@pytest.mark.parametrize("lacks", ["Origin", "Cookie"])
def test_a_connection_needs_both_its_page_and_its_secret(lacks: str) -> None:
    async def scenario(door: Door, browser: ClientSession) -> int:
        headers = {**await let_in(door, browser), "Origin": door.origin}
        del headers[lacks]
        browser.cookie_jar.clear()
        with pytest.raises(WSServerHandshakeError) as refused:
            await browser.ws_connect(door.origin + "/ws", headers=headers)
        return refused.value.status

    assert served(scenario) == 403


def test_the_browser_that_was_let_in_gets_the_page_and_the_terminal() -> None:
    async def scenario(door: Door, browser: ClientSession) -> str:
        headers = {**await let_in(door, browser), "Origin": door.origin}
        async with browser.get(door.origin, headers=headers) as answer:
            assert answer.status == 200
            assert answer.headers["X-Frame-Options"] == "DENY"
            page = await answer.text()
        async with browser.ws_connect(door.origin + "/ws", headers=headers) as connection:
            await _painted(connection)
        return page

    assert "textual-terminal" in served(scenario)


async def _painted(connection: ClientWebSocketResponse) -> None:
    """Wait until the terminal shows what the program paints: its background."""
    painted = b""
    while b"\x1b[48;2;" not in painted:
        message = await connection.receive(timeout=30)
        assert message.type in {WSMsgType.BINARY, WSMsgType.TEXT}
        painted += message.data if message.type is WSMsgType.BINARY else b""
