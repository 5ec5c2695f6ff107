"""What the words of `devenv preview` may be: nothing is said that would not count."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.daemon import stand_in
from tests.cli.desk import Desk


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("down --plan", "`devenv preview down` has no --plan"),
        ("sweep --dry-run", "`devenv preview sweep` has no --plan"),
        ("status --ttl 3d", "it is for: devenv preview up|extend"),
        ("up --ask-host", "it is for: devenv preview sweep"),
        ("down one two three", "`devenv preview down` has no use for two three"),
        ("sweep one", "it is about all previews"),
        ("list one", "`devenv preview list` has no use for one"),
    ],
)
def test_what_would_not_count_is_refused_before_anything_is_asked(
    desk: Desk, line: str, said: str
) -> None:
    with stand_in(desk.environ) as daemon:
        done = desk.run("preview", *line.split())
    assert done.returncode == 2
    assert said in done.stderr
    assert daemon.methods() == []


REFUSED = {"cluster": "team", "message": "the cluster team does not take our credentials"}
KNOWN = {
    "name": "shop-main-1",
    "branch": "main",
    "cluster": "other",
    "state": "ready",
    "owner": "me",
    "created_at": 1767225600.0,
    "last_used_at": 1767225600.0,
    "expires_at": None,
}


@pytest.mark.parametrize("known", [[], [KNOWN]], ids=["alone", "beside another"])
def test_a_cluster_that_cannot_be_asked_is_no_cluster_without_previews(
    desk: Desk, known: list[dict[str, Any]]
) -> None:
    answer = {"previews": known, "faults": [REFUSED]}
    with stand_in(desk.environ, preview__list=answer):
        done, as_json = desk.run("preview", "list"), desk.run("preview", "list", "--json")
    assert (done.returncode, as_json.returncode) == (1, 1)
    assert f"team cannot be asked: {REFUSED['message']}" in done.stderr
    assert "There are no previews" not in done.stderr
    assert ("shop-main-1" in done.stdout) is bool(known)
    assert json.loads(as_json.stdout)["faults"] == [REFUSED]
