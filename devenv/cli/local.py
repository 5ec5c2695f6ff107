"""The profile of the folder that we are in, read here and now: no daemon, and nothing is run."""

from __future__ import annotations

import os
from typing import Any

from devenv.cli.session import Session
from devenv.errors import DevenvError, UsageError
from devenv.profile.checkout import find_checkout
from devenv.profile.load import Loaded, Request, load


def load_here(session: Session) -> Loaded:
    """Load the profile; ProfileError with all problems, DevenvError where there is none."""
    return load(request_here(session))


def compose_here(session: Session) -> dict[str, Any]:
    """Resolve the Compose project, as it stands. ProfileError, DevenvError as above."""
    from devenv.profile.compose.find import find_files
    from devenv.profile.compose.resolve import resolve
    from devenv.profile.load import named_files
    from devenv.profile.reading import Reading
    from devenv.profile.sources import read_file

    reading = Reading(request_here(session), read_file)
    files = named_files(reading) or find_files(reading)
    if not files:
        raise DevenvError(f"there is no Compose file in {reading.request.root}")
    resolved = resolve(reading, files)
    reading.problems.raise_errors()
    return resolved.printed


def request_here(session: Session) -> Request:
    arguments = session.arguments
    if arguments.environment:
        raise UsageError(
            f"-e does not go with {arguments.verb}: it reads the profile of a folder",
            "Name the folder with -C.",
        )
    directory = session.directory
    files = tuple(os.path.join(directory, file) for file in arguments.file)
    checkout = find_checkout(directory, files)
    builtin = {
        "DEVENV_BRANCH": checkout.branch,
        "DEVENV_ENVIRONMENT": checkout.id,
        "DEVENV_KIND": "local",
    }
    return Request(
        root=checkout.root,
        files=checkout.files,
        profiles=tuple(arguments.profile),
        environment=session.environ,
        builtin=builtin,
    )
