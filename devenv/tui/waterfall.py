"""How the last start-up went: bars on one scale, and the chain that made it as long as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devenv.api.wording import duration, listed
from devenv.tui.table import Cell, Column, Laid, Line, Row, laid
from devenv.tui.told import Event, Link
from devenv.tui.unwell import stuck

_RESTING = frozenset({"stopped", "skipped", "done", "failed", "scheduled"})
_ARRIVED = frozenset({"ready", "done", "failed"})
_BEGINS = frozenset({"waiting", "starting"})
_WORST = ("failed", "waiting", "starting", "running", "ready", "done")
_INKS = {"waiting": ("░", "dim"), "starting": ("▒", "busy"), "running": ("▓", "busy")}
_LEGEND = "   ░ waiting  ▒ starting  ▓ until ready"
_LEAST_BAR = 20
_PATIENCE = 3
"""How often something may start until a start-up goes on without it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in one state; seconds since the epoch."""

    state: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Bar:
    """``arrived``: when it was ready, done or failed first; None: not yet.

    ``outcome``: the state that it arrived in, else the one it is in. ``since``: what it, or one of
    its replicas, has come to after that; "" where that is at rest.
    """

    service: str
    spans: tuple[Span, ...]
    arrived: float | None = None
    outcome: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True)
class Startup:
    """``chain``: the services whose times add up to the whole, the first one first.

    ``is_settled``: none is on its way any more. ``is_forgotten``: it is longer ago than the events.
    """

    begin: float = 0.0
    end: float = 0.0
    bars: tuple[Bar, ...] = ()
    chain: tuple[str, ...] = ()
    later: tuple[Event, ...] = ()
    is_settled: bool = False
    is_forgotten: bool = False


Graph = Mapping[str, Sequence[Link]]


def startup(
    events: Sequence[Event], graph: Graph, now: float, states: Mapping[str, str]
) -> Startup:
    """The last time that something began while nothing was on its way or running.

    It ends when all has arrived that had begun by then, or waits for what has failed, or ends again
    and again: what happens later is another story. ``states``: those of the services now.
    """
    first = _beginning(events, states)
    if first is None:
        return Startup(later=tuple(events), is_forgotten=_is_cut(events))
    length = _settling(events[first:], graph)
    last = len(events) if length is None else first + length
    own, rest = events[first:last], events[last:]
    bars = _bars(own, rest, now)
    if not bars:
        return Startup(later=tuple(events))
    arrivals = {bar.service: bar.arrived for bar in bars if bar.arrived is not None}
    end = now if length is None else own[-1].at
    chain = _chain(arrivals, graph)
    drawn = {bar.service: now if bar.arrived is None else bar.arrived for bar in bars}
    beside = (e for e in own if not e.is_state or e.at > drawn.get(_name(e), own[0].at))
    return Startup(own[0].at, end, bars, chain, (*beside, *rest), length is not None)


def _is_cut(events: Sequence[Event]) -> bool:
    """Tell whether there were events before these."""
    return bool(events) and events[0].number > 1


def _beginning(events: Sequence[Event], states: Mapping[str, str]) -> int | None:
    known = _before(events, states) if _is_cut(events) else {}
    found = None
    for number, event in enumerate(events):
        if event.kind in _BEGINS and all(state in _RESTING for state in known.values()):
            found = number
        if event.is_state:
            known[event.service] = event.kind
    return found


def _before(events: Sequence[Event], states: Mapping[str, str]) -> dict[str, str]:
    """The states before the first event: those of now, and "" of what the events tell of."""
    told = [event for event in events if event.is_state]
    names = {_name(event) for event in told}
    quiet = {name: state for name, state in states.items() if name not in names}
    return {**quiet, **{event.service: "" for event in told}}


def _settling(events: Sequence[Event], graph: Graph) -> int | None:
    """How many of the events it takes until none is on its way that has begun; None: one is."""
    waits_for = {name: [link.service for link in links] for name, links in graph.items()}
    begun: dict[str, str] = {}
    starts: Counter[str] = Counter()
    arrived = set()
    for number, event in enumerate(events, 1):
        if event.is_state:
            begun[_name(event)] = event.kind
        if event.kind in _ARRIVED | _RESTING:
            arrived.add(_name(event))
        starts[event.service] += event.kind == "starting"
        looping = {name.partition("[")[0] for name, count in starts.items() if count > _PATIENCE}
        is_round_over = number == len(events) or events[number].at > event.at
        if is_round_over and begun.keys() - arrived - looping <= stuck(begun, waits_for, looping):
            return number
    return None


def _bars(own: Sequence[Event], rest: Sequence[Event], now: float) -> tuple[Bar, ...]:
    by_service: dict[str, list[Event]] = {}
    for event in own:
        if event.is_state:
            by_service.setdefault(_name(event), []).append(event)
    last = {event.service: event.kind for event in (*own, *rest) if event.is_state}
    bars = (_bar(name, events, _since(name, last), now) for name, events in by_service.items())
    return tuple(bar for bar in bars if bar.spans)


def _bar(name: str, events: Sequence[Event], since: str, now: float) -> Bar:
    """Up to its arrival; what came later is another story."""
    spans: list[Span] = []
    for event, after in zip(events, [*events[1:], None], strict=True):
        if event.kind in _ARRIVED:
            return Bar(name, tuple(spans), event.at, event.kind, since)
        spans.append(Span(event.kind, event.at, after.at if after else now))
    return Bar(name, tuple(spans), None, spans[-1].state, since)


def _since(name: str, last: Mapping[str, str]) -> str:
    """The worst that one of the replicas is in now."""
    states = {state for replica, state in last.items() if replica.partition("[")[0] == name}
    return next((state for state in _WORST if state in states), "")


def _chain(arrivals: Mapping[str, float], graph: Graph) -> tuple[str, ...]:
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
    words = max((len(_ended(bar)) for bar in shown.bars), default=0)
    room = max(width - names - 2 - 12 - max(words + 2, 12), _LEAST_BAR)
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
                Cell(_ended(bar), "bad" if "failed" in {bar.outcome, bar.since} else "dim"),
            ),
        )
        for bar in shown.bars
    ]
    return laid(columns, rows, width)


def _ended(bar: Bar) -> str:
    return f"{bar.outcome}, now {bar.since}" if bar.since not in {"", bar.outcome} else bar.outcome


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


def summary(shown: Startup, width: int) -> Line:
    """What made it as long as it was, and who is missing; what bars mean, where there is room."""
    if shown.is_forgotten:
        return (Cell(" The last start-up is longer ago than the events that are kept.", "dim"),)
    if not shown.bars:
        return (Cell(" Nothing was started since the daemon began.", "dim"),)
    took = f" {_took(shown)}"
    chain = f"  ◆ {' → '.join(shown.chain)}" * bool(shown.chain)
    has_room = len(took) + len(chain) + len(_LEGEND) <= width
    return Cell(took, "strong"), Cell(chain, "accent"), Cell(_LEGEND * has_room, "dim")


def _took(shown: Startup) -> str:
    seconds = duration(shown.end - shown.begin)
    if not shown.is_settled:
        return f"starting for {seconds}"
    missing = [bar.service for bar in shown.bars if bar.outcome not in {"ready", "done"}]
    return f"settled in {seconds}, without {listed(missing)}" if missing else f"up in {seconds}"
