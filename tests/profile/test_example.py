"""A full profile, and the whole model that is made of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from devenv.profile.load import Loaded, Request, load, read_file

EXAMPLE = Path(__file__).parent / "example"


def loaded() -> Loaded:
    def read(path: str) -> bytes | None:
        return read_file(path.replace("/shop/", f"{EXAMPLE}/"))

    request = Request(
        "/shop", environment={"API_TOKEN": "abc"}, builtin={"DEVENV_BRANCH": "feature/x"}
    )
    return load(request, read)


def described(load: Loaded) -> str:
    document = {"environment": asdict(load.environment), "read": sorted(load.sources)}
    return json.dumps(document, indent=1, default=sorted) + "\n"


def test_the_example_has_no_problems() -> None:
    assert loaded().problems == ()


def test_the_example_becomes_the_model_that_is_written_down() -> None:
    assert described(loaded()) == (EXAMPLE / "model.json").read_text()
