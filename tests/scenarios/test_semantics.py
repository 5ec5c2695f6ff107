"""Each row of docs/semantics.md names a test that is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_row_names_a_test_that_exists() -> None:
    rows = re.findall(r"^\|.*$", (ROOT / "docs/semantics.md").read_text(), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"\btest_\w+", row)}
    texts = (path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    there = {name for text in texts for name in re.findall(r"def (test_\w+)\(", text)}
    assert len(named) > 20
    assert named - there == set()
