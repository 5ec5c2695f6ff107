"""Debian's Chromium without a window, spoken to by WebDriver: pages opened, scripts run, keys sent.

`tests/lab/browser up` installs it; where it is not there, the tests that need it are left out.
"""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

ABSENT = "NO BROWSER"
ANSWERS_WITHIN = 60.0
_PORT = re.compile(r"started successfully on port (\d+)")
_KEYBOARD = ".xterm-helper-textarea"
"""What the keyboard goes to in a page that is a terminal."""


class Browser:
    """One browser with a profile of its own, and one page."""

    def __init__(self, port: int, profile: str) -> None:
        self._port = port
        # --no-sandbox: the tests may run as root, and open their own pages only.
        words = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage"]
        options = {
            "binary": shutil.which("chromium"),
            "args": [*words, f"--user-data-dir={profile}"],
        }
        wanted = {"browserName": "chrome", "goog:chromeOptions": options}
        made = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/session/{made['sessionId']}"

    def close(self) -> None:
        self._ask("DELETE", self._session)

    def before_each_page(self, script: str) -> None:
        """Run a script in each page before its own ones."""
        what = {"cmd": "Page.addScriptToEvaluateOnNewDocument", "params": {"source": script}}
        self._ask("POST", f"{self._session}/goog/cdp/execute", what)

    def open(self, address: str) -> None:
        self._ask("POST", f"{self._session}/url", {"url": address})

    def run(self, script: str) -> Any:
        """What a script of the page ``return``s; it may be a promise."""
        return self._ask("POST", f"{self._session}/execute/sync", {"script": script, "args": []})

    def text(self) -> str:
        """What the page says, where it is no terminal."""
        return str(self.run("return document.body.innerText"))

    def type(self, keys: str) -> None:
        """Press keys in the terminal that the page is."""
        found = {"using": "css selector", "value": _KEYBOARD}
        (element,) = self._ask("POST", f"{self._session}/element", found).values()
        self._ask("POST", f"{self._session}/element/{element}/value", {"text": keys})

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWERS_WITHIN)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None)
            value = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        assert not (isinstance(value, dict) and "error" in value), value
        return value


@contextmanager
def _opened(folder: Path) -> Iterator[Browser]:
    with tempfile.TemporaryDirectory(dir=folder) as profile:
        command = ["chromedriver", "--port=0"]
        driver = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert driver.stdout is not None
        try:
            ports = (_PORT.search(line) for line in driver.stdout)
            browser = Browser(next(int(found[1]) for found in ports if found), profile)
            try:
                yield browser
            finally:
                browser.close()
        finally:
            driver.terminate()
            driver.wait()
            driver.stdout.close()


@pytest.fixture
def browsers(tmp_path: Path) -> Iterator[Callable[[], Browser]]:
    """Opens a browser, as often as it is called; each knows nothing of the others."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip(f"{ABSENT}: there is no chromium with its driver; see `tests/lab/browser up`")
    with ExitStack() as opened:
        yield lambda: opened.enter_context(_opened(tmp_path))
