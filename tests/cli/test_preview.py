"""What the words of `devenv preview` may be: nothing is said that would not count."""

from __future__ import annotations

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
