"""A full disk costs log bytes, and the log says how many."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import json, os, sys
from devenv.logs.read import blocks
from devenv.logs.segment import HEADER, NOTE, STDOUT, Writer
from devenv.logs.source import Source

ballast = open("ballast", "wb")
ballast.write(bytes(600_000))
ballast.flush()
writer = Writer("web.0", 1 << 30)
chunk = b"y" * 29_999 + b"\\n"
written = told = 0
for number in range(40):
    writer.write(STDOUT, number, chunk)
    written += len(chunk)
lost = writer.lost
whole = os.stat("web.0/00000001.log").st_size
os.unlink("ballast")
ballast.close()
writer.write(STDOUT, 40, b"room again\\n")
writer.close()
read = list(blocks(Source("web", "web.0")))
print(json.dumps({
    "lost": lost,
    "left": writer.lost,
    "torn": whole % (HEADER.size + len(chunk)),
    "kept": sum(len(data) for _, stream, data in read if stream == STDOUT),
    "written": written + 11,
    "notes": [data.decode() for _, stream, data in read if stream == NOTE],
    "last": read[-1][2].decode(),
}))
"""


def test_a_full_disk_loses_whole_chunks_and_tells_how_much(tmp_path: Path) -> None:
    mount = 'mount -t tmpfs -o size=1m none "$1" && cd "$1" && exec "$2" -c "$3"'
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root", "--mount"]
    done = subprocess.run(
        [*unshare, "sh", "-c", mount, "sh", str(tmp_path), sys.executable, SCRIPT],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["lost"] > 0
    assert seen["left"] == 0
    assert seen["torn"] == 0
    assert seen["kept"] + seen["lost"] == seen["written"]
    assert len(seen["notes"]) == 1
    assert seen["notes"][0].startswith(f"{seen['lost']} bytes of output lost: ")
    assert "space" in seen["notes"][0]
    assert seen["last"] == "room again\n"
