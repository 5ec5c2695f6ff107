"""How the loop of an environment touches the world: it looks, acts, probes and ships logs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from devenv.daemon.acting import Acting
from devenv.daemon.desired import preparation
from devenv.daemon.forwarding import Forwarder
from devenv.daemon.host import Host
from devenv.daemon.intent import Change, Intent, restarted
from devenv.daemon.journal import Journal
from devenv.daemon.looking import Seen, look
from devenv.daemon.probes import Prober
from devenv.daemon.shipping import KeepsLogs, Shipper
from devenv.daemon.syncing import Syncer
from devenv.daemon.tunnels import Tunnels
from devenv.daemon.units import Wishes
from devenv.model.environment import Desired, EnvironmentId, ReplicaId
from devenv.model.plan import Plan
from devenv.model.unit import Observed


class Hands:
    """The hands of one environment's loop, which ``wake`` wakes."""

    def __init__(
        self,
        environment: EnvironmentId,
        host: Host,
        journal: Journal,
        *,
        wake: Callable[[], None],
        change: Callable[[Change], Awaitable[object]],
    ) -> None:
        def log(replica: ReplicaId) -> str:
            return str(host.folders.log(environment, replica.service, replica.index))

        self._host = host
        self._intent: Intent
        self.prober = Prober(environment, host, wake=wake)
        self._forwarder = Forwarder(environment, host.docker)

        async def restart(service: str, reason: str) -> None:
            journal.note(service, f"restarts: {reason}")
            await change(lambda intent, _: restarted(intent, service))

        wishes = Wishes(lambda: self._intent, change, restart, journal.note, journal.note_sent)
        self.syncer = Syncer(environment, host, wishes, wake=wake)
        self._tunnels = Tunnels(environment, host.kubernetes)
        keep_logs: Mapping[str, KeepsLogs] = {
            host.docker.name: host.docker,
            host.kubernetes.name: host.kubernetes,
        }
        self._shipper = Shipper(environment, keep_logs, log)
        self.acting = Acting(
            environment,
            host.runtimes,
            wake=wake,
            note=journal.note,
            drained=self._shipper.drained,
        )

    async def look(self, wanted: Desired, *, watching: bool) -> Seen:
        """See what there is, and what its probes and our failures say of it."""
        acting = self.acting
        seen = await look(self._host.runtimes, wanted, busy=acting.busy, preparing=acting.preparing)
        observed = replace(
            seen.observed,
            unread=self.syncer.unread(wanted, watching=watching),
            failures=dict(acting.failures),
            said=dict(acting.said),
        )
        return replace(seen, observed=self.prober.judged(observed, wanted))

    def perform(self, decided: Plan, wanted: Desired, intent: Intent) -> None:
        """Begin the steps of a plan; give up those that nobody wants any more."""
        for step in decided.steps:
            self.acting.begin(step, lambda: preparation(intent, self._host.home))
        self.acting.cancel_unwanted(wanted)

    def follow(self, observed: Observed, wanted: Desired, intent: Intent) -> None:
        """Probe what has a probe, take in logs, let containers reach this machine."""
        self.prober.follow(observed, wanted, intent.client)
        self._shipper.follow(observed, wanted, intent.environment.log_quota)
        self._forwarder.follow(wanted)
        self._intent = intent
        self._tunnels.follow(wanted)
        self.syncer.follow(observed, wanted, watching=intent.wishes.watching)

    def leave_logs(self) -> None:
        """Let go of all logs, for their files may be removed; later ones are new."""
        self._shipper.close()

    def close(self) -> None:
        self.prober.close()
        self.acting.close()
        self._shipper.close()
        self._forwarder.close()
        self._tunnels.close()
        self.syncer.close()
