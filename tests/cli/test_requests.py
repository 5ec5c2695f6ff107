"""Which pull requests are closed, by what the tools of git hosts print."""

from __future__ import annotations

from pathlib import Path

import pytest

from devenv.cli.requests import closed, read
from devenv.errors import DevenvError


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ('[{"number": 1, "state": "OPEN"}, {"number": 2, "state": "MERGED"}]', [2]),
        ('[{"number": 3, "id": 9, "state": "closed", "title": "x"}]', [3]),
        ('[{"iid": 4, "id": 9, "state": "merged"}, {"iid": 5, "state": "opened"}]', [4]),
        ('{"number": 6, "state": "closed"}', [6]),
        ('[{"number": 7, "state": "locked"}, {"number": 8, "state": "no word of ours"}]', []),
        ('[{"number": 9, "state": "closed"}, {"number": 9, "state": "open"}]', []),
        ("[]", []),
    ],
)
def test_only_what_is_named_as_closed_is(text: str, numbers: list[int]) -> None:
    assert closed(text) == numbers


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no pull requests match your search",
        '[{"number": 1, "state": "closed"}',
        '[{"number": 1, "state": "closed"}][{"number": 2, "state": "closed"}]',
        "[1, 2]",
        '[{"number": 1}]',
        '[{"number": "1", "state": "closed"}]',
        '[{"number": true, "state": "closed"}]',
        '{"message": "Bad credentials"}',
        "null",
    ],
)
def test_what_no_host_says_is_refused(text: str) -> None:
    with pytest.raises(DevenvError, match="pull request"):
        closed(text)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "said.json").write_text("[]")
    assert read("said.json", str(tmp_path)) == "[]"
    with pytest.raises(DevenvError, match=r"cannot read none.json"):
        read("none.json", str(tmp_path))
