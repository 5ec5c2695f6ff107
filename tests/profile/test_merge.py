"""How devenv.profile.local.yaml lies over devenv.profile.yaml."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from devenv.profile.document import parse
from devenv.profile.merge import merge
from devenv.profile.problems import Problems
from devenv.profile.tree import plain
from tests.profile.loading import load_text, problems_of


def merged(base: str, over: str) -> Any:
    """Merge the keys of one service and give them back."""
    problems = Problems()
    first, second = (
        parse(f"services: {{web: {text}}}".encode(), name, problems)
        for text, name in ((base, "base"), (over, "over"))
    )
    result = plain(merge(first, second, problems))
    problems.raise_errors()
    return result["services"]["web"]


@pytest.mark.parametrize(
    ("base", "over", "result"),
    [
        ("{a: 1, b: {c: 2}}", "{b: {d: 3}}", "{a: 1, b: {c: 2, d: 3}}"),
        ("{a: 1}", "{a: }", "{a: 1}"),
        ("{a: }", "{a: {b: 1}}", "{a: {b: 1}}"),
        ("{command: [a, b]}", "{command: [c]}", "{command: [c]}"),
        ("{command: [a, b]}", "{command: c}", "{command: c}"),
        ("{x-list: [a, b]}", "{x-list: [b, c]}", "{x-list: [a, b, b, c]}"),
        (
            "{healthcheck: {test: [CMD, a], retries: 2}}",
            "{healthcheck: {test: b}}",
            "{healthcheck: {test: b, retries: 2}}",
        ),
        ("{ready: {http: /a}}", "{ready: {tcp: true}}", "{ready: {tcp: true}}"),
        (
            "{environment: {A: 1, B: 2}}",
            "{environment: [B=3, C]}",
            "{environment: {A: 1, B: '3', C: }}",
        ),
        ("{environment: [A=1]}", "{environment: {A: }}", "{environment: {A: }}"),
        (
            "{depends_on: [a]}",
            "{depends_on: {b: {condition: service_healthy}}}",
            "{depends_on: {a: {}, b: {condition: service_healthy}}}",
        ),
        (
            "{ports: ['8080:80']}",
            "{ports: ['8443:80', '8080:80/tcp']}",
            "{ports: ['8080:80/tcp', '8443:80']}",
        ),
        ("{ports: {web: auto}}", "{ports: ['web: 8080']}", "{ports: ['web: 8080']}"),
        (
            "{ports: [{web: auto}]}",
            "{ports: [{name: web, target: 80}]}",
            "{ports: [{name: web, target: 80}]}",
        ),
        (
            "{env_file: a}",
            "{env_file: [b, {path: a, required: false}]}",
            "{env_file: [{path: a, required: false}, b]}",
        ),
        ("{profiles: [a, b]}", "{profiles: [b, c]}", "{profiles: [a, b, c]}"),
        ("{volumes: ['a:/x', 'b:/y']}", "{volumes: ['c:/x:ro']}", "{volumes: ['c:/x:ro', 'b:/y']}"),
        ("{build: .}", "{build: {target: dev}}", "{build: {context: ., target: dev}}"),
        ("{ports: [1]}", "{ports: !override [2]}", "{ports: [2]}"),
        ("{ports: [1], a: 1}", "{ports: !reset []}", "{a: 1}"),
        ("{environment: {A: 1, B: 2}}", "{environment: {A: !reset null}}", "{environment: {B: 2}}"),
    ],
)
def test_keys_merge_by_the_rules_of_compose(base: str, over: str, result: str) -> None:
    assert merged(base, over) == yaml.safe_load(result)


def test_kinds_that_do_not_fit_are_a_problem_at_the_later_place() -> None:
    said = problems_of(
        "services: {web: {command: a, tty: [1]}}",
        {"devenv.profile.local.yaml": "services: {web: {tty: {a: 1}}}"},
    )
    assert said == [
        "devenv.profile.local.yaml:1:23: services.web.tty: cannot lay a map over a list "
        "(the other one is at devenv.profile.yaml:1:35; `!override` replaces it)",
        "devenv.profile.yaml:1:35: services.web.tty: expected true or false, got a list",
    ]


def test_the_local_profile_is_looked_for_and_laid_over() -> None:
    loaded = load_text(
        "services: {web: {command: a, environment: {A: 1}}}",
        {"devenv.profile.local.yaml": "services: {web: {environment: {B: 2}}, db: {command: b}}"},
    )
    web = loaded.environment.services["web"].process
    assert web is not None
    assert dict(web.environment) == {"A": "1", "B": "2"}
    assert list(loaded.environment.services) == ["web", "db"]
