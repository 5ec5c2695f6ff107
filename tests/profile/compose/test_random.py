"""Random files laid over each other, random variables and ports: ours is theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.lab.resolver import Case, Resolver
from tests.profile.compose.oracle import ours, verdict

BATCH = 40
"""Cases that are asked at once: a process for each would be most of the time."""
FEW = 4
"""The same for large ones: more would be larger than what Hypothesis makes."""
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


@dataclass(frozen=True)
class Marked:
    """A value with ``!reset`` or ``!override``."""

    tag: str
    value: Any


def yaml(value: Any) -> str:
    """JSON is YAML; only marks are not JSON."""
    if isinstance(value, Marked):
        return f"{value.tag} {yaml(value.value)}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {yaml(v)}" for k, v in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


marked = st.one_of(
    service,
    st.builds(
        lambda found, keys, tag: {
            k: Marked(tag, None if tag == "!reset" else v) if k in keys else v
            for k, v in found.items()
        },
        service,
        st.sets(st.sampled_from(["ports", "environment", "volumes", "labels", "command"])),
        st.sampled_from(["!reset", "!override"]),
    ),
)
line = st.builds(
    lambda name, sign, value: f"{name}{sign}{value}",
    st.sampled_from(["A", "B", "export C", "D"]),
    st.sampled_from(["=", "= ", ": "]),
    st.sampled_from(["1", "$A", "${B:-x}", "'$A b'", '"a\\tb $C"', "x # y", "x#y", "", '"p\nq"']),
)
env_text = st.lists(line | st.sampled_from(["# said", "", "A"]), max_size=4).map(
    lambda lines: "".join(f"{one}\n" for one in lines)
)


@dataclass(frozen=True)
class Parts:
    """A project of several files: what is extended, what is included, what lies over it."""

    base: dict[str, Any]
    included: dict[str, Any]
    main: dict[str, Any]
    over: dict[str, Any]
    env: tuple[str, str]
    profiles: tuple[str, ...]

    def write(self, folder: Path) -> Case:
        folder.mkdir()
        (folder / "part").mkdir()
        for number, text in enumerate(self.env):
            (folder / f"{number}.env").write_text(text)
            (folder / "part" / f"{number}.env").write_text(text)
        (folder / "part" / ".env").write_text("B=of the part\nOWN=1\n")
        base = {"image": "base", "env_file": ["0.env"], **self.base}
        inner = {"image": "${OWN:-none}", **self.included}
        models: dict[str, dict[str, Any]] = {
            "part/base.yaml": {"services": {"base": base}},
            "part/included.yaml": {"services": {"inner": inner}},
            "main.yaml": {"include": ["part/included.yaml"], "services": self._services()},
            "over.yaml": {"services": {"web": self.over, "inner": {"labels": ["over=1"]}}},
        }
        for name, model in models.items():
            shared: dict[str, Any] = {} if name == "over.yaml" else {"volumes": {"data": {}}}
            (folder / name).write_text(yaml({**model, **shared}))
        files = [str(folder / name) for name in ("main.yaml", "over.yaml")]
        return Case(str(folder), files, VALUES, self.profiles)

    def _services(self) -> dict[str, Any]:
        extends = {"service": "base", "file": "part/base.yaml"}
        env_file = ["0.env", "1.env", {"path": "no", "required": False}]
        return {
            "web": {"extends": extends, "env_file": env_file, **self.main},
            "db": {"image": "y"},
            "same": {"extends": "web"},
            "seldom": {"image": "z", "profiles": ["one", "two"]},
        }


parts = st.builds(
    Parts,
    service,
    service,
    service,
    marked,
    st.tuples(env_text, env_text),
    st.lists(st.sampled_from(["one", "two", "three"]), max_size=2, unique=True).map(tuple),
)


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


# Found once, a difference is small enough: to make it smaller takes minutes.
QUICK = settings(
    max_examples=4,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@QUICK
@given(projects=st.lists(files, min_size=BATCH, max_size=BATCH))
def test_random_projects_are_resolved_as_compose_does(
    resolver: Resolver, projects: list[list[dict[str, Any]]]
) -> None:
    hold(resolver, lambda base: [written(base / str(n), one) for n, one in enumerate(projects)])


@settings(QUICK, max_examples=20)
@given(projects=st.lists(parts, min_size=FEW, max_size=FEW))
def test_random_extends_includes_marks_and_env_files_are_resolved_as_compose_does(
    resolver: Resolver, projects: list[Parts]
) -> None:
    hold(resolver, lambda base: [one.write(base / str(n)) for n, one in enumerate(projects)])


def hold(resolver: Resolver, write: Callable[[Path], list[Case]]) -> None:
    """Hold ours to theirs, on every project that ``write`` makes."""
    with TemporaryDirectory() as folder:
        cases = write(Path(folder))
        for case, answer in zip(cases, resolver.resolve(cases), strict=True):
            said = verdict(ours(case), answer)
            beside = sorted(path for path in Path(case.dir).rglob("*") if path.is_file())
            texts = [f"{path.name}:\n{path.read_text()}" for path in beside]
            assert said == "", f"{said}\n" + "\n---\n".join(texts)
