"""The UI in a real browser, over a real environment: painted, steered, and for nobody else."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.lab.browser import Browser
from tests.scenarios.sandbox import Sandbox, eventually

pytestmark = pytest.mark.timeout(180)
WEB = 'services: {web: {command: ["sh", "-c", "exec sleep TOKEN"]}}'
LISTEN = """
window.seen = "";
window.blocked = [];
document.addEventListener("securitypolicyviolation", (event) => blocked.push(event.blockedURI));
const Real = WebSocket;
window.WebSocket = function (...given) {
    const made = new Real(...given);
    const decoder = new TextDecoder();
    made.addEventListener("message", (event) => {
        if (typeof event.data !== "string") window.seen += decoder.decode(event.data);
    });
    return made;
};
"""
"""Keeps what a page that is a terminal is told by its server, and what it may not ask for."""
PAINTED = "return [...document.querySelectorAll('.textual-terminal canvas')].some(c => c.width > 0)"
ASKED = "return performance.getEntriesByType('resource').map(one => one.name)"
REACHES_FOR = """
return new Promise((answer) => {{
    const socket = new WebSocket("ws://127.0.0.1:{port}/ws");
    socket.onopen = () => answer("connected");
    socket.onerror = () => answer("refused");
}});
"""
READS = """
return fetch("http://127.0.0.1:{port}/").then(() => "read", () => "refused");
"""


@contextmanager
def served(sandbox: Sandbox) -> Iterator[str]:
    """The address that ``devenv tui --web`` prints, until it is interrupted."""
    with sandbox.spawn("tui", "--web") as process:
        assert process.stderr is not None
        try:
            line = process.stderr.readline()
            yield re.findall(r"http://\S+", line)[0]
        finally:
            process.terminate()
            process.wait()


@contextmanager
def another_site() -> Iterator[str]:
    """A page of somebody else, on the same machine."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"another page")

        def log_message(self, *told: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_browser_shows_the_ui_and_steers_by_it(
    sandbox: Sandbox, browsers: Callable[[], Browser]
) -> None:
    sandbox.profile(WEB)
    sandbox.run("up", "-d")
    with served(sandbox) as address:
        browser = browsers()
        browser.before_each_page(LISTEN)
        browser.open(address)
        eventually(lambda: "● 1 ready" in browser.run("return seen"), within=60.0)
        assert browser.run(PAINTED)
        assert browser.run("return document.activeElement.className") == "xterm-helper-textarea"
        browser.type("x")
        eventually(lambda: sandbox.states() == {"web": "stopped"}, within=60.0)
        eventually(lambda: "○ stopped" in browser.run("return seen"), within=60.0)
        asked, blocked = browser.run(ASKED), browser.run("return blocked")
        own = (address.partition("?")[0], "data:")
        assert {one for one in asked if not one.startswith(own)} <= set(blocked)
        assert "token" not in browser.run("return location.href")


def test_an_address_opens_the_ui_for_one_browser_and_for_no_other_page(
    sandbox: Sandbox, browsers: Callable[[], Browser]
) -> None:
    sandbox.profile(WEB)
    sandbox.run("up", "-d")
    with served(sandbox) as address, another_site() as elsewhere:
        first, second = browsers(), browsers()
        first.open(address)
        second.open(address)
        assert "used already" in second.text()
        second.open(address.partition("?")[0])
        assert "open the address" in second.text()
        port = int(re.findall(r":(\d+)/", address)[0])
        first.open(elsewhere)
        assert first.run(REACHES_FOR.format(port=port)) == "refused"
        assert first.run(READS.format(port=port)) == "refused"
