from __future__ import annotations

from collections.abc import Sequence

import pytest

from devenv.sync.ignore import (
    HOME,
    PASSING,
    DockerPatterns,
    Filter,
    GitPatterns,
    HomePatterns,
    Layer,
)


def docker(lines: Sequence[str], *, include: Sequence[str] = ()) -> Filter:
    home, passing = Layer(HOME, HomePatterns()), Layer("built in", DockerPatterns(PASSING))
    return Filter([home, passing, Layer("ignore", DockerPatterns(lines))], include)


def git(lines: Sequence[str]) -> Filter:
    return Filter([Layer("ignore", GitPatterns(lines))])


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("node_modules", "node_modules/a/b.js"),
        ("node_modules/", "node_modules"),
        ("/build", "build/x"),
        ("*.pyc", "a.pyc"),
        ("**/*.pyc", "a/b/c.pyc"),
        ("**/*.pyc", "c.pyc"),
        ("a/**", "a/b/c"),
        ("a/**/z", "a/z"),
        ("a/**/z", "a/b/c/z"),
        ("a?c", "abc"),
        ("[ab].txt", "b.txt"),
        ("[!ab].txt", "c.txt"),
        (r"a\*b", "a*b"),
        ("./x/../y", "y"),
    ],
)
def test_dockerignore_matches_as_docker_does(pattern: str, path: str) -> None:
    assert not docker([pattern]).verdict(path).taken


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.pyc", "a/b.pyc"),
        ("node_modules", "web/node_modules/x"),
        ("a?c", "a/c"),
        ("build", "builder"),
        ("# build", "build"),
        ("a/*", "a"),
    ],
)
def test_dockerignore_is_anchored_and_stays_within_a_name(pattern: str, path: str) -> None:
    assert docker([pattern]).verdict(path).taken


def test_the_last_pattern_that_matches_decides() -> None:
    rule = docker(["*.md", "!README.md", "README*"])
    assert not rule.verdict("README.md").taken
    assert docker(["*.md", "!README.md"]).verdict("README.md").taken


def test_a_folder_with_something_to_return_from_is_looked_into() -> None:
    assert not docker(["vendor", "!vendor/keep"]).prunes("vendor")
    assert docker(["vendor"]).prunes("vendor")


def test_gitignore_matches_at_any_depth() -> None:
    rule = git(["*.log", "build/", "!keep.log"])
    assert not rule.verdict("a/b/x.log").taken
    assert not rule.verdict("a/build", folder=True).taken
    assert rule.verdict("a/build").taken
    assert rule.verdict("keep.log").taken


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".env",
        ".env.local",
        "deploy/.env.production",
        ".env-prod",
        ".envrc",
        "tls/server.key",
        "tls/store.jks",
        "id_rsa",
        ".npmrc",
        ".git-credentials",
        ".kube/config",
        ".gnupg/private-keys-v1.d/a",
        ".docker/config.json",
    ],
)
def test_secrets_and_git_stay_at_home(path: str) -> None:
    verdict = docker([]).verdict(path)
    assert not verdict.taken
    assert verdict.because.startswith(HOME)


def test_an_example_of_an_env_file_is_no_secret() -> None:
    assert docker([]).verdict(".env.example").taken


@pytest.mark.parametrize("path", [".gitignore", ".docker/nginx.conf", "env.py", "a.env", "keys.py"])
def test_what_is_only_called_like_a_secret_is_taken(path: str) -> None:
    assert docker([]).verdict(path).taken


def test_a_rule_may_name_what_else_stays_at_home() -> None:
    assert docker([], include=[".env"]).verdict(".env").taken
    assert docker(["!.env"]).verdict(".env").taken
    assert not docker([], include=["**/*"]).verdict(".env").taken


def test_gits_folder_is_never_looked_into_for_a_pattern_that_means_something_else() -> None:
    assert docker(["**/*.txt", "!**/keep.txt"]).prunes(".git")


def test_only_what_is_included_is_taken() -> None:
    rule = docker([], include=["*.py", "static"])
    assert rule.verdict("a.py").taken
    assert rule.verdict("static/x.css").taken
    assert not rule.verdict("a.js").taken


@pytest.mark.parametrize("path", ["a.py~", ".#a.py", ".a.py.swp", "4913", ".idea/x", "b/4913"])
def test_what_editors_leave_for_a_moment_is_not_taken(path: str) -> None:
    assert not docker([]).verdict(path).taken


def test_the_verdict_names_its_pattern() -> None:
    assert docker(["dist"]).verdict("dist/a").because == "ignore: dist"
