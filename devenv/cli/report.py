"""A bug of ours, written down so that it can be pasted into a report."""

from __future__ import annotations

import os
import platform
import sys
import time
import traceback
from collections.abc import Mapping, Sequence

from devenv import __version__
from devenv.api import places
from devenv.errors import DevenvError


def report(error: Exception, words: Sequence[str], environ: Mapping[str, str]) -> str:
    """Write the report, and say in a few words what happened and where it lies."""
    text = _text(error, words)
    try:
        folder = places.make_state_folder(environ)
        name = f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
        path = os.path.join(folder, name)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except (OSError, DevenvError):
        return f"{text}\ndevenv: this is a bug of devenv. Please report it with the text above."
    summary = traceback.format_exception_only(error)[-1].strip()
    return f"devenv: this is a bug of devenv: {summary}\nPlease report it with the text in {path}"


def _text(error: Exception, words: Sequence[str]) -> str:
    return "\n".join(
        (
            f"devenv {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"command: devenv {' '.join(words)}",
            f"executable: {sys.executable}",
            "",
            "".join(traceback.format_exception(error)),
        )
    )
