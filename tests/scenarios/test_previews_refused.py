"""Pods that a cluster does not let be made, and what is said of them."""

from __future__ import annotations

import pytest

from tests.fakes.thread import Beside
from tests.scenarios.sandbox import Sandbox
from tests.scenarios.test_previews import previews, shop

__all__ = ["shop"]

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize("keys", ["", ", volumes: ['data:/data']", ", restart: 'no'"])
def test_a_quota_that_is_too_small_is_said(shop: Sandbox, cluster: Beside, keys: str) -> None:
    others = "volumes: {data: {}}" if "data" in keys else ""
    waits = "{web: {condition: service_completed_successfully}}"
    task = f", b: {{image: y, depends_on: {waits}}}" if "restart" in keys else ""
    shop.write("compose.yaml", f"services: {{web: {{image: x{keys}}}{task}}}\n{others}")
    cluster.server.controllers.refused = (
        'pods "web-0" is forbidden: exceeded quota: devenv, requested: requests.memory=2Gi, '
        "used: requests.memory=19Gi, limited: requests.memory=20Gi"
    )
    done = shop.run("preview", "up", "--wait", check=False)
    assert done.returncode == 1
    assert "waiting for quota: needs 2Gi of requests.memory, 1Gi left" in done.stderr
    (found,) = previews(shop)
    assert {one["reason"] for one in found["services"]} == {
        "waiting for quota: needs 2Gi of requests.memory, 1Gi left"
    }
