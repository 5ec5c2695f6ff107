"""Tools that watch a folder and bring what is saved there into a pod of theirs: tilt, skaffold.

Each has a namespace of its own, and nothing to build: its pod is of an image of the lab.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.contenders.composed import PYTHON
from tests.benchmarks.contenders.pod import Way, files_of
from tests.benchmarks.contenders.preview import load
from tests.benchmarks.desk import Desk, FailedError
from tests.benchmarks.peers import PEERS, installed
from tests.benchmarks.processes import kill

FOLDER = "/srv/live"
TILTFILE = f"""
allow_k8s_contexts(k8s_context())
k8s_custom_deploy(
    "web",
    apply_cmd="kubectl apply --filename pod.json --output yaml",
    delete_cmd="kubectl delete --filename pod.json --ignore-not-found",
    deps=["src"],
    container_selector="web",
    live_update=[sync("src", "{FOLDER}")],
)
"""
REPOSITORY, TAG = PYTHON.split(":")
SKAFFOLDING = {
    "apiVersion": "skaffold/v4beta13",
    "kind": "Config",
    "build": {
        "tagPolicy": {"envTemplate": {"template": TAG}},
        "local": {"push": False},
        "artifacts": [
            {
                "image": REPOSITORY,
                "custom": {"buildCommand": "true", "dependencies": {"paths": ["src"]}},
                "sync": {"manual": [{"src": "src/**", "dest": FOLDER, "strip": "src/"}]},
            }
        ],
    },
    "manifests": {"rawYaml": ["pod.json"]},
    "deploy": {"kubectl": {}},
}


@dataclass(frozen=True, slots=True)
class Tool:
    """The peer that has the program, its configuration (name and text), and how it is called."""

    peer: str
    file: tuple[str, str]
    words: Sequence[str]


_UP = ("up", "--stream", "--port=0", "--web-mode=prod")
_DEV = ("dev", "--cleanup=false", "--no-prune", "--tail=false")
_FILE = ("skaffold.yaml", json.dumps(SKAFFOLDING))
TOOLS: Mapping[str, Tool] = {
    "tilt": Tool("tilt", ("Tiltfile", TILTFILE), _UP),
    "skaffold": Tool("skaffold", _FILE, _DEV),
    "skaffold, 50 ms": Tool("skaffold", _FILE, (*_DEV, "--watch-poll-interval=50")),
}


@contextmanager
def ways(cache: Path) -> Iterator[Mapping[str, Way]]:
    """Have those run that are installed, with the ways into their pods; nothing is left."""
    programs = {peer.name: installed(peer, cache) for peer in PEERS}
    with ExitStack() as stack:
        stack.enter_context(_image())
        yield {
            name: stack.enter_context(_watching(tool, program))
            for name, tool in TOOLS.items()
            if (program := programs[tool.peer])
        }


@contextmanager
def _image() -> Iterator[None]:
    """Have it on the node as skaffold names what it has built: its id is its tag."""
    desk = Desk()
    try:
        found = desk.call(["docker", "image", "inspect", "--format={{.Id}}", PYTHON]).decode()
        named = f"{REPOSITORY}:{found.strip().removeprefix('sha256:')}"
        desk.call(["docker", "tag", PYTHON, named])
        try:
            load(desk, named)
            yield
        finally:
            desk.call(["docker", "image", "rm", named])
    finally:
        desk.close()


@contextmanager
def _watching(tool: Tool, program: Path) -> Iterator[Way]:
    desk = Desk()
    namespace = f"bench-{desk.mark[:12]}"
    try:
        desk.call(["kubectl", "create", "namespace", namespace])
        yield _begin(desk, namespace, tool, program)
    finally:
        kill(desk.alive())
        try:
            desk.call(["kubectl", "delete", "namespace", namespace, "--ignore-not-found"])
        finally:
            desk.close()


def _begin(desk: Desk, namespace: str, tool: Tool, program: Path) -> Way:
    source = desk.work / "src"
    source.mkdir()
    (source / "page").touch()
    (desk.work / "pod.json").write_text(json.dumps(_pod(namespace)))
    file, text = tool.file
    (desk.work / file).write_text(text)
    words = [str(program), *tool.words, f"--namespace={namespace}"]
    said = desk.folder / "said.txt"
    desk.spawn(words, said, {"TILT_DISABLE_ANALYTICS": "1"})
    for condition in ("create", "condition=Ready"):
        waiting = ("kubectl", "wait", f"--for={condition}", "--timeout=60s")
        try:
            desk.call([*waiting, f"--namespace={namespace}", f"pod/{namespace}"])
        except FailedError as error:
            raise FailedError(f"{tool.peer} has no pod: {said.read_text()[-500:]}") from error
    return Way(source, files_of(namespace) / FOLDER.lstrip("/"))


def _pod(name: str) -> Mapping[str, Any]:
    """One that is named like its namespace."""
    container = {"name": "web", "image": PYTHON, "command": ["sleep", "100000"]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": name},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
    }
