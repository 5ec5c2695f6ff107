"""What one environment should be, as one frozen value: the home of the desired state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from devenv.model.environment import Environment
from devenv.model.preview import Preview
from devenv.model.snapshot import Snapshot
from devenv.planning.wishes import Wishes, restart
from devenv.profile.checkout import Checkout
from devenv.profile.sources import Loaded
from devenv.runtimes.protocol import Client


class Leaving(StrEnum):
    """Whether the environment is going away, and its data with it."""

    NO = ""
    KEEP_DATA = "keep data"
    WITH_DATA = "with data"


@dataclass(frozen=True, slots=True)
class Intent:
    """``loaded`` is the profile as of the last ``up``, not as it is on disk now.

    ``profiles`` are the Compose profiles that were asked for; ``notice`` says in words what
    happened to the environment that its user should know. ``preview`` says where it is, if it is
    in a cluster; ``contents`` are those of the files that its configs and secrets name, ``images``
    the names that what it builds has in the cluster's registry, ``digests`` what its other images
    are pinned to, by their names ("": to nothing).
    ``replacing``: volumes whose data may be lost, since their user has agreed to it.
    """

    checkout: Checkout
    profiles: tuple[str, ...] = ()
    loaded: Loaded | None = None
    client: Client = field(default_factory=lambda: Client("/"))
    wishes: Wishes = field(default_factory=Wishes)
    leaving: Leaving = Leaving.NO
    notice: str = ""
    preview: Preview | None = None
    contents: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    replacing: frozenset[str] = frozenset()

    @property
    def environment(self) -> Environment:
        if self.loaded is not None:
            return self.loaded.environment
        return Environment(name=self.checkout.name, root=self.checkout.root)

    @property
    def is_up(self) -> bool:
        return bool(self.wishes.wanted)


Change = Callable[[Intent, Snapshot], Intent]
"""A change of what is wanted, given what is seen."""


def leaving(intent: Intent, how: Leaving) -> Intent:
    """Want nothing of the environment any more, and have its runtimes forget it."""
    held = replace(intent.wishes, wanted=frozenset())
    return replace(intent, wishes=held, leaving=how, notice="")


def restarted(intent: Intent, service: str) -> Intent:
    """Want a service stopped and started, if it is to run at all."""
    if service not in intent.wishes.wanted:
        return intent
    return replace(intent, wishes=restart(intent.wishes, intent.environment, (service,)))
