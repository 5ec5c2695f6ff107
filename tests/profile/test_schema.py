"""The JSON Schema for editors is the shipped file, and agrees with what loads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import devenv.profile
from devenv.profile.schema import json_schema

FOLDER = Path(devenv.profile.__file__).parent
EXAMPLE = Path(__file__).parent / "example"


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(json_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_shipped_file_is_the_schema() -> None:
    shipped = (FOLDER / "profile.schema.json").read_text()
    assert shipped == json_schema(), (
        "run: python -m devenv.profile.schema > devenv/profile/profile.schema.json"
    )


def test_the_module_prints_the_schema() -> None:
    command = (sys.executable, "-m", "devenv.profile.schema")
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert printed == json_schema()


def test_the_example_fits_the_schema(validator: jsonschema.Draft202012Validator) -> None:
    validator.validate(yaml.safe_load((EXAMPLE / "devenv.profile.yaml").read_text()))


@pytest.mark.parametrize(
    "service",
    [
        {"command": "w", "ports": ["web: auto", 80, {"web": "auto"}, {"target": 80}]},
        {"command": ["w"], "ports": {"web": "auto"}, "environment": ["A=1"]},
        {"command": ["w"], "environment": {"A": None, "B": 1, "C": True}, "env_file": "e"},
        {"command": ["w"], "env_file": ["a", {"path": "b", "required": False}]},
        {"command": "w", "depends_on": {"db": {"condition": "service_healthy"}}, "x-a": 1},
        {"command": "w", "ready": {"http": {"path": "/", "status": [200, "201-204"]}}},
        {"command": "w", "ready": {"tcp": True}, "scale": "${N:-2}", "tty": "${T:-true}"},
        {"image": "x", "build": {"context": "."}, "volumes": ["a:b"], "process": {"command": "x"}},
        {"uses": "postgres@16", "restart": "on-failure:3", "stop_grace_period": "1m30s"},
    ],
)
def test_what_loads_fits_the_schema(
    service: dict[str, Any], validator: jsonschema.Draft202012Validator
) -> None:
    validator.validate({"services": {"web": service}})


@pytest.mark.parametrize(
    "service",
    [
        {"comand": "w"},
        {"command": {"a": "b"}},
        {"command": "w", "ports": [["a"]]},
        {"command": "w", "runtime": "proces"},
        {"command": "w", "ready": {"htp": "/"}},
        {"command": "w", "depends_on": {"db": {"condition": "healthy"}}},
    ],
)
def test_what_is_refused_does_not_fit_the_schema(
    service: dict[str, Any], validator: jsonschema.Draft202012Validator
) -> None:
    assert not validator.is_valid({"services": {"web": service}})
