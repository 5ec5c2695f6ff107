"""Images of services that are built: in the cluster's registry before a workload names them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId
from devenv.model.plan import Start
from devenv.runtimes.kubernetes.servers import Servers
from devenv.runtimes.protocol import Publish, Report

if TYPE_CHECKING:  # loaded when the first cluster is asked
    from devenv.runtimes.kubernetes.rows import Workload


@dataclass(frozen=True, slots=True)
class Images:
    """``publish`` has an image in a registry that the cluster pulls from."""

    servers: Servers
    publish: Publish

    async def pinned(
        self, environment: EnvironmentId, step: Start, there: Workload | None, report: Report
    ) -> Start:
        """The same step, by the digest of its image; as it is for one that is only pulled.

        UnbuiltError: the image could not be built, or not be pushed.
        """
        from devenv.runtimes.kubernetes.errors import UnbuiltError

        service = step.replica.service.name
        preparation = self.servers.need(environment).preparation
        if service not in preparation.images:
            return step
        if there is not None and there.fingerprint == step.replica.fingerprint:
            return _from(there.image, step)
        try:
            digest = await self.publish(environment, service, preparation, report)
        except DevenvError as error:
            raise UnbuiltError(error.message, error.hint) from error
        return _from(f"{preparation.images[service]}@{digest}", step)


def _from(image: str, step: Start) -> Start:
    service = step.replica.service.from_image(image)
    return replace(step, replica=replace(step.replica, service=service))
