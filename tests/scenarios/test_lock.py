"""The lock, with a real registry whose tags move."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.engine import Engine
from tests.scenarios.sandbox import NO_ENGINE, Sandbox, eventually

pytestmark = pytest.mark.timeout(180)


def docker(*words: str, stdin: str = "") -> str:
    command = ("docker", *words)
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, check=True
    ).stdout.strip()


@dataclass
class Tag:
    """A tag on the lab's registry that this test alone moves."""

    name: str

    def move(self, word: str) -> None:
        """Let it mean an image that says ``word``; the engine itself forgets it."""
        text = f"FROM lab/busybox:1\nCMD echo {word}; sleep 1000\n"
        docker("build", "--quiet", "-t", self.name, "-", stdin=text)
        docker("push", "--quiet", self.name)
        self.forget()

    def forget(self) -> None:
        subprocess.run(("docker", "rmi", "--force", self.name), capture_output=True, check=False)


@pytest.fixture
def tag(sandbox: Sandbox, engine: Engine) -> Iterator[Tag]:
    sandbox.extra["DOCKER_HOST"] = engine.host
    made = Tag(f"{engine.registry}/lock-{sandbox.token}:1")
    made.move("old")
    yield made
    made.forget()
    # Its digests too: `rmi` of a tag leaves images that were pulled without one.
    found = docker("images", "--quiet", made.name.rpartition(":")[0]).split()
    for image in set(found):
        subprocess.run(("docker", "rmi", "--force", image), capture_output=True, check=False)


def said(sandbox: Sandbox) -> str:
    return sandbox.run("logs", "--no-prefix", "--tail", "1", "web").stdout.strip()


def up(sandbox: Sandbox) -> None:
    sandbox.run("up", "-d", timeout=100)


def changed(sandbox: Sandbox, *words: str) -> list[str]:
    found: list[str] = json.loads(sandbox.run("lock", *words, "--json").stdout)["changed"]
    return found


def test_a_moved_tag_does_not_move_what_is_locked(sandbox: Sandbox, tag: Tag) -> None:
    sandbox.profile(f"services: {{web: {{image: '{tag.name}'}}}}")
    assert changed(sandbox) == [tag.name]
    tag.move("new")
    up(sandbox)
    eventually(lambda: said(sandbox) == "old")
    assert changed(sandbox) == []
    sandbox.profile(f"services: {{web: {{image: '{tag.name}'}}, other: {{image: '{tag.name}'}}}}")
    assert changed(sandbox, "--update", "other") == [tag.name]
    assert "web would be made again" in "".join(sandbox.status()["changes"])
    up(sandbox)
    eventually(lambda: said(sandbox) == "new")
    sandbox.run("down")


def test_without_a_lock_the_tag_counts(sandbox: Sandbox, tag: Tag) -> None:
    sandbox.profile(f"services: {{web: {{image: '{tag.name}'}}}}")
    tag.move("new")
    up(sandbox)
    eventually(lambda: said(sandbox) == "new")
    sandbox.run("down")


def test_a_lock_is_written_whole_or_not_at_all(sandbox: Sandbox, tag: Tag) -> None:
    sandbox.profile(f"services: {{web: {{image: '{tag.name}'}}}}")
    sandbox.run("lock")
    lock = Path(sandbox.checkout, "devenv.lock")
    before = lock.read_bytes()
    nowhere, missing = "127.0.0.1:1/web:1", tag.name.replace("lock-", "no-")
    sandbox.profile(
        f"services: {{web: {{image: '{tag.name}'}}, a: {{image: '{nowhere}'}}, "
        f"b: {{image: '{missing}'}}}}"
    )
    refused = sandbox.run("lock", check=False)
    assert refused.returncode == 1
    assert f"{nowhere} has no digest: " in refused.stderr
    assert "connection refused" in refused.stderr
    assert f"{missing} has no digest: " in refused.stderr
    assert lock.read_bytes() == before


def test_without_an_engine_it_says_who_would_ask_the_registry(sandbox: Sandbox) -> None:
    sandbox.profile("services: {web: {image: 'shop/web:1'}}")
    sandbox.extra["DOCKER_HOST"] = NO_ENGINE
    refused = sandbox.run("lock", check=False)
    assert refused.returncode == 1
    assert "no registry can be asked: no engine listens at" in refused.stderr
    assert not Path(sandbox.checkout, "devenv.lock").exists()


def test_services_are_named_with_update_only(sandbox: Sandbox) -> None:
    sandbox.profile("services: {web: {image: 'shop/web:1'}, job: {command: sleep 1}}")
    assert sandbox.run("lock", "web", check=False).returncode == 2
    refused = sandbox.run("lock", "--update", "job", check=False)
    assert refused.returncode == 2
    assert "no image to lock in job" in refused.stderr
