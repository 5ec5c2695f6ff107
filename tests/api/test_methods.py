"""docs/api.md and the table of methods say the same; the checks refuse what is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from devenv.api import methods
from devenv.api.codec import NO_METHOD, WRONG_PARAMS, MessageError

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"


def _documented() -> dict[str, tuple[tuple[str, ...], object]]:
    rows = {}
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 3:
            name, params, result = cells
            words = tuple(re.findall(r"`([^`]+)`", result))
            told: object = methods.STATUS if result == methods.STATUS else words
            rows[name.strip("`")] = (tuple(re.findall(r"`([^`]+)`", params)), told)
    return rows


def test_the_documented_table_is_the_table_of_the_code() -> None:
    table = {name: (method.params, method.result) for name, method in methods.METHODS.items()}
    assert _documented() == table


def test_every_parameter_of_the_table_has_a_type() -> None:
    for name, method in methods.METHODS.items():
        given: dict[str, Any] = dict.fromkeys(method.required, object())
        given.update(dict.fromkeys(method.optional))
        if method.required:
            with pytest.raises(MessageError):
                methods.check(name, given)
        else:
            methods.check(name, given)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("nothing", {}, NO_METHOD),
        ("status", {}, WRONG_PARAMS),
        ("status", {"target": None}, WRONG_PARAMS),
        ("status", {"target": "here"}, WRONG_PARAMS),
        ("status", {"target": {}, "colour": 1}, WRONG_PARAMS),
        ("watch", {"target": {}, "newer_than": True, "timeout": 1}, WRONG_PARAMS),
        ("down", {"target": {}, "volumes": 1}, WRONG_PARAMS),
    ],
)
def test_wrong_requests_are_refused(method: str, params: dict[str, Any], code: int) -> None:
    with pytest.raises(MessageError) as refused:
        methods.check(method, params)
    assert refused.value.code == code


def test_right_requests_pass() -> None:
    methods.check("status", {"target": {}})
    methods.check("watch", {"target": {}, "newer_than": 3, "timeout": 0.5})
    methods.check("up", {"target": {}, "client": {}, "services": None})


@pytest.mark.parametrize(
    "target",
    [
        {},
        {"directory": "here"},
        {"directory": "/a", "environment": 3},
        {"directory": "/a", "files": "b"},
        {"directory": "/a", "profiles": [1]},
    ],
)
def test_wrong_targets_are_refused(target: dict[str, Any]) -> None:
    with pytest.raises(MessageError):
        methods.check_target(target)


@pytest.mark.parametrize(
    "client",
    [
        {},
        {"directory": "/a", "umask": -1, "environment": {}},
        {"directory": "/a", "umask": True, "environment": {}},
        {"directory": "/a", "umask": 18, "environment": {"A": 1}},
        {"directory": "/a", "umask": 18, "environment": []},
    ],
)
def test_wrong_clients_are_refused(client: dict[str, Any]) -> None:
    with pytest.raises(MessageError):
        methods.check_client(client)


def test_right_targets_and_clients_pass() -> None:
    methods.check_target({"directory": "/a", "files": ["b"], "environment": None, "profiles": []})
    methods.check_client({"directory": "/a", "umask": 0o22, "environment": {"A": "b"}})
