"""Loads profiles from text, without a disk."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from devenv.model.origin import ProfileError
from devenv.model.service import Service
from devenv.profile.load import Loaded, Request, load

ROOT = "/shop"
PROFILE = f"{ROOT}/devenv.profile.yaml"


def load_text(
    profile: str | bytes,
    files: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    profiles: tuple[str, ...] = (),
) -> Loaded:
    """Load a profile; ``files`` are others, by their path (relative to the root, or absolute)."""
    content = profile if isinstance(profile, bytes) else profile.encode()
    found = {PROFILE: content}
    for path, text in (files or {}).items():
        found[path if path.startswith("/") else f"{ROOT}/{path}"] = text.encode()
    request = Request(ROOT, profiles=profiles, environment=environment or {})
    return load(request, found.get)


def service_of(
    keys: str,
    files: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Service:
    """Load a profile with the one service ``web``, whose keys are given in flow style."""
    return load_text(f"services: {{web: {keys}}}", files, environment).environment.services["web"]


def variables_of(
    keys: str,
    files: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Mapping[str, str]:
    process = service_of(keys, files, environment).process
    assert process is not None
    return process.environment


def problems_of(
    profile: str | bytes,
    files: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> list[str]:
    """The problems of a profile that must not load, as lines."""
    with pytest.raises(ProfileError) as caught:
        load_text(profile, files, environment)
    return [str(problem) for problem in caught.value.problems]


def image_of(service: Service) -> str:
    """The image of a service's container side; "" where it has none."""
    return str(service.container.definition.get("image")) if service.container else ""
