"""A git host is asked of pull requests; what it does not say clearly closes none."""

from __future__ import annotations

import asyncio

import pytest

from devenv.daemon.githosts import KINDS, ask, host_of, read_state
from devenv.errors import DevenvError
from tests.fakes.githost import git_host

GITHUB, GITLAB = KINDS


@pytest.mark.parametrize(
    ("source", "environment", "address"),
    [
        (
            "https://github.com/me/shop",
            {"GITHUB_TOKEN": "t"},
            "https://api.github.com/repos/me/shop/pulls/7",
        ),
        (
            "https://git.example.com/me/shop",
            {
                "GH_TOKEN": "t",
                "GITHUB_SERVER_URL": "https://git.example.com",
                "GITHUB_API_URL": "https://git.example.com/api/v3",
            },
            "https://git.example.com/api/v3/repos/me/shop/pulls/7",
        ),
        (
            "https://gitlab.com/a/group/shop",
            {"GITLAB_TOKEN": "t"},
            "https://gitlab.com/api/v4/projects/a%2Fgroup%2Fshop/merge_requests/7",
        ),
        (
            "https://lab.example.com:2222/me/shop",
            {
                "GITLAB_TOKEN": "t",
                "CI_SERVER_URL": "https://lab.example.com",
                "CI_API_V4_URL": "https://lab.example.com/api/v4",
            },
            "https://lab.example.com/api/v4/projects/me%2Fshop/merge_requests/7",
        ),
        (
            "https://github.com/me/shop",
            {"GITHUB_TOKEN": "t", "GITHUB_SERVER_URL": "https://github.com/"},
            "https://api.github.com/repos/me/shop/pulls/7",
        ),
        (
            "https://gitlab.com/me/shop",
            {"GITLAB_TOKEN": "t", "CI_API_V4_URL": "https://gitlab.com/api/v4"},
            "https://gitlab.com/api/v4/projects/me%2Fshop/merge_requests/7",
        ),
    ],
)
def test_where_a_repository_is_asked_for(
    source: str, environment: dict[str, str], address: str
) -> None:
    host = host_of(source, environment)
    assert host.address(7) == address
    assert "headers" not in repr(host)


@pytest.mark.parametrize(
    ("source", "environment", "words"),
    [
        ("https://github.com/me/shop", {"GITLAB_TOKEN": "t"}, "without a token"),
        ("https://github.com.example.com/me/shop", {"GITHUB_TOKEN": "t"}, "nobody knows"),
        ("/srv/git/shop", {"GITHUB_TOKEN": "t"}, "nobody knows"),
    ],
)
def test_a_token_goes_only_where_its_own_variables_say(
    source: str, environment: dict[str, str], words: str
) -> None:
    with pytest.raises(DevenvError, match=words):
        host_of(source, environment)


@pytest.mark.parametrize(
    ("source", "environment", "missing"),
    [
        (
            "https://git.example.com/me/shop",
            {"GH_TOKEN": "t", "GITHUB_SERVER_URL": "https://git.example.com"},
            "GITHUB_API_URL",
        ),
        (
            "https://github.com/me/shop",
            {"GH_TOKEN": "t", "GITHUB_API_URL": "https://git.example.com/api/v3"},
            "GITHUB_SERVER_URL",
        ),
        (
            "https://lab.example.com/me/shop",
            {"GITLAB_TOKEN": "t", "CI_SERVER_URL": "https://lab.example.com"},
            "CI_API_V4_URL",
        ),
        (
            "https://gitlab.com/me/shop",
            {"GITLAB_TOKEN": "t", "CI_API_V4_URL": "https://lab.example.com/api/v4"},
            "CI_SERVER_URL",
        ),
    ],
)
def test_a_token_for_one_host_goes_to_no_other_whose_api_is_the_usual_one(
    source: str, environment: dict[str, str], missing: str
) -> None:
    with pytest.raises(DevenvError) as refused:
        host_of(source, environment)
    assert refused.value.hint == f"set {missing}"


@pytest.mark.parametrize(
    "answer", [None, [], {}, {"number": 8, "state": "closed"}, {"iid": 7, "state": "closed"}]
)
def test_an_answer_about_something_else_is_none(answer: object) -> None:
    said = read_state(GITHUB, 7, answer)
    assert (said.state, said.fault) == ("", "the host's answer makes no sense")
    assert read_state(GITLAB, 7, {"iid": 7, "state": "merged"}).state == "merged"


def test_only_what_the_host_calls_closed_is() -> None:
    with git_host() as host, git_host() as stranger:
        below = "/repos/me/shop/pulls"
        host.answers = {
            f"{below}/1": (200, '{"number": 1, "state": "closed"}'),
            f"{below}/2": (200, '{"number": 2, "state": "open"}'),
            f"{below}/3": (301, f"{stranger.address}{below}/3"),
            f"{below}/4": (500, '{"number": 4, "state": "closed"}'),
            f"{below}/5": (200, ""),
        }
        environment = {
            "GITHUB_SERVER_URL": host.address,
            "GITHUB_API_URL": host.address,
            "GITHUB_TOKEN": " hidden\n",
        }
        closed, untold = asyncio.run(
            ask(host_of("https://127.0.0.1/me/shop", environment), (1, 2, 3, 4, 5, 6))
        )
        assert closed == {1}
        assert {token for _, token in host.seen} == {"Bearer hidden"}
        assert stranger.seen == []
    assert [line.split()[3] for line in untold] == ["3", "4", "5", "6"]
    assert "hidden" not in "".join(untold)


def test_a_host_that_is_away_closes_nothing() -> None:
    with git_host() as host:
        environment = {"CI_SERVER_URL": host.address, "CI_API_V4_URL": host.address}
    known = host_of("https://127.0.0.1/me/shop", {**environment, "GITLAB_TOKEN": "hidden"})
    closed, (untold,) = asyncio.run(ask(known, (1,)))
    assert closed == frozenset()
    assert "does not answer" in untold
    assert "hidden" not in untold
