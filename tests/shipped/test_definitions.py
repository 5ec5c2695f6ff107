"""Shipped profiles as they resolve: images, addresses, rights, and how each is asked.

MongoDB and OpenSearch cannot be run where no image registry is within reach, nor can MinIO: of
these, what is shown here is all that is shown. The others are run by tests/scenarios/test_shipped.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from devenv.model.environment import Environment
from devenv.model.service import ExecCheck, HttpCheck, Service
from devenv.profile import shipped
from devenv.profile.load import Request, load, read_file
from devenv.profile.references import Given, resolve

SECRET = "se-cret"
NUMBERS = (20001, 20002)
DEFAULTS = {
    "mailpit": ("axllent/mailpit:v1.33", "smtp://x:1025", "/data"),
    "minio": ("minio/minio:RELEASE.2025-09-07T16-13-09Z", "http://x:9000", "/data"),
    "mongodb": ("mongo:8", f"mongodb://app:{SECRET}@x:27017/app?authSource=admin", "/data/db"),
    "mysql": ("mysql:8.4", f"mysql://app:{SECRET}@x:3306/app", "/var/lib/mysql"),
    "opensearch": (
        "opensearchproject/opensearch:3",
        f"https://admin:Aa1-{SECRET}@x:9200",
        "/usr/share/opensearch/data",
    ),
    "postgres": ("postgres:17", f"postgresql://app:{SECRET}@x:5432/app", "/var/lib/postgresql"),
    "rabbitmq": ("rabbitmq:4", f"amqp://app:{SECRET}@x:5672", "/var/lib/rabbitmq"),
    "redis": ("redis:7", f"redis://:{SECRET}@x:6379/0", "/data"),
}
VERSIONS = {name: image.rpartition(":")[0] for name, (image, _, _) in DEFAULTS.items()}


def environment(uses: str) -> Environment:
    profile = f"services: {{x: {{uses: {uses}}}}}".encode()
    path = "/shop/devenv.profile.yaml"
    return load(
        Request("/shop"), lambda name: profile if name == path else read_file(name)
    ).environment


def contained(made: Environment) -> Service:
    """The service as a container that others of its kind see."""
    service = made.services["x"]
    numbers = zip((port.name for port in service.ports), NUMBERS, strict=False)
    given = Given(
        {("x", 0, name): number for name, number in numbers},
        lambda _: SECRET,
        lambda _: "/nowhere",
        frozenset({"x"}),
    )
    # Its own address, as itself and its neighbours see it.
    return resolve(made, service, 0, given)


def definition(service: Service) -> Mapping[str, Any]:
    assert service.container is not None
    return service.container.definition


def test_all_of_them_are_looked_at() -> None:
    assert shipped.names() == tuple(DEFAULTS)


@pytest.mark.parametrize("name", DEFAULTS)
def test_it_has_its_image_its_address_and_a_volume_of_its_own(name: str) -> None:
    made = environment(name)
    found = contained(made)
    image, url, folder = DEFAULTS[name]
    assert definition(found)["image"] == image
    assert found.url == url
    assert definition(found)["volumes"] == [
        {"type": "volume", "source": "x-data", "target": folder, "volume": {}}
    ]
    assert set(made.resources.volumes) == {"x-data"}


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_version_is_the_tag_of_its_image(name: str) -> None:
    tag = "v1.2" if name == "mailpit" else "1.2"
    assert definition(contained(environment(f"{name}@1.2")))["image"] == f"{VERSIONS[name]}:{tag}"


@pytest.mark.parametrize("name", DEFAULTS)
def test_it_has_few_rights_and_shows_no_secret(name: str) -> None:
    found = contained(environment(name))
    made = definition(found)
    assert made["cap_drop"] == ["ALL"]
    assert set(made.get("cap_add") or ()) <= {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"}
    assert made["security_opt"] == ["no-new-privileges:true"]
    assert SECRET not in str({**made, "environment": None})
    assert SECRET not in str(found.probe)
    assert all(
        variable in found.secrets or SECRET not in value
        for variable, value in made["environment"].items()
    )


@pytest.mark.parametrize("name", DEFAULTS)
def test_it_is_asked_whether_it_is_ready(name: str) -> None:
    probe = contained(environment(name)).probe
    assert probe is not None
    assert probe.interval == probe.timeout == 10
    if isinstance(probe.check, HttpCheck):
        assert probe.check.path.startswith("/")
        return
    assert isinstance(probe.check, ExecCheck)
    program, *words = probe.check.command
    if program in {"sh", "bash"}:
        assert words[0] == "-c"
        subprocess.run([program, "-n", "-c", words[1]], check=True)
    else:
        assert program == "mongosh"
        assert "adminCommand({ping: 1})" in words[-1]
