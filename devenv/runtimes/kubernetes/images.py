"""Images of services that are built: where the cluster has them before a workload names them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId
from devenv.model.plan import Start
from devenv.model.service import Service
from devenv.runtimes.kubernetes.objects.supervisor import restarts
from devenv.runtimes.kubernetes.servers import Servers
from devenv.runtimes.protocol import Login, Preparation, Report, Sources

if TYPE_CHECKING:  # loaded when the first cluster is asked
    from devenv.runtimes.kubernetes.rows import Workload


@dataclass(frozen=True, slots=True)
class Images:
    servers: Servers
    sources: Sources

    async def pinned(
        self, environment: EnvironmentId, step: Start, there: Workload | None, report: Report
    ) -> Start:
        """The same step, by the digest of its image if that is built; with all words that it runs.

        UnbuiltError: the image could not be built, or not be pushed or loaded.
        """
        made = await self._built(environment, step, there, report)
        service = made.replica.service
        if not restarts(service) or service.definition.get("entrypoint"):
            return made
        preparation = self.servers.need(environment).preparation
        try:
            words = await self.sources.program(
                str(service.definition["image"]), preparation, report
            )
        except DevenvError as error:
            report(f"{service.name} cannot be restarted within its pods: {error.message}")
            return made
        return _with(service.running(*words), made)

    async def access(
        self, environment: EnvironmentId, service: Service, report: Report
    ) -> Login | None:
        """The log-in that pods of a service need for its image, if its user has one."""
        client = self.servers.need(environment).preparation.client
        image = str(service.definition["image"])
        try:
            return await self.sources.access(image, client)
        except DevenvError as error:
            report(f"{service.name}: {error.told}")
            return None

    async def _built(
        self, environment: EnvironmentId, step: Start, there: Workload | None, report: Report
    ) -> Start:
        from devenv.runtimes.kubernetes.errors import UnbuiltError

        service = step.replica.service.name
        preparation = self.servers.need(environment).preparation
        if service not in preparation.images:
            return step
        is_same = there is not None and there.fingerprint == step.replica.fingerprint
        if there is not None and is_same and not _is_loaded(preparation):
            return _from(there.image, step)
        try:
            image = await self.sources.publish(environment, service, preparation, report)
        except DevenvError as error:
            raise UnbuiltError(error.message, error.hint) from error
        return _from(image, step)


def _is_loaded(preparation: Preparation) -> bool:
    """Whether its images are on nodes alone, which may lose them."""
    return preparation.preview is not None and bool(preparation.preview.cluster.loads)


def _from(image: str, step: Start) -> Start:
    return _with(step.replica.service.named(image), step)


def _with(service: Service, step: Start) -> Start:
    return replace(step, replica=replace(step.replica, service=service))
