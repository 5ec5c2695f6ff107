"""Files of elsewhere are refused, with what to do instead, and nothing is asked of anybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from devenv.model.origin import Origin
from devenv.profile.compose.resolve import resolve
from devenv.profile.layers import Named
from devenv.profile.reading import Reading
from devenv.profile.sources import Request, read_file

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ELSEWHERE = (
    "https://example.com/compose.yaml",
    f"https://example.com/shop.git#{COMMIT}",
    "git@example.com:shop.git",
    "oci://example.com/shop:1",
    f"oci://example.com/shop@sha256:{'0' * 64}",
)


@pytest.mark.parametrize("path", ELSEWHERE)
@pytest.mark.parametrize(
    "text",
    [
        "include: ['{}']\nservices: {{web: {{image: x}}}}",
        "services: {{web: {{extends: {{service: web, file: '{}'}}}}}}",
    ],
    ids=["include", "extends"],
)
def test_a_file_of_elsewhere_is_refused(path: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(text.format(path))
    reading = Reading(Request(str(tmp_path)), read_file)
    resolve(reading, (Named(str(file), Origin(str(file))),))
    (problem,) = (one for one in reading.problems.all() if "elsewhere" in one.message)
    assert path in problem.message
    assert "git submodule" in problem.hint
    assert reading.sources.keys() <= {str(file), str(tmp_path / ".env")}
