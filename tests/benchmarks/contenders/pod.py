"""One pod of a preview in the lab's cluster, and three ways to bring files into it."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.contenders.composed import OURS, PYTHON
from tests.benchmarks.contenders.preview import UP, Preview, opened
from tests.benchmarks.desk import Desk, FailedError
from tests.benchmarks.waiting import exit_code

CP, STREAM = "kubectl cp", "a long exec stream"
FOLDERS: Mapping[str, str] = {OURS: "/srv/ours", CP: "/srv/cp", STREAM: "/srv/stream"}
"""Where each brings its files."""
RULE = {"path": "./src", "action": "sync", "target": FOLDERS[OURS]}
SERVICE = {
    "image": PYTHON,
    "entrypoint": ["sleep", "100000"],
    "stop_grace_period": "0s",
    "develop": {"watch": [RULE]},
}
TAKING = """
import io, struct, sys, tarfile
while head := sys.stdin.buffer.read(8):
    data = sys.stdin.buffer.read(struct.unpack("!Q", head)[0])
    tarfile.open(fileobj=io.BytesIO(data)).extractall(sys.argv[1])
"""
"""What the other end of the stream does: each archive is unpacked as it comes."""


@dataclass
class Pod:
    """``files`` is the pod's root as this machine sees it."""

    desk: Desk
    namespace: str
    name: str
    files: Path
    _stream: subprocess.Popen[bytes] | None = field(default=None)

    def folder(self, way: str) -> Path:
        return self.files / FOLDERS[way].lstrip("/")

    def copy(self, source: Path) -> None:
        """By kubectl: a file or a folder, under its own name."""
        target = f"{self.namespace}/{self.name}:{FOLDERS[CP]}/{source.name}"
        if source.is_dir():
            target = target.removesuffix(f"/{source.name}")
        self.desk.call(["kubectl", "cp", str(source), target])

    def send(self, source: Path) -> None:
        """By a command that waits in the pod for the next archive."""
        assert self._stream is not None
        assert self._stream.stdin is not None
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(source, source.name)
        data = packed.getvalue()
        self._stream.stdin.write(struct.pack("!Q", len(data)) + data)
        self._stream.stdin.flush()

    @contextmanager
    def streaming(self) -> Iterator[None]:
        for folder in FOLDERS.values():
            os.makedirs(self.files / folder.lstrip("/"), exist_ok=True)
        words = ["kubectl", "exec", "--stdin", "--namespace", self.namespace, self.name, "--"]
        words += ["python3", "-c", TAKING, FOLDERS[STREAM]]
        with subprocess.Popen(words, env=self.desk.environ, stdin=subprocess.PIPE) as stream:
            self._stream = stream
            try:
                yield
            finally:
                assert stream.stdin is not None
                stream.stdin.close()
                exit_code(stream, within=10)


@contextmanager
def pod() -> Iterator[Pod]:
    """Bring a preview of one pod up, and take it down."""
    preview = Preview(OURS, {"web": SERVICE})
    (preview.desk.work / "src").mkdir()
    with opened(preview, PYTHON):
        preview.timed(UP)
        (found,) = preview.get("pods")
        name = found["metadata"]["name"]
        made = Pod(preview.desk, preview.namespace, name, _root(name))
        with made.streaming():
            yield made


def _root(name: str) -> Path:
    """The files of a pod, by a process of it: a pod's own name is that of its host."""
    wanted = f"HOSTNAME={name}\0".encode()
    for found in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in found.read_bytes():
                return found.parent / "root"
        except OSError:
            continue
    raise FailedError(f"{name}: the files of a pod cannot be seen from here")
