"""What a git host says of pull requests, by its API: which of them are closed, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined] # nobody has typed it

from devenv.errors import DevenvError
from devenv.model.preview import CLOSED

if TYPE_CHECKING:  # loaded when the first host is asked
    import aiohttp

WITHIN = 20.0
AT_ONCE = 8
"""Requests under way: hosts hold back whoever asks for more."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of host: the variables that say where it is and who asks, and how it is asked.

    ``server`` and ``api``: the variable that its own CI sets, and what counts without it.
    """

    server: tuple[str, str]
    api: tuple[str, str]
    tokens: tuple[str, ...]
    path: str
    number: str
    header: str
    scheme: str = ""
    quoted: bool = False


KINDS = (
    Kind(
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_API_URL", "https://api.github.com"),
        ("GH_TOKEN", "GITHUB_TOKEN"),
        "repos/{repository}/pulls/{number}",
        "number",
        "Authorization",
        "Bearer ",
    ),
    Kind(
        ("CI_SERVER_URL", "https://gitlab.com"),
        ("CI_API_V4_URL", "https://gitlab.com/api/v4"),
        ("GITLAB_TOKEN",),
        "projects/{repository}/merge_requests/{number}",
        "iid",
        "PRIVATE-TOKEN",
        quoted=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Said:
    """The state of a pull request in the host's words; or why that is not known."""

    state: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Host:
    """Where a repository's pull requests are asked for, through which ``proxy`` if any.

    ``headers`` are a secret, and there may be one in ``proxy``.
    """

    kind: Kind
    api: str
    repository: str
    headers: Mapping[str, str] = field(repr=False)
    proxy: str = field(repr=False)

    def address(self, number: int) -> str:
        return f"{self.api}/{self.kind.path.format(repository=self.repository, number=number)}"


def host_of(source: str, environment: Mapping[str, str]) -> Host:
    """The host of a repository. DevenvError: it is none that we know, or nobody is to ask it.

    A token is sent to where its own variables say, never to where an origin leads.
    """
    at = urlsplit(source)
    for kind in KINDS:
        server, api = (_said(one, environment) for one in (kind.server, kind.api))
        if at.hostname and at.hostname == urlsplit(server).hostname:
            _require_pair(kind, server, api)
            tokens = (environment.get(one, "").strip() for one in kind.tokens)
            token = next(filter(None, tokens), "")
            if not token:
                raise DevenvError(f"{at.hostname} is not asked without a token", _set(kind.tokens))
            path = at.path.strip("/")
            repository = quote(path, safe="" if kind.quoted else "/")
            headers = {kind.header: f"{kind.scheme}{token}"}
            return Host(kind, api, repository, headers, _proxy(api, environment))
    known = ", ".join(kind.server[0] for kind in KINDS)
    raise DevenvError(f"nobody knows how to ask the host of {source}", f"it is told by {known}")


def _said(variable: tuple[str, str], environment: Mapping[str, str]) -> str:
    name, usual = variable
    return (environment.get(name) or usual).rstrip("/")


def _require_pair(kind: Kind, server: str, api: str) -> None:
    """Refuse the usual one beside another that is not: the token would go to a stranger."""
    usual = (server == kind.server[1], api == kind.api[1])
    if any(usual) and not all(usual):
        missing = (kind.server, kind.api)[usual.index(True)][0]
        raise DevenvError(
            f"the API of {server} is not known: {api} is another host's", f"set {missing}"
        )


def _proxy(address: str, environment: Mapping[str, str]) -> str:
    """What an address is reached through, as curl and git read the environment; "" for nothing."""
    at = urlsplit(address)
    proxy, around = (
        environment.get(name, environment.get(name.upper(), "")).strip()
        for name in (f"{at.scheme}_proxy", "no_proxy")
    )
    if not proxy or proxy_bypass_environment(at.netloc, {"no": around}):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _set(tokens: Iterable[str]) -> str:
    return f"set {' or '.join(tokens)}"


async def ask(host: Host, numbers: Collection[int]) -> tuple[frozenset[int], list[str]]:
    """Which of these are closed, by the host's own word; and of which it does not tell, and why."""
    import aiohttp

    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=AT_ONCE),
        timeout=aiohttp.ClientTimeout(WITHIN),
        headers=host.headers,
    ) as session:
        said = await asyncio.gather(*(_state(session, host, one) for one in numbers))
    answers = dict(zip(numbers, said, strict=True))
    closed = frozenset(one for one, said in answers.items() if said.state in CLOSED)
    untold = [
        f"Whether pull request {one} is closed is not known: {said.fault}"
        for one, said in sorted(answers.items())
        if said.fault
    ]
    return closed, untold


async def _state(session: aiohttp.ClientSession, host: Host, number: int) -> Said:
    import aiohttp

    try:
        # Another address may be another host, which is not to have the token.
        async with session.get(
            host.address(number), proxy=host.proxy or None, allow_redirects=False
        ) as answer:
            if answer.status != 200:
                return Said(fault=f"the host answers {answer.status}")
            return read_state(host.kind, number, await answer.json(content_type=None))
    except aiohttp.ClientHttpProxyError as error:  # its text may have a secret, as the next one's
        return Said(fault=f"the proxy answers {error.status}")
    except aiohttp.InvalidURL:
        return Said(fault="the address of the host, or of its proxy, makes no sense")
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        return Said(fault=f"the host does not answer: {error or type(error).__name__}")


def read_state(kind: Kind, number: int, answer: object) -> Said:
    """What an answer says of a pull request."""
    if not isinstance(answer, dict) or answer.get(kind.number) != number:
        return Said(fault="the host's answer makes no sense")
    return Said(str(answer.get("state") or "").lower())
