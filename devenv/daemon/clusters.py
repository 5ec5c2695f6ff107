"""The clusters that the user has named, in the user's own configuration and nowhere else."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from devenv.errors import DevenvError, one_of
from devenv.model.preview import Cluster, cluster

VERSION = 1
ADD = "devenv cluster add NAME --context CONTEXT"


def read(path: Path) -> Mapping[str, Cluster]:
    """All of them, by name. DevenvError: the file is damaged."""
    try:
        document = json.loads(path.read_bytes())
        found = [cluster(one) for one in document["clusters"]]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DevenvError(f"cannot read {path}: {error}", "mend it, or remove it") from error
    return {one.name: one for one in found}


def write(path: Path, clusters: Mapping[str, Cluster]) -> None:
    """Replace the file whole. DevenvError where that is not possible."""
    document = {"version": VERSION, "clusters": [asdict(one) for one in clusters.values()]}
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(document, indent=2) + "\n")
        partial.replace(path)
    except OSError as error:
        raise DevenvError(f"cannot write {path}: {error.strerror}") from error


def choose(clusters: Mapping[str, Cluster], name: str) -> Cluster:
    """The cluster of this name; the only one where none is named. DevenvError: which?"""
    if name in clusters:
        return clusters[name]
    known = ", ".join(clusters)
    if name:
        raise DevenvError(
            f"there is no cluster {name}", one_of(name, clusters) if clusters else ADD
        )
    if not clusters:
        raise DevenvError("there is no cluster yet", ADD)
    if len(clusters) > 1:
        raise DevenvError("which cluster?", f"--cluster takes one of {known}")
    return next(iter(clusters.values()))
