"""Which digests a preview's images have: asked of their registries once, and kept from then on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from devenv.errors import DevenvError
from devenv.model.origin import Problem
from devenv.model.service import Service

PATIENCE = 5.0
"""Seconds that registries have for their answers, all of them together."""
Digests = Mapping[str, str]
"""By the name of an image, as the profile has it; "" for what is applied as it is written."""
Ask = Callable[[str], Awaitable[str]]
"""The digest that an image has in its registry now. Raises DevenvError."""
_AT_EACH_UP = "always"


@dataclass(frozen=True, slots=True)
class Found:
    """``said``: those of them that a registry has said now; ``faults``: why one that was asked has
    not, by image.
    """

    digests: Digests
    said: Digests = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)


async def find(services: Iterable[Service], known: Digests, ask: Ask, *, anew: bool) -> Found:
    """The digests of the images that services name by their tags.

    What is ``known`` is not asked for again, unless it is ``anew`` or the service says so; where
    nobody answers then, it stays as it is.
    """
    named: dict[str, bool] = {}
    for service in services:
        image = service.tagged
        if image:
            always = service.definition.get("pull_policy") == _AT_EACH_UP
            named[image] = named.get(image, False) or always or anew or image not in known
    asked = [image for image, is_asked in named.items() if is_asked]
    answers = await asyncio.gather(*(_answer(ask, image) for image in asked))
    faults = {image: why for image, (_, why) in zip(asked, answers, strict=True) if why}
    now = {image: digest for image, (digest, _) in zip(asked, answers, strict=True) if digest}
    return Found({image: now.get(image, known.get(image, "")) for image in named}, now, faults)


def kept(services: Iterable[Service], found: Found, before: Digests, now: Digests) -> Digests:
    """What the images of services are pinned to, though others have pinned some since ``before``.

    A registry's last word counts, then what others have pinned, then what was known.
    """
    others = {image: digest for image, digest in now.items() if before.get(image) != digest}
    pins = {**now, **found.digests, **others, **found.said}
    named = {service.tagged for service in services}
    return {image: pins[image] for image in sorted(named) if image in pins}


def names_no_registry(service: Service) -> bool:
    """Whether a node may have the image of a service under a name that is a stranger's elsewhere.

    One that is always pulled is of the registry that is meant where none is named.
    """
    host, slash, _ = service.tagged.partition("/")
    is_host = bool(slash) and (host == "localhost" or "." in host or ":" in host)
    return not is_host and service.definition.get("pull_policy") != _AT_EACH_UP


def warnings(services: Iterable[Service], found: Found) -> list[Problem]:
    """What is applied without a digest, or with the one before: once for each reason."""
    alike: dict[tuple[str, bool], list[Service]] = {}
    for service in services:
        image = service.tagged
        if image in found.faults:
            key = found.faults[image], bool(found.digests[image])
            alike.setdefault(key, []).append(service)
    return [
        Problem(_said(who, why, kept=kept), who[0].origin, _HINT, warning=True)
        for (why, kept), who in alike.items()
    ]


_HINT = "`devenv preview up --pull` asks again"


def _said(services: Iterable[Service], why: str, *, kept: bool) -> str:
    names = ", ".join(service.name for service in services)
    how = "the digest that it had" if kept else "its tag as it is written, and no digest"
    return f"{names}: the image is applied by {how}: {why}"


async def _answer(ask: Ask, image: str) -> tuple[str, str]:
    """A digest, or why there is none."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await ask(image), ""
    except TimeoutError:
        return "", "its registry does not answer"
    except DevenvError as error:
        return "", error.message
