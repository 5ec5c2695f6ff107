"""What environments were when the last daemon ended: put together from the disk and the keepers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from devenv.daemon import store
from devenv.daemon.environment import at_rest
from devenv.daemon.host import Host
from devenv.daemon.intent import Change, Intent, Leaving
from devenv.daemon.parser import Parser
from devenv.daemon.profiles import Profiles, request
from devenv.daemon.store import Kept
from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId
from devenv.profile.checkout import Checkout
from devenv.profile.parsing import Question
from devenv.profile.sources import Loaded
from devenv.runtimes.protocol import Client, Preparation

BOTH_DIED = "the daemon and the keeper both ended, so its services are down"
FORGOTTEN = "what was wanted of it is not to be read any more, so what ran of it was stopped"
SECRETS_FORGOTTEN = "this machine forgot its secrets: `devenv preview up` takes it up again"
SILENT = "the keeper of its services does not answer: nothing is done until it does"


class Returning:
    """Makes the intents of environments that an earlier daemon had."""

    def __init__(self, host: Host, parser: Parser, profiles: Profiles) -> None:
        self._host = host
        self._parser = parser
        self._profiles = profiles

    def kept(self, environment: EnvironmentId) -> Kept | None:
        """What the disk says of an environment; None where that cannot be read."""
        kept = store.read(self._host.folders.desired(environment))
        return kept if kept is not None and kept.intent.checkout.id == environment else None

    async def intent(self, kept: Kept, held: Preparation | None) -> Intent:
        """The intent as it was; at rest, with the reason, if its keeper has ended too.

        Where its profile cannot be read (by another build, say) what runs is left as it is.
        """
        intent = kept.intent
        if held is None:
            await self._reach(intent, Client("/", environment=os.environ))
            if not intent.is_up:
                return intent
            if intent.preview is not None:
                return replace(intent, notice=SECRETS_FORGOTTEN)
            is_silent = intent.checkout.id in self._host.processes.links.away
            return replace(intent, notice=SILENT) if is_silent else at_rest(intent, BOTH_DIED)

        async def parse(recorded: store.Files, variables: Mapping[str, str]) -> Loaded:
            wanted = request(intent.checkout, intent.profiles, variables)
            return await self._parser.parse(Question(wanted, recorded))

        try:
            restored = await store.restore(
                kept, held.memory, build=self._host.home.build, parse=parse
            )
        except (DevenvError, ValueError, KeyError) as error:
            return replace(intent, notice=f"its profile cannot be read any more: {error}")
        await self._reach(intent, restored.client)
        if restored.loaded is not None:
            environment = restored.client.environment
            wanted = request(intent.checkout, intent.profiles, environment)
            self._profiles.remember(wanted, restored.loaded)
        return restored

    async def _reach(self, intent: Intent, client: Client) -> None:
        """Take up the containers of an environment, if it may have some, or its namespace."""
        if intent.preview is not None:
            self._host.kubernetes.servers.know(intent.checkout.id, intent.preview)
        docker = self._host.docker
        if any(choice.runtime == docker.name for choice in intent.wishes.runtimes.values()):
            await docker.places.reach(intent.checkout.id, client)


def unwanted(environment: EnvironmentId) -> Intent:
    """Of what a keeper holds of which no desired state tells: nobody wants it."""
    name = environment.rpartition("-")[0]
    checkout = Checkout(environment, name, root="/", branch="", device=0, inode=0)
    return Intent(checkout, leaving=Leaving.KEEP_DATA, notice=FORGOTTEN)


def unless_changed(restored: Intent) -> Change:
    """Restore what a silent keeper had, unless something else was asked for meanwhile."""
    return lambda intent, _: restored if intent.is_up and intent.notice == SILENT else intent
