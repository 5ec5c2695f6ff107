"""``devenv logs``: what services write, read straight from the segments that the keeper fills."""

from __future__ import annotations

import os
import time

from devenv.cli.layout import PALETTE
from devenv.cli.render import stdout_style
from devenv.logs.follow import Follower
from devenv.logs.merge import joined_blocks, merged_blocks
from devenv.logs.read import Query
from devenv.logs.sanitise import prefixed, sanitise
from devenv.logs.source import Source

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from devenv.cli.arguments import Arguments
    from devenv.cli.layout import Style
    from devenv.cli.result import Output
    from devenv.cli.session import Session
    from devenv.logs.assemble import Block

_SHORTEST_PAUSE = 0.01
_LONGEST_PAUSE = 0.25
_LOOK_FOR_NEW = 2.0
"""Seconds after which a follower looks for replicas that have come meanwhile."""


def run(arguments: Arguments, session: Session) -> Output:
    _make_room()
    query = _query(arguments)
    sources = sources_of(session, arguments.services)
    writer = Writer(arguments, stdout_style(), sources)
    if arguments.follow:
        yield from _follow(session, sources, query, writer)
    times = arguments.timestamps or arguments.json
    log = (merged_blocks if times else joined_blocks)(sources, query)
    for source, block in log:
        yield writer.text(source, block)
    return 0


def _make_room() -> None:
    """Each log takes two descriptors, and the usual limit of 1024 is for select(2) alone."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def sources_of(session: Session, services: list[str]) -> list[Source]:
    """The logs of these services, of all where none is named; each holds an open descriptor."""
    params = {"target": session.target(), "services": services or None}
    answer, descriptors = session.client.call_for_descriptors("logs", params)
    folders = answer["folders"]
    return [
        Source(folder["service"], descriptor, folder["index"])
        for folder, descriptor in zip(folders, descriptors, strict=True)
    ]


def _query(arguments: Arguments) -> Query:
    from devenv.logs.when import parse_time

    now = time.time_ns()
    keep = None
    if arguments.grep is not None:
        from devenv.logs.match import select

        keep = select(arguments.grep)
    return Query(
        since=None if arguments.since is None else parse_time(arguments.since, now),
        until=None if arguments.until is None else parse_time(arguments.until, now),
        last=arguments.tail,
        keep=keep,
    )


def _follow(
    session: Session, sources: list[Source], query: Query, writer: Writer
) -> Iterator[bytes]:
    follower = Follower(sources, query)
    for source, block in follower.history():
        yield writer.text(source, block)
    pause = _SHORTEST_PAUSE
    look_at = time.monotonic() + _LOOK_FOR_NEW
    while True:
        news = follower.poll()
        if news:
            yield b"".join(writer.text(source, block) for source, block in news)
        if time.monotonic() >= look_at:
            sources += _new_sources(session, follower, sources)
            look_at = time.monotonic() + _LOOK_FOR_NEW
        if not follower.behind:
            pause = _SHORTEST_PAUSE if news else min(1.5 * pause, _LONGEST_PAUSE)
            time.sleep(pause)


def _new_sources(session: Session, follower: Follower, known: list[Source]) -> list[Source]:
    names = {source.name for source in known}
    found = []
    for source in sources_of(session, session.arguments.services):
        if source.name in names:
            os.close(int(source.folder))
        else:
            follower.add(source)
            found.append(source)
    return found


class Writer:
    """Turns blocks of lines into bytes for stdout, as the options want them."""

    def __init__(self, arguments: Arguments, style: Style, sources: Iterable[Source]) -> None:
        self._json: bool = arguments.json
        self._raw: bool = arguments.raw
        self._times: bool = arguments.timestamps
        self._prefix: bool = not arguments.no_prefix
        self._style = style
        self._width = max((len(source.name) for source in sources), default=0)
        self._prefixes: dict[str, str] = {}

    def text(self, source: Source, block: Block) -> bytes:
        if self._json:
            return _as_json(source, block)
        prefix = self._prefix_of(source) if self._prefix else ""
        if self._times:
            from devenv.logs.when import rfc3339

            prefix += f"{rfc3339(block[0])} "
        data = block[2]
        if self._raw:
            start = prefix.encode()
            return start + data[:-1].replace(b"\n", b"\n" + start) + b"\n" if start else data
        text = sanitise(data, colours=self._style.colour)
        return prefixed(prefix, text).encode("utf-8", "replace")

    def _prefix_of(self, source: Source) -> str:
        name = source.name
        if name not in self._prefixes:
            colour = PALETTE[len(self._prefixes) % len(PALETTE)]
            self._prefixes[name] = self._style.paint(f"{name.ljust(self._width)} | ", colour)
        return self._prefixes[name]


def _as_json(source: Source, block: Block) -> bytes:
    from devenv.logs.assemble import split
    from devenv.logs.match import as_json

    return "".join(as_json(source, line) + "\n" for line in split(block)).encode()
