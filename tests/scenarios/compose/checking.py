"""Runs a project as its user does, by any tool, and holds what is seen against the table."""

from __future__ import annotations

import fcntl
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.scenarios.compose.projects import Kept, Page, Project

WITHIN = 60.0


class Driver(Protocol):
    """A tool that runs the project of its folder."""

    def up(self) -> None:
        """Bring everything up, and wait until it is ready."""

    def down(self, *, volumes: bool = False) -> None: ...

    def running(self) -> Mapping[str, int]:
        """Count the containers of each service that run."""

    def ended(self) -> Mapping[str, int]:
        """Say with which code the services have ended whose containers do not run."""

    def published(self, service: str, port: int) -> tuple[int, ...]:
        """List the host's ports that lead to this container port, sorted."""


@contextmanager
def held(project: Project) -> Iterator[None]:
    """Let one run at a time have the project's ports: they are the machine's, in any checkout."""
    with open(Path(tempfile.gettempdir(), f"devenv-compose-{project.name}.lock"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def check(project: Project, driver: Driver) -> None:
    """Up, ask, write, down, up, ask again; then down with all that it kept."""
    try:
        driver.up()
        _look(project, driver)
        _see_all(project.pages, driver)
        if project.kept:
            _send(project.kept, driver)
            _see(_page(project.kept), driver)
        driver.down()
        assert driver.running() == {}
        driver.up()
        _look(project, driver)
        _see_all(project.second_pages, driver)
        if project.kept:
            _see(_page(project.kept), driver)
    finally:
        driver.down(volumes=True)
    assert driver.running() == {}


def _look(project: Project, driver: Driver) -> None:
    assert driver.running() == project.running
    assert driver.ended() == dict.fromkeys(project.finished, 0)
    for (service, port), published in project.ports.items():
        assert driver.published(service, port) == published


def _see_all(pages: tuple[Page, ...], driver: Driver) -> None:
    for page in pages:
        _see(page, driver)


def _see(page: Page, driver: Driver) -> None:
    """Ask each container of the service; a service with no health check may need a moment."""
    for port in driver.published(page.service, page.port):
        deadline = time.monotonic() + WITHIN
        while not all(text in (seen := _ask(port, page.path)) for text in page.texts):
            assert time.monotonic() < deadline, f"{page.texts} are not all in {seen!r}"
            time.sleep(0.1)


def _ask(port: int, path: str, data: bytes | None = None) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", data, WITHIN) as answer:
            return str(answer.read().decode())
    except (OSError, urllib.error.URLError) as error:
        return f"no answer: {error}"


def _send(kept: Kept, driver: Driver) -> None:
    _ask(driver.published(kept.service, kept.port)[0], kept.path, kept.value.encode())


def _page(kept: Kept) -> Page:
    return Page(kept.service, kept.port, (kept.text,), kept.path)
