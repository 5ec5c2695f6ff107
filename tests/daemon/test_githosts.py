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


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({}, ""),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "http://proxy:3128"),
        ({"https_proxy": "proxy:3128"}, "http://proxy:3128"),
        ({"https_proxy": "http://one", "HTTPS_PROXY": "http://two"}, "http://one"),
        ({"https_proxy": "", "HTTPS_PROXY": "http://two"}, ""),
        ({"HTTP_PROXY": "http://proxy"}, ""),
        ({"HTTPS_PROXY": "http://proxy", "NO_PROXY": "*"}, ""),
        ({"HTTPS_PROXY": "http://proxy", "NO_PROXY": "x.com, .github.com"}, ""),
        ({"HTTPS_PROXY": "http://proxy", "no_proxy": "api.github.com:443,hub.com"}, "http://proxy"),
    ],
)
def test_a_host_is_asked_through_the_proxy_of_whoever_asks(
    environment: dict[str, str], proxy: str
) -> None:
    host = host_of("https://github.com/me/shop", {"GITHUB_TOKEN": "t", **environment})
    assert host.proxy == proxy
    assert "proxy" not in repr(host)


@pytest.mark.parametrize(("around", "asked"), [("", "proxy"), ("127.0.0.1", "host")])
def test_a_proxy_is_asked_for_the_host_but_for_those_that_need_none(
    around: str, asked: str
) -> None:
    with git_host() as host, git_host() as proxy:
        path = "/repos/me/shop/pulls/1"
        host.answers = {path: (200, '{"number": 1, "state": "closed"}')}
        proxy.answers = {f"{host.address}{path}": host.answers[path]}
        environment = {
            "GITHUB_SERVER_URL": host.address,
            "GITHUB_API_URL": host.address,
            "GITHUB_TOKEN": "hidden",
            "http_proxy": f"me:hidden@127.0.0.1:{proxy.port}",
            "no_proxy": around,
        }
        known = host_of("https://127.0.0.1/me/shop", environment)
        closed, untold = asyncio.run(ask(known, (1,)))
        assert (closed, untold) == (frozenset({1}), [])
        assert [bool(host.seen), bool(proxy.seen)] == [asked == "host", asked == "proxy"]


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("me:hidden@127.0.0.1:{}", "the proxy answers 404"),
        ("me:hidden@127.0.0.1:1", "does not answer"),
        ("me:hidden@127.0.0.1:1{}", "the address of the host, or of its proxy, makes no sense"),
        ("x://:hidden@", "makes no sense"),
    ],
)
def test_a_proxy_that_refuses_closes_nothing_and_gets_no_token(proxy: str, said: str) -> None:
    with git_host() as refusing:
        environment = {"GITHUB_TOKEN": "hidden", "HTTPS_PROXY": proxy.format(refusing.port)}
        known = host_of("https://github.com/me/shop", environment)
        closed, (untold,) = asyncio.run(ask(known, (1,)))
    assert closed == frozenset()
    assert said in untold
    assert "hidden" not in untold
    assert set(refusing.seen) <= {("api.github.com:443", "")}


def test_a_host_that_is_away_closes_nothing() -> None:
    with git_host() as host:
        environment = {"CI_SERVER_URL": host.address, "CI_API_V4_URL": host.address}
    known = host_of("https://127.0.0.1/me/shop", {**environment, "GITLAB_TOKEN": "hidden"})
    closed, (untold,) = asyncio.run(ask(known, (1,)))
    assert closed == frozenset()
    assert "does not answer" in untold
    assert "hidden" not in untold
