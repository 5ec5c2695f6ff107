"""Makes an image archive of a folder, as ``docker save`` writes one: no engine, no registry.

python3 image.py OUT.tar NAME:TAG FOLDER ENTRYPOINT
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tarfile

TAR = ("tar", "--sort=name", "--numeric-owner", "--owner=0", "--group=0", "--mtime=@0")


def main(out: str, tag: str, folder: str, entrypoint: str) -> None:
    layer = subprocess.run(
        [*TAR, "-C", folder, "-c", "."], check=True, stdout=subprocess.PIPE
    ).stdout
    digest = hashlib.sha256(layer).hexdigest()
    image = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": [entrypoint]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }
    config = json.dumps(image).encode()
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = [{"Config": name, "RepoTags": [tag], "Layers": [f"{digest}/layer.tar"]}]
    parts = {
        name: config,
        f"{digest}/layer.tar": layer,
        "manifest.json": json.dumps(manifest).encode(),
    }
    with tarfile.open(out, "w") as archive:
        for path, content in parts.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


if __name__ == "__main__":
    main(*sys.argv[1:])
