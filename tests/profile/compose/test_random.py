"""Random files laid over each other, random variables and ports: ours is theirs."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lab.resolver import Case, Resolver
from tests.profile.compose.oracle import ours, verdict

BATCH = 40
"""Cases that are asked at once: a process for each would be most of the time."""
NAMES = ("A", "B", "C")
VALUES = {"A": "1", "B": "", "HOME": "/root"}

word = st.sampled_from(["x", "1", "a b", "", "0.5", "true", "ü"])
name = st.sampled_from(NAMES)
template = st.builds(
    lambda before, one, operator, rest: f"{before}${{{one}{operator}{rest if operator else ''}}}",
    st.sampled_from(["", "v", "$$"]),
    name,
    st.sampled_from(["", ":-", "-", ":+", "+"]),
    st.sampled_from(["", "d", "${A}", "${C:-e}", "a:b"]),
)
text = word | template
pairs = st.dictionaries(name, text | st.none(), max_size=3)
listed = pairs.map(lambda found: [k if v is None else f"{k}={v}" for k, v in found.items()])
number = st.integers(1, 60000)
host = st.sampled_from(["", "127.0.0.1:", "[::1]:", "0.0.0.0:"])
protocol = st.sampled_from(["", "/udp", "/tcp"])
port = st.one_of(
    st.builds(lambda h, a, b, p: f"{h}{a}:{b}{p}", host, number, number, protocol),
    st.builds(lambda b, p: f"{b}{p}", number, protocol),
    st.builds(lambda a, n: f"{a}-{a + n}:{a}-{a + n}", number, st.integers(0, 3)),
    number,
    st.fixed_dictionaries(
        {"target": number},
        optional={"published": number.map(str), "mode": st.sampled_from(["host", "ingress"])},
    ),
)
mount = st.builds(
    lambda source, target, mode: f"{source}{target}{mode}",
    st.sampled_from(["./a:", "/b:", "data:"]),
    st.sampled_from(["/x", "/y", "/z"]),
    st.sampled_from(["", ":ro", ":rw"]),
)
service = st.fixed_dictionaries(
    {},
    optional={
        "image": st.just("x"),
        "command": st.sampled_from(["a 'b c'", ["a", "b c"], [], "x"]),
        "environment": pairs | listed,
        "labels": pairs | listed,
        "ports": st.lists(port, max_size=3, unique_by=repr),
        "volumes": st.lists(mount, max_size=3, unique_by=lambda one: one.split(":")[1]),
        "build": st.one_of(
            st.just("./c"), st.fixed_dictionaries({"context": st.just("."), "args": pairs | listed})
        ),
        "dns": st.sampled_from(["1.1.1.1", ["1.1.1.1", "8.8.8.8"]]),
        "expose": st.lists(st.sampled_from(["80", "81/udp"]), max_size=2, unique=True),
        "stop_grace_period": st.sampled_from(["1m30s", "90s", "1.5s", "500ms", "2h"]),
        "mem_limit": st.sampled_from(["64m", "1g", "1024", "1.5g"]),
        "healthcheck": st.fixed_dictionaries(
            {"test": st.sampled_from(["a", ["CMD", "b"], ["NONE"]])},
            optional={"interval": st.just("90s"), "retries": st.integers(1, 5)},
        ),
        "depends_on": st.sampled_from([["db"], {"db": {"condition": "service_healthy"}}]),
        "restart": st.sampled_from(["no", "always", "on-failure:3"]),
    },
)
files = st.lists(service, min_size=1, max_size=3)


def written(folder: Path, services: list[dict[str, Any]]) -> Case:
    """Write the files (JSON is YAML) of a project."""
    folder.mkdir()
    paths = []
    for number, one in enumerate(services):
        first = {"image": "x", **one} if number == 0 else one
        others = {"db": {"image": "y"}} if number == 0 else {}
        path = folder / f"{number}.yaml"
        model = {"services": {"web": first, **others}, "volumes": {"data": {}}}
        path.write_text(json.dumps(model, ensure_ascii=False))
        paths.append(str(path))
    return Case(str(folder), paths, VALUES)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(projects=st.lists(files, min_size=BATCH, max_size=BATCH))
def test_random_projects_are_resolved_as_compose_does(
    resolver: Resolver, projects: list[list[dict[str, Any]]]
) -> None:
    with TemporaryDirectory() as base:
        cases = [written(Path(base, f"p{n}"), found) for n, found in enumerate(projects)]
        answers = resolver.resolve(cases)
        for case, answer in zip(cases, answers, strict=True):
            said = verdict(ours(case), answer)
            texts = [Path(file).read_text() for file in case.files]
            assert said == "", f"{said}\n" + "\n---\n".join(texts)
