"""A program that gives credentials for a cluster, run in this terminal because it asks for it."""

from __future__ import annotations

import os
import subprocess

from devenv.cli import render
from devenv.errors import DevenvError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def credentials(login: Mapping[str, Any], environ: Mapping[str, str]) -> str | None:
    """What it prints, which is a secret; None where nobody sits at a terminal."""
    if not render.can_answer():
        return None
    command, cluster = login["command"], login["cluster"]
    name = os.path.basename(command[0])
    render.notice(f"{name} logs you in to {cluster}.")
    try:
        done = subprocess.run(
            command,
            env={**environ, **login["environment"]},
            stdout=subprocess.PIPE,
            check=False,
        )
    except OSError as error:
        raise DevenvError(f"cannot run {command[0]}: {error.strerror}", login["hint"]) from error
    if done.returncode:
        raise DevenvError(
            f"{name} ended with {done.returncode}", f"{cluster} needs its credentials"
        )
    return done.stdout.decode("utf-8", "replace")
