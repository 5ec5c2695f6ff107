"""Whatever the bytes: a profile, or our own errors, soon."""

from __future__ import annotations

import contextlib
import json
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devenv.errors import DevenvError
from devenv.profile import procfile
from devenv.profile.dotenv import EnvFile
from devenv.profile.dotenv import parse as parse_env
from devenv.profile.load import Request, load
from devenv.profile.problems import Problems
from devenv.profile.references import Given, resolve, shown_url

KEYS = [
    "services",
    "tasks",
    "include",
    "name",
    "web",
    "db",
    "command",
    "environment",
    "env_file",
    "ports",
    "depends_on",
    "ready",
    "healthcheck",
    "http",
    "tcp",
    "log",
    "exec",
    "file",
    "test",
    "interval",
    "condition",
    "restart",
    "scale",
    "deploy",
    "replicas",
    "uses",
    "process",
    "image",
    "build",
    "url",
    "labels",
    "profiles",
    "working_dir",
    "x-a",
    "<<",
    "1",
    "~",
]
WORDS = [
    *KEYS, "auto", "web: auto", "80:80", "1-9", "10s", "A=1", "${A}", "${A:?}", "${A:-$B}", "${",
    "${{ self.port }}", "${{ services.web.url }}", "${{ services.db.env.A }}", "$${{", "${{",
    "./other.yaml#a", "postgres@16", "on-failure:3", "[", "\"", "'", "service_healthy", "é", "\t",
]  # fmt: skip
LEAVES = st.one_of(
    st.sampled_from(WORDS), st.none(), st.booleans(), st.integers(-1, 70000), st.text(max_size=8)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=30,
)
SERVICES = st.dictionaries(
    st.sampled_from(["web", "db", "bad name"]),
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8) | VALUES,
    max_size=3,
)
PIECES = st.lists(
    st.sampled_from([*WORDS, ": ", "- ", "\n", "  ", "\n  ", "{", "}", "]", ",", "&a ", "*a", "!x ",
                     "|\n", "---\n", "#", "\0", "? "]),
    max_size=60,
)  # fmt: skip
QUICK = settings(max_examples=150, suppress_health_check=list(HealthCheck))


def check(content: bytes) -> None:
    """Load it, and where that succeeds, resolve it too."""
    files = {"/r/devenv.profile.yaml": content, "/r/other.yaml": content, "/r/e": content}
    given_ = Given({}, lambda _: "secret", lambda _: "/data")
    started = time.monotonic()
    with contextlib.suppress(DevenvError):
        loaded = load(Request("/r", environment={"A": "1"}), files.get)
        for service in loaded.environment.services.values():
            with contextlib.suppress(DevenvError):
                resolve(loaded.environment, service, 0, given_)
            with contextlib.suppress(DevenvError):
                shown_url(loaded.environment, service, 0, given_)
    assert time.monotonic() - started < 2


@QUICK
@given(st.binary(max_size=400))
def test_any_bytes(content: bytes) -> None:
    check(content)


@QUICK
@given(PIECES.map("".join))
def test_any_pieces_of_yaml(text: str) -> None:
    check(text.encode())


@QUICK
@given(
    st.dictionaries(
        st.sampled_from(["services", "tasks", "include"]), SERVICES | VALUES, max_size=3
    )
)
def test_any_tree_that_looks_like_a_profile(tree: dict[str, object]) -> None:
    check(json.dumps(tree, ensure_ascii=False).encode("utf-8", "replace"))


@QUICK
@given(st.binary(max_size=200) | PIECES.map(lambda pieces: "".join(pieces).encode()), st.booleans())
def test_any_env_file_and_any_procfile(content: bytes, raw: bool) -> None:
    with contextlib.suppress(DevenvError):
        parse_env(EnvFile(content, ".env", raw), {"A": "1"}.get)
    procfile.parse(content, "Procfile", Problems())


def test_the_largest_profile_is_quick() -> None:
    services = "".join(
        f"  s{n}: {{command: [run, a, b], environment: {{A: $A, B: '${{{{ self.port }}}}'}}, "
        "ports: ['web: auto'], ready: {http: /}}\n"
        for n in range(2000)
    )
    started = time.monotonic()
    loaded = load(
        Request("/r", environment={"A": "1"}),
        {"/r/devenv.profile.yaml": f"services:\n{services}".encode()}.get,
    )
    assert len(loaded.environment.services) == 2000
    assert time.monotonic() - started < 20
