"""Where the profiles lie that come with devenv (postgres, redis, …)."""

from __future__ import annotations

import os

import devenv


def folder() -> str:
    """The folder of shipped profiles: in the package, or beside it in a source checkout."""
    package = os.path.dirname(os.path.realpath(devenv.__file__))
    installed = os.path.join(package, "shipped", "profiles")
    return installed if os.path.isdir(installed) else os.path.join(package, "..", "profiles")


def path(name: str) -> str:
    """The profile of that name, whether it is there or not; ``name`` is one plain word."""
    return os.path.join(os.path.normpath(folder()), name, "profile.yaml")


def names() -> tuple[str, ...]:
    """Those that are there."""
    try:
        entries = sorted(os.listdir(folder()))
    except OSError:
        return ()
    return tuple(name for name in entries if os.path.isfile(path(name)))
