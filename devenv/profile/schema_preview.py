"""The key ``preview``: what differs in a branch preview, of the whole and of a service."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, WithJsonSchema

from devenv.profile import fields
from devenv.profile.schema_types import Count, Duration, Size, Strict, Text, parsed_by

Cpus = Annotated[float, Field(gt=0), WithJsonSchema({"type": ["number", "string"]})]
HostPart = Annotated[
    str,
    parsed_by(fields.host_part),
    StringConstraints(max_length=40),
    WithJsonSchema({"type": ["boolean", "string"]}),
]


class Amounts(Strict):
    cpus: Cpus | None = None
    memory: Size | None = None


class Amounted(Strict):
    """As Compose's ``deploy.resources``."""

    limits: Amounts = Amounts()
    reservations: Amounts = Amounts()


class ServicePreview(Strict):
    host: HostPart = ""
    replicas: Count | None = None
    resources: Amounted = Amounted()


class Preview(Strict):
    """``seed`` is a task that runs when a preview is made.

    ``manifests`` are files of the checkout with objects that it has beside its services.
    """

    ttl: Duration | None = None
    seed: Text = ""
    manifests: tuple[Text, ...] = ()
