"""Which runtime a service gets."""

from __future__ import annotations

from typing import Any

import pytest

from devenv.model.origin import Problem
from devenv.model.service import Container
from devenv.planning.capabilities import choose
from tests.planning.worlds import service

HERE = {"process": "", "docker": ""}
DEVICES = {"deploy": {"resources": {"reservations": {"devices": [{"driver": "nvidia"}]}}}}


@pytest.mark.parametrize(
    "given",
    [{"gpus": [{"count": -1}]}, {"models": {"llm": None}}, {"provider": {"type": "x"}}, DEVICES],
)
def test_what_compose_gives_and_we_do_not_is_refused(given: dict[str, Any]) -> None:
    web = service("web", process=None, container=Container({"image": "x", **given}))
    refused = choose(web, HERE)
    assert isinstance(refused, Problem)
    assert f"`{next(iter(given))}" in refused.message
    assert "is not supported" in refused.message


def test_on_this_machine_it_runs_without_them() -> None:
    web = service("web", container=Container({"image": "x", "gpus": [{"count": -1}]}))
    assert choose(web, {"process": "", "docker": "no engine answers"}) == (
        "process",
        "no engine answers",
    )
