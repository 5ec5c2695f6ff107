"""The page about one service, as lines: why it is so, what happened, what it was made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from textwrap import wrap

from devenv.api.wording import duration
from devenv.model.state import State
from devenv.tui.cells import state_cell, up_for
from devenv.tui.lines import cut, rule
from devenv.tui.neighbours import Branch, needed_by, needs, stems
from devenv.tui.snapshot import Service, Snapshot
from devenv.tui.synced import Synced, fault_lines, synced_table
from devenv.tui.table import Cell, Column, Line, Row, laid
from devenv.tui.told import Event, Inspection, Probe, Value
from devenv.tui.unwell import keeps_ending
from devenv.tui.view import View

SHOWN_EVENTS = 12
_ENVIRONMENT = "environment."


def page(
    service: Service, told: Inspection, probe: Probe | None, view: View, width: int
) -> tuple[Line, ...]:
    """All parts, one below the other; a part without content is left out."""
    now, snapshot = view.now, view.snapshot
    parts = (
        ("Why", tuple(_why(told.why, service, width))),
        ("Ports", _ports(service, width)),
        ("Replicas", _replicas(service, now, width)),
        ("Probe", _probe(probe, now)),
        ("Depends on", _links(needs(service.name, told.graph), snapshot, width)),
        ("Needed by", _links(needed_by(service.name, told.graph), snapshot, width)),
        ("Files that follow", _synced(told.synced, snapshot.place.path, width)),
        ("Events", _events(told.events, width)),
        ("Last lines", tuple((Cell(f"  {line}"),) for line in service.tail)),
        ("Environment", _values(told.values, width, environment=True)),
        ("Configuration", _values(told.values, width, environment=False)),
    )
    return tuple(line for title, lines in parts if lines for line in _part(title, lines, width))


def title_of(service: Service, now: float) -> Line:
    """The service in one line."""
    up = up_for(service, now)
    return (
        Cell(f" {service.name} ", "strong"),
        state_cell(service.state, loops=keeps_ending(service, now)),
        Cell(f"  {service.runtime or service.kind}", "dim"),
        Cell(f"  up {up}" if up else "", "dim"),
        Cell(
            f"  {service.restarts} restart{'s' * (service.restarts > 1)}"
            if service.restarts
            else "",
            "wait",
        ),
    )


def _part(title: str, lines: Sequence[Line], width: int) -> Iterator[Line]:
    yield rule(title, "", width)
    yield from (cut(line, width) for line in lines)
    yield ()


def _why(lines: Sequence[str], service: Service, width: int) -> Iterator[Line]:
    """The chain, each of its lines whole: what does not fit goes on below it."""
    role = "bad" if service.state is State.FAILED else "plain"
    for n, line in enumerate(lines):
        words = line.lstrip()
        indent = " " * (2 + len(line) - len(words))
        for text in wrap(words, max(width - len(indent), 1)):
            yield (Cell(indent + text, "dim" if n else role),)


def _ports(service: Service, width: int) -> tuple[Line, ...]:
    columns = (Column(""), Column("", right=True), Column("", grows=True))
    rows = [
        Row(port.name, (Cell(port.name), Cell(str(port.number)), Cell(port.url, "link")))
        for port in service.ports
    ]
    return _table(columns, rows, width)


def _replicas(service: Service, now: float, width: int) -> tuple[Line, ...]:
    """Where there is more than one; else the title has said it all."""
    if len(service.replicas) < 2:
        return ()
    columns = (Column(""), Column(""), Column("", right=True), Column(""), Column("", grows=True))
    rows = [
        Row(
            str(one.index),
            (
                Cell(f"{service.name}[{one.index}]"),
                state_cell(one.state),
                Cell(duration(now - one.started) if one.started and one.pid else "", "dim"),
                Cell(f"pid {one.pid}" if one.pid else "", "dim"),
                Cell(one.reason, "dim"),
            ),
        )
        for one in service.replicas
    ]
    return _table(columns, rows, width)


def _probe(probe: Probe | None, now: float) -> tuple[Line, ...]:
    if probe is None:
        return ()
    tried = f"tried {duration(now - probe.tried)} ago" if probe.tried else "not tried yet"
    failures = f", {probe.failures} failures in a row" if probe.failures else ""
    role = "good" if probe.health == "passing" else "wait"
    head = (
        Cell(f"  {probe.check}{f' every {probe.interval:g} s' * (probe.check != 'log')}: "),
        Cell(probe.health, role),
        Cell(f", {tried}{failures}", "dim"),
    )
    return (head, (Cell(f"  {probe.detail}", "dim"),)) if probe.detail else (head,)


def _links(branches: Sequence[Branch], snapshot: Snapshot, width: int) -> tuple[Line, ...]:
    """A tree of services, each with its state and what is asked of it or what it asks for."""
    columns = (Column(""), Column(""), Column("", grows=True))
    rows = []
    drawn = stems([depth for depth, _, _ in branches])
    for number, (stem, (_, name, condition)) in enumerate(zip(drawn, branches, strict=True)):
        found = snapshot.service(name)
        state = state_cell(found.state) if found else Cell()
        rows.append(Row(str(number), (Cell(stem + name), state, Cell(condition, "dim"))))
    return _table(columns, rows, width)


def _synced(found: Sequence[Synced], root: str, width: int) -> tuple[Line, ...]:
    """As on the screen of the files, and what is in the way."""
    table = synced_table(found, root, width - 2)
    lines = tuple((Cell("  "), *line) for line in (table.head, *table.lines))
    return (*lines, *fault_lines(found)) if found else ()


def _events(events: Sequence[Event], width: int) -> tuple[Line, ...]:
    """The newest first."""
    return event_lines(events[::-1][:SHOWN_EVENTS], width, named=False)


def event_lines(events: Sequence[Event], width: int, *, named: bool) -> tuple[Line, ...]:
    """A line for each event; ``named``: with the service."""
    columns = (Column(""), Column(""), Column(""), Column("", grows=True))
    rows = [
        Row(
            str(n),
            (
                Cell(clock(one.at), "dim"),
                Cell(one.service if named else ""),
                _kind(one),
                Cell(one.text.replace("\n", " "), "dim" if one.is_state else "plain"),
            ),
        )
        for n, one in enumerate(events)
    ]
    return _table(columns, rows, width)


def _kind(event: Event) -> Cell:
    if event.is_state:
        return state_cell(State(event.kind))
    return Cell("> sync", "dim") if event.kind == "sync" else Cell(f"! {event.kind}", "wait")


def clock(at: float) -> str:
    """The time of day."""
    return datetime.fromtimestamp(at).strftime("%H:%M:%S")


def _values(values: Sequence[Value], width: int, *, environment: bool) -> tuple[Line, ...]:
    columns = (Column("", most=34), Column("", grows=True, least=20), Column("", rank=1, most=44))
    rows = [
        Row(
            one.key,
            (
                Cell(one.key.removeprefix(_ENVIRONMENT)),
                Cell(one.text.replace("\n", "⏎"), "plain" if one.origin else "dim"),
                Cell(_short(one.origin) or "default", "link" if one.origin else "dim"),
            ),
        )
        for one in values
        if one.key.startswith(_ENVIRONMENT) == environment
    ]
    return _table(columns, rows, width)


def _short(origin: str) -> str:
    """File and line; of a long path its end, without the column."""
    place = origin.rpartition(":")[0] if origin.count(":") > 1 else origin
    return place if len(place) <= 44 else f"…{place[-43:]}"


def _table(columns: Sequence[Column], rows: Sequence[Row], width: int) -> tuple[Line, ...]:
    indent = Cell("  ")
    return tuple((indent, *line) for line in laid(columns, rows, width - 2).lines) if rows else ()
