"""What a service depends on and who needs it, as trees: each as often as there is a way to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from devenv.tui.told import Link

Graph = Mapping[str, Sequence[Link]]
"""What each service depends on."""
Branch = tuple[int, str, str]
"""How deep it is in a tree, the service, and the condition in words."""

MOST = 200
"""Branches: a graph of a few services can have very many ways through it."""


def needs(service: str, graph: Graph) -> tuple[Branch, ...]:
    """What it depends on, and what that depends on."""
    ends = {
        name: [(link.service, f"until it {_in_words(link)}") for link in links]
        for name, links in graph.items()
    }
    return _tree(service, ends)


def needed_by(service: str, graph: Graph) -> tuple[Branch, ...]:
    """Who depends on it, and who on these; the condition is what they wait for."""
    ends: dict[str, list[tuple[str, str]]] = {}
    for name, links in graph.items():
        for link in links:
            ends.setdefault(link.service, []).append((name, f"waits until it {_in_words(link)}"))
    return _tree(service, ends)


def stems(depths: Sequence[int]) -> tuple[str, ...]:
    """What a drawn tree has ahead of each branch, given how deep they are; nothing at its roots."""

    def goes_on(number: int, depth: int) -> bool:
        return next((one for one in depths[number + 1 :] if one <= depth), -1) == depth

    return tuple(
        "".join("│  " if goes_on(number, level) else "   " for level in range(1, depth))
        + ("├─ " if goes_on(number, depth) else "└─ ") * (depth > 0)
        for number, depth in enumerate(depths)
    )


def _tree(service: str, ends: Mapping[str, Sequence[tuple[str, str]]]) -> tuple[Branch, ...]:
    def grown(name: str, above: tuple[str, ...]) -> Iterator[Branch]:
        for end, condition in ends.get(name, ()):
            if end not in above:
                yield len(above) - 1, end, condition
                yield from grown(end, (*above, end))

    return tuple(branch for branch, _ in zip(grown(service, (service,)), range(MOST), strict=False))


def _in_words(link: Link) -> str:
    return _CONDITIONS.get(link.condition, link.condition)


_CONDITIONS = {
    "service_started": "has started",
    "service_healthy": "is ready",
    "service_completed_successfully": "is done",
}
