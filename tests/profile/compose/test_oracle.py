"""Ours against Compose's own resolver, on every file that it is tested with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.resolver import Case, Resolver
from tests.profile.compose.oracle import corpus, ours, verdict

KNOWN = Path(__file__).parent / "differences.txt"


@pytest.mark.timeout(300)
def test_every_file_is_resolved_or_refused_as_compose_does(
    resolver: Resolver, tmp_path: Path
) -> None:
    cases = corpus(resolver.testdata, tmp_path)
    answers = resolver.resolve(cases.values())
    found = {
        name: verdict(ours(case), answer)
        for (name, case), answer in zip(cases.items(), answers, strict=True)
    }
    differ = {name: text for name, text in found.items() if text}
    print(f"{len(cases) - len(differ)} of {len(cases)} files are as Compose has them")  # noqa: T201
    known = {line.split(":")[0] for line in KNOWN.read_text().splitlines() if line}
    assert not differ.keys() - known, {k: v for k, v in differ.items() if k not in known}
    assert not known - differ.keys(), "these are equal now: take them off the list"


def case_of(folder: Path, **files: str) -> Case:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return Case(str(folder), [str(folder / f"{name}.yaml") for name in files], {"HOME": "/root"})


def test_a_mount_that_comes_back_in_a_third_file_wins(resolver: Resolver, tmp_path: Path) -> None:
    case = case_of(
        tmp_path,
        first="services: {web: {image: x, volumes: ['/b:/x']}}",
        second="services: {web: {volumes: ['/a:/x']}}",
        third="services: {web: {volumes: ['/b:/x']}}",
    )
    assert verdict(ours(case), resolver.resolve([case])[0]) == ""


@pytest.mark.parametrize(
    ("base", "over"),
    [
        ("ports: ['8080:80']", "ports: ['8443:80']"),
        ("ports: ['8080:80']", "ports: !override ['8443:80']"),
        ("ports: ['8080:80']", "ports: !reset []"),
        ("environment: [A=1, B]", "environment: {A: 2, C: null}"),
        ("environment: {A: 1, B: 2}", "environment: {A: !reset null}"),
        ("command: a b", "command: [c]"),
        ("volumes: ['./a:/x', 'd:/y']", "volumes: ['./b:/x:ro']"),
        ("healthcheck: {test: a, interval: 90s}", "healthcheck: {test: [CMD, b]}"),
        ("logging: {driver: json-file, options: {a: b}}", "logging: {driver: local}"),
        ("build: {context: ./a, args: {X: 1}}", "build: {args: [Y=2]}"),
        ("dns: 1.1.1.1", "dns: [8.8.8.8, 1.1.1.1]"),
        ("ulimits: {nofile: {soft: 1, hard: 2}}", "ulimits: {nofile: 3}"),
        ("labels: {a: 1}", "labels: [b=2, a=3]"),
        ("expose: ['80']", "expose: [80, '90/udp']"),
        ("cap_add: [A]", "cap_add: [A, B]"),
        ("tmpfs: /a", "tmpfs: [/a, /b]"),
        ("deploy: {resources: {limits: {memory: 1g}}}", "deploy: {replicas: 2}"),
        ("stop_grace_period: 1m30s", "stop_grace_period: 500ms"),
    ],
)
def test_files_are_laid_over_each_other_as_compose_does(
    resolver: Resolver, tmp_path: Path, base: str, over: str
) -> None:
    case = case_of(
        tmp_path,
        base=f"services: {{web: {{image: x, {base}}}}}\nvolumes: {{d: }}",
        over=f"services:\n  web:\n    {over}\n",
    )
    assert verdict(ours(case), resolver.resolve([case])[0]) == ""
