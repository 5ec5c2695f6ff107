"""How images are had, as values: the words of a build, the hash of its inputs, pull policies."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from devenv.errors import DevenvError
from devenv.runtimes.docker.building import Job, arguments, classic_arguments
from devenv.runtimes.docker.inputs import fingerprint
from devenv.runtimes.docker.policies import policy_of
from devenv.runtimes.docker.publishing import content
from devenv.runtimes.docker.pulling import Progress
from devenv.runtimes.protocol import Client

HERE = Client("/")


def words(definition: dict[str, Any], **more: Any) -> str:
    return " ".join(arguments(Job("shop-web", definition, HERE, **more)))


def test_a_build_is_asked_for_in_words() -> None:
    written = {
        "context": "/src",
        "dockerfile": "docker/Dockerfile",
        "target": "dev",
        "args": {"TOKEN": "hidden"},
        "cache_from": ["type=local,src=/c"],
        "ssh": ["default"],
        "ulimits": {"nofile": {"soft": 10, "hard": 20}, "nproc": 5},
    }
    asked = words(written, inputs="0f")
    assert asked == (
        "buildx build --load --progress plain --tag shop-web --file /src/docker/Dockerfile"
        " --label dev.devenv.inputs=0f --target dev --build-arg TOKEN"
        " --cache-from type=local,src=/c --ssh default --ulimit nofile=10:20 --ulimit nproc=5 /src"
    )


def test_a_service_to_build_on_is_its_image() -> None:
    written = {"additional_contexts": {"base": "service:base", "lib": "/lib"}}
    asked = words(written, images={"base": "shop-base"})
    assert "--build-context base=docker-image://shop-base --build-context lib=/lib" in asked


def test_secrets_are_named_and_never_said() -> None:
    written = {"secrets": [{"source": "file"}, {"source": "word", "target": "other"}]}
    secrets = {"file": {"file": "/f"}, "word": {"environment": "WORD"}}
    asked = words(written, secrets=secrets, values={"WORD": "hidden"})
    assert "--secret id=file,src=/f --secret id=other,env=WORD" in asked
    assert "hidden" not in asked


def test_what_only_buildkit_can_is_refused_without_it() -> None:
    with pytest.raises(DevenvError, match="secrets, ssh needs BuildKit"):
        classic_arguments(Job("web", {"ssh": ["default"], "secrets": [{"source": "s"}]}, HERE))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM x")
    (tmp_path / "kept").write_text("1")
    (tmp_path / "left").write_text("1")
    (tmp_path / ".dockerignore").write_text("# those\nleft\n")
    return tmp_path


def test_inputs_are_all_that_a_build_reads(source: Path) -> None:
    definition = {"context": str(source), "dockerfile": "Dockerfile", "args": {"A": "1"}}
    before = fingerprint(definition, {})
    assert before == fingerprint({**definition, "no_cache": True}, {})
    (source / "left").write_text("2")
    assert fingerprint(definition, {}) == before
    seen = {before}
    seen.add(fingerprint({**definition, "args": {"A": "2"}}, {}))
    seen.add(fingerprint(definition, {"base": "sha256:1"}))
    os.chmod(source / "kept", 0o755)
    seen.add(fingerprint(definition, {}))
    (source / "kept").write_text("2")
    seen.add(fingerprint(definition, {}))
    (source / "Dockerfile").write_text("FROM y")
    seen.add(fingerprint(definition, {}))
    (source / "new").symlink_to("kept")
    seen.add(fingerprint(definition, {}))
    assert len(seen) == 7


def test_the_hash_of_an_image_is_the_same_wherever_its_files_lie(tmp_path: Path) -> None:
    found = set()
    for place in ("here", "there"):
        for name, text in (("base", "FROM lab/base"), ("app", "FROM base")):
            folder = tmp_path / place / name
            folder.mkdir(parents=True)
            (folder / "Dockerfile").write_text(text)
        builds: dict[str, dict[str, Any]] = {
            "base": {"build": {"context": str(tmp_path / place / "base")}},
            "app": {
                "build": {
                    "context": str(tmp_path / place / "app"),
                    "additional_contexts": {"base": "service:base"},
                }
            },
        }
        found.add((content("app", builds), content("base", builds)))
    assert len(found) == 1
    (tmp_path / "there" / "base" / "Dockerfile").write_text("FROM lab/busybox")
    found.add((content("app", builds), content("base", builds)))
    assert len({app for app, _ in found}) == 2
    assert len({base for _, base in found}) == 2
    assert content("app", {**builds, "base": {"build": {"context": "https://x/y"}}}) == ""


def test_a_dockerfile_that_is_ignored_still_counts(source: Path) -> None:
    (source / ".dockerignore").write_text("*\n")
    definition = {"context": str(source), "dockerfile": "Dockerfile"}
    before = fingerprint(definition, {})
    (source / "Dockerfile").write_text("FROM y")
    assert fingerprint(definition, {}) != before


def test_what_git_keeps_counts_only_where_that_is_said(source: Path) -> None:
    definition = {"context": str(source), "dockerfile": "Dockerfile"}
    before = fingerprint(definition, {})
    (source / ".git").mkdir()
    (source / ".git" / "index").write_text("1")
    assert fingerprint(definition, {}) == before
    (source / ".dockerignore").write_text("left\n!.git\n")
    named = fingerprint(definition, {})
    (source / ".git" / "index").write_text("2")
    assert fingerprint(definition, {}) != named


def test_a_context_elsewhere_is_never_known_to_be_current() -> None:
    assert fingerprint({"context": "https://example.org/shop.git"}, {}) == ""
    assert fingerprint({"context": "/nowhere/at/all"}, {}) == ""


@pytest.mark.parametrize(
    ("policy", "hours", "due"),
    [
        ("missing", 1000, False),
        ("if_not_present", 1000, False),
        ("never", 1000, False),
        ("always", 0, True),
        ("build", 0, True),
        ("daily", 23, False),
        ("daily", 25, True),
        ("weekly", 160, False),
        ("weekly", 170, True),
        ("every_12h", 11, False),
        ("every_12h", 13, True),
        ("every_1d6h", 29, False),
        ("every_1d6h", 31, True),
    ],
)
def test_an_image_is_had_anew_when_its_policy_says_so(policy: str, hours: int, due: bool) -> None:
    image = {"Metadata": {"LastTagTime": "2026-01-01T00:00:00Z"}}
    now = 1767225600.0 + hours * 3600
    assert policy_of({"pull_policy": policy}).is_due(image, now) is due


@pytest.mark.parametrize("policy", ["sometimes", "every_", "every_x", "every_1h2", "every_12"])
def test_a_policy_that_does_not_exist_is_refused(policy: str) -> None:
    with pytest.raises(DevenvError, match=f"no pull_policy {policy}"):
        policy_of({"pull_policy": policy})


def test_a_pull_tells_its_layers_and_bytes() -> None:
    progress = Progress("pulls", "shop")

    def take(layer: str, status: str, current: int = 0) -> str:
        detail = {"current": current, "total": 2_000_000} if current else {}
        return progress.take({"id": layer, "status": status, "progressDetail": detail})

    assert take("latest", "Pulling from shop") == ""
    assert take("a", "Already exists") == "pulls shop: 1 of 1 layers"
    assert take("b", "Downloading", 200_000) == "pulls shop: 1 of 2 layers, 10 % of 2 MB"
    assert take("b", "Downloading", 210_000) == ""
    assert take("b", "Download complete") == "pulls shop: 1 of 2 layers, 100 % of 2 MB"
    assert take("b", "Pull complete") == "pulls shop: 2 of 2 layers, 100 % of 2 MB"
