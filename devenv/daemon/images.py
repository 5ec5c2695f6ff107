"""What the images of a preview are called: by their content, wherever its cluster has them from."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from devenv.daemon.desired import builds
from devenv.errors import DevenvError
from devenv.model.environment import Environment
from devenv.model.preview import Preview
from devenv.runtimes.kubernetes.names import image_name


async def images_of(environment: Environment, preview: Preview) -> Mapping[str, str]:
    """Name the image of each service that is built, with a hash of all that it is built from.

    Empty where the cluster has none from us. DevenvError: what one is built from cannot be known.
    """
    if not (preview.cluster.registry or preview.cluster.loads):
        return {}
    from devenv.runtimes.docker.publishing import content

    built = builds(environment)
    found = {}
    for service in built:
        inputs = await asyncio.to_thread(content, service, built)
        if not inputs:
            raise DevenvError(
                f"the image of {service} cannot be named by its content",
                "its build needs a context on this machine, all of whose files can be read",
            )
        found[service] = image_name(preview, service, inputs)
    return found
