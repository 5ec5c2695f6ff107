"""The examples with containers come up as they stand, and are used as their users would."""

from __future__ import annotations

import json
import shutil
import urllib.request
from pathlib import Path

import pytest

from tests.lab.engine import Engine
from tests.scenarios.sandbox import Sandbox, eventually

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LAB = {
    "postgres:16": "lab/postgres:15",
    "redis:7": "lab/redis:7",
    "python:3.12-alpine": "lab/python:3.11",
    "busybox:1": "lab/busybox:1",
    "RUN pip install --no-cache-dir psycopg[binary]==3.3.9\n": "",
}
"""No registry is asked: what the lab's images are stands for, and what these have already."""

# A first start installs a package, or builds an image.
pytestmark = pytest.mark.timeout(240)


def clone(name: str, sandbox: Sandbox, engine: Engine) -> None:
    copy(name, sandbox.checkout)
    sandbox.extra["DOCKER_HOST"] = engine.host


def copy(name: str, folder: Path) -> None:
    """An example as it stands, but for its images."""
    unmade = shutil.ignore_patterns(".venv", "__pycache__")
    shutil.copytree(EXAMPLES / name, folder, dirs_exist_ok=True, ignore=unmade)
    for path in (*folder.rglob("*.yaml"), *folder.rglob("Dockerfile")):
        text = path.read_text()
        for image, ours in LAB.items():
            text = text.replace(image, ours)
        path.write_text(text)


def page(sandbox: Sandbox, data: bytes | None = None) -> str:
    port = sandbox.service("web")["ports"][0]["port"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", data, 20) as answer:
        return str(answer.read().decode())


def test_the_guest_book_is_a_process_with_its_database_in_a_container(
    sandbox: Sandbox, engine: Engine
) -> None:
    clone("guestbook", sandbox, engine)
    sandbox.run("up", "-d", timeout=200)
    runtimes = {one["name"]: one["runtime"] for one in sandbox.status()["services"]}
    assert (runtimes["web"], runtimes["db"], runtimes["reader"]) == ("process", "docker", "docker")
    assert page(sandbox) == "Guests: nobody yet\n"
    page(sandbox, b"Ada")
    eventually(lambda: "Guests: " in sandbox.run("logs", "reader").stdout)
    sandbox.run("down")
    sandbox.run("up", "-d", timeout=200)
    assert page(sandbox) == "Guests: Ada\n"


def test_a_web_app_in_a_container_follows_its_files(sandbox: Sandbox, engine: Engine) -> None:
    clone("reload", sandbox, engine)
    sandbox.run("up", "-d", timeout=200)
    assert page(sandbox) == "<h1>Hello, world</h1>\n"
    sandbox.write("app/page.html", "<h1>GREETING, Ada</h1>\n")
    eventually(lambda: page(sandbox) == "<h1>Hello, Ada</h1>\n")
    program = (sandbox.checkout / "app" / "app.py").read_text()
    sandbox.write("app/app.py", program.replace('"Hello"', '"Welcome"'))
    eventually(lambda: _shown(sandbox) == "<h1>Welcome, Ada</h1>\n")


def _shown(sandbox: Sandbox) -> str:
    """The page; "" while the app starts anew."""
    try:
        return page(sandbox)
    except (OSError, IndexError):
        return ""


def test_the_visits_of_a_plain_compose_file_are_counted_on_after_a_down(
    sandbox: Sandbox, engine: Engine
) -> None:
    clone("visits", sandbox, engine)
    sandbox.extra["VISITS_PORT"] = "18196"
    sandbox.run("up", "-d", timeout=200)
    eventually(lambda: sandbox.states() == {"web": "ready", "redis": "ready"})
    assert page(sandbox) == "visit 1\n"
    sandbox.run("down")
    sandbox.run("up", "-d", timeout=200)
    assert page(sandbox) == "visit 2\n"


def test_the_stall_is_brought_up_here_as_it_is_in_a_cluster(
    sandbox: Sandbox, engine: Engine
) -> None:
    clone("stall", sandbox, engine)
    sandbox.run("up", "-d", timeout=200)
    assert json.loads(page(sandbox))["goods"] == 3
    eventually(lambda: json.loads(page(sandbox))["polished"] > 0)
    sandbox.write("app/title.txt", "Another stall")
    eventually(lambda: json.loads(page(sandbox))["title"] == "Another stall")
