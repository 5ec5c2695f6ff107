"""A preview belongs to a branch: that a checkout is gone means nothing to it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

from devenv.daemon.absence import depends_on_its_folder
from devenv.daemon.environment import LiveEnvironment
from devenv.daemon.intent import Intent
from devenv.model.preview import Cluster, Preview
from devenv.planning.wishes import Wishes
from tests.daemon.worlds import CHECKOUT

UP = Intent(CHECKOUT, wishes=Wishes(wanted=frozenset({"web"})))
PREVIEW = Preview(Cluster("team", "", "", "", ""), "shop-main-12345678", "shop", "main", "me", 60.0)


def live(intent: Intent) -> LiveEnvironment:
    board = SimpleNamespace(newest=SimpleNamespace(intent=intent))
    return cast(LiveEnvironment, SimpleNamespace(board=board))


def test_an_environment_of_this_machine_depends_on_its_folder() -> None:
    assert depends_on_its_folder(live(UP))


def test_a_preview_does_not_depend_on_its_folder() -> None:
    assert not depends_on_its_folder(live(replace(UP, preview=PREVIEW)))
