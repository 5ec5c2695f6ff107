"""Ways into a pod, and three of them into one of a preview: devenv, kubectl, and a stream."""

from __future__ import annotations

import io
import struct
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping
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


def nothing(path: Path) -> None:
    """How files are sent by who watches their folder."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way into a pod: what is saved in ``source``, and sent, is to be in ``copies``."""

    source: Path
    copies: Path
    send: Callable[[Path], None] = nothing


@dataclass
class Pod:
    """``files`` is the pod's root as this machine sees it."""

    desk: Desk
    namespace: str
    name: str
    files: Path
    _stream: subprocess.Popen[bytes] | None = field(default=None)

    def way(self, name: str, send: Callable[[Path], None]) -> Way:
        """Ours watches its source: what others send is not to be seen there."""
        source = self.desk.work / ("src" if name == OURS else f"src of {name}")
        source.mkdir(exist_ok=True)
        copies = self.files / FOLDERS[name].lstrip("/")
        copies.mkdir(parents=True, exist_ok=True)
        return Way(source, copies, send)

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
def ways() -> Iterator[Mapping[str, Way]]:
    """Bring a preview of one pod up, have the ways into it, and take it down."""
    preview = Preview(OURS, {"web": SERVICE})
    (preview.desk.work / "src").mkdir()
    with opened(preview, PYTHON):
        preview.timed(UP)
        (found,) = preview.get("pods")
        name = found["metadata"]["name"]
        pod = Pod(preview.desk, preview.namespace, name, files_of(name))
        sending = {OURS: nothing, CP: pod.copy, STREAM: pod.send}
        made = {way: pod.way(way, send) for way, send in sending.items()}
        with pod.streaming():
            yield made


def files_of(name: str) -> Path:
    """The files of a pod, by a process of it: a pod's own name is that of its host."""
    wanted = f"HOSTNAME={name}\0".encode()
    for found in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in found.read_bytes():
                return found.parent / "root"
        except OSError:
            continue
    raise FailedError(f"{name}: the files of a pod cannot be seen from here")
