"""The profile of the folder that we are in, read here and now: no daemon, and nothing is run."""

from __future__ import annotations

import os

from devenv.cli.session import Session
from devenv.errors import UsageError
from devenv.profile.checkout import find_checkout
from devenv.profile.load import Loaded, Request, load


def load_here(session: Session) -> Loaded:
    """Load the profile; ProfileError with all problems, DevenvError where there is none."""
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
    request = Request(
        root=checkout.root,
        files=checkout.files,
        profiles=tuple(arguments.profile),
        environment=session.environ,
        builtin=builtin,
    )
    return load(request)
