"""How the last start-up went: bars on one scale, and the chain that made it as long as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devenv.api.wording import duration
from devenv.tui.table import Cell, Column, Laid, Line, Row, laid
from devenv.tui.told import Event, Link

_RESTING = frozenset({"stopped", "skipped", "done", "failed", "scheduled"})
_ARRIVED = frozenset({"ready", "done", "failed"})
_BEGINS = frozenset({"waiting", "starting"})
_INKS = {"waiting": ("░", "dim"), "starting": ("▒", "busy"), "running": ("▓", "busy")}
_LEAST_BAR = 20


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in one state; seconds since the epoch."""

    state: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Bar:
    """``arrived``: when it was ready, done or failed first; None: not yet."""

    service: str
    spans: tuple[Span, ...]
    arrived: float | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Startup:
    """``chain``: the services whose times add up to the whole, the first one first."""

    begin: float = 0.0
    end: float = 0.0
    bars: tuple[Bar, ...] = ()
    chain: tuple[str, ...] = ()
    later: tuple[Event, ...] = ()


def startup(events: Sequence[Event], graph: Mapping[str, Sequence[Link]], now: float) -> Startup:
    """The last time that something began while nothing was on its way or running.

    It ends when all has arrived that had begun by then: what is run later is another story.
    """
    first = _beginning(events)
    if first is None:
        return Startup(later=tuple(events))
    last = first + _ending(events[first:])
    own, rest = events[first:last], events[last:]
    bars = _bars(own, now)
    if not bars:
        return Startup(later=tuple(events))
    ends = [bar.arrived if bar.arrived is not None else now for bar in bars]
    arrivals = {bar.service: bar.arrived for bar in bars if bar.arrived is not None}
    begin, end = own[0].at, max(ends)
    beside = (e for e in own if not e.is_state or e.at > arrivals.get(_name(e), now))
    return Startup(begin, end, bars, _chain(arrivals, graph), (*beside, *rest))


def _beginning(events: Sequence[Event]) -> int | None:
    states: dict[str, str] = {}
    found = None
    for number, event in enumerate(events):
        if event.kind in _BEGINS and all(state in _RESTING for state in states.values()):
            found = number
        if event.is_state:
            states[event.service] = event.kind
    return found


def _ending(events: Sequence[Event]) -> int:
    """How many of the events it takes until all that have begun have arrived once."""
    begun, arrived = set(), set()
    for number, event in enumerate(events, 1):
        if event.is_state:
            begun.add(_name(event))
        if event.kind in _ARRIVED | _RESTING:
            arrived.add(_name(event))
        is_round_over = number == len(events) or events[number].at > event.at
        if is_round_over and begun == arrived:
            return number
    return len(events)


def _bars(events: Sequence[Event], now: float) -> tuple[Bar, ...]:
    by_service: dict[str, list[Event]] = {}
    for event in events:
        if event.is_state:
            by_service.setdefault(_name(event), []).append(event)
    return tuple(bar for name, own in by_service.items() if (bar := _bar(name, own, now)).spans)


def _bar(name: str, events: Sequence[Event], now: float) -> Bar:
    """Up to its arrival; what came later is another story."""
    spans: list[Span] = []
    for event, after in zip(events, [*events[1:], None], strict=True):
        if event.kind in _ARRIVED:
            return Bar(name, tuple(spans), event.at, event.kind)
        spans.append(Span(event.kind, event.at, after.at if after else now))
    return Bar(name, tuple(spans))


def _chain(arrivals: Mapping[str, float], graph: Mapping[str, Sequence[Link]]) -> tuple[str, ...]:
    """From what arrived last back to what it waited for longest."""
    if not arrivals:
        return ()
    chain = [max(arrivals, key=lambda name: arrivals[name])]
    while True:
        before = [
            link.service
            for link in graph.get(chain[-1], ())
            if link.service in arrivals and link.service not in chain
        ]
        if not before:
            return tuple(reversed(chain))
        chain.append(max(before, key=lambda name: arrivals[name]))


def _name(event: Event) -> str:
    return event.service.partition("[")[0]


def waterfall(shown: Startup, width: int) -> Laid:
    """A row for each service, those of the critical chain marked."""
    names = max((len(bar.service) for bar in shown.bars), default=0)
    room = max(width - names - 2 - 12 - 12, _LEAST_BAR)
    columns = (
        Column("SERVICE"),
        Column("", least=1),
        Column("TOOK", right=True),
        Column("", rank=1),
    )
    rows = [
        Row(
            bar.service,
            (
                Cell(
                    f"{'◆' if bar.service in shown.chain else ' '} {bar.service}", _role(bar, shown)
                ),
                Cell(_ink(bar, shown, room), "busy" if bar.service in shown.chain else "history"),
                Cell(duration(bar.arrived - shown.begin) if bar.arrived else "…"),
                Cell(
                    bar.outcome or bar.spans[-1].state, "bad" if bar.outcome == "failed" else "dim"
                ),
            ),
        )
        for bar in shown.bars
    ]
    return laid(columns, rows, width)


def _role(bar: Bar, shown: Startup) -> str:
    return "strong" if bar.service in shown.chain else "plain"


def _ink(bar: Bar, shown: Startup, room: int) -> str:
    """The bar as text: where it is on the scale, drawn by state."""
    whole = max(shown.end - shown.begin, 1e-6)
    text = [" "] * room
    for span in bar.spans:
        first = int((span.start - shown.begin) / whole * room)
        last = max(int((span.end - shown.begin) / whole * room), first + 1)
        for at in range(min(first, room - 1), min(last, room)):
            text[at] = _INKS.get(span.state, ("▒", ""))[0]
    return "".join(text).rstrip()


def summary(shown: Startup) -> Line:
    """What made it as long as it was."""
    if not shown.bars:
        return (Cell(" Nothing was started since the daemon began.", "dim"),)
    took = Cell(f" up in {duration(shown.end - shown.begin)}", "strong")
    chain = " → ".join(shown.chain)
    legend = Cell("   ░ waiting  ▒ starting  ▓ until ready", "dim")
    return (took, Cell(f"  ◆ {chain}" if chain else "", "accent"), legend)
