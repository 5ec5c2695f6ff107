"""Whatever a daemon tells, in whatever order, the UI shows it: random streams, a recorded one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from devenv.model.state import State
from devenv.tui.cells import services_table
from devenv.tui.lines import headline, notes
from devenv.tui.neighbours import MOST, needed_by, needs, stems
from devenv.tui.order import Choice, Sort, arranged
from devenv.tui.snapshot import read
from devenv.tui.table import Line
from devenv.tui.told import Link, read_events, read_graph
from devenv.tui.usage import KEPT, Usage, bars, fold
from devenv.tui.view import View
from devenv.tui.waterfall import Startup, startup, summary, waterfall
from devenv.tui.widgets.rows import Rows
from tests.cli.desk import service
from tests.tui.stage import EVENTS, GRAPH, NOW, PROBLEM, event, link, replica, shop, stage

NAMES = st.sampled_from(("web", "db", "a-service-with-quite-a-long-name", "データ", "x"))
WORDS = st.text(max_size=60)
SERVICES = st.lists(
    st.builds(
        lambda name, state, reason, health: service(
            name, state, reason=reason, health=health, waits_for=["db"]
        ),
        NAMES,
        st.sampled_from([state.value for state in State]),
        WORDS,
        st.sampled_from(("none", "unknown", "passing", "failing", "unhealthy")),
    ),
    max_size=5,
    unique_by=lambda one: one["name"],
)
DOCUMENTS = st.builds(
    lambda services, changes, wrong, leaving: {
        **shop(problems=[PROBLEM] * wrong, changes=changes, leaving=leaving),
        "services": services,
    },
    SERVICES,
    st.lists(WORDS, max_size=3),
    st.integers(0, 9),
    st.booleans(),
)
HAPPENED = st.lists(
    st.builds(
        lambda after, name, kind: event(0, after, name, kind, "because"),
        st.floats(0, 1000),
        NAMES,
        st.sampled_from([*(state.value for state in State), "note"]),
    ),
    max_size=20,
)
CHAINED = {
    "web": (Link("db", "service_healthy"), Link("x", "service_started")),
    "db": (Link("x", "service_healthy"),),
    "x": (),
}


def said(line: Line) -> str:
    return "".join(cell.text for cell in line)


def length(line: Line) -> int:
    return sum(cell_len(cell.text) for cell in line)


@given(DOCUMENTS, st.integers(20, 220), st.sampled_from(list(Sort)))
def test_every_line_fits_and_every_service_is_there(
    document: dict[str, Any], width: int, sort: Sort
) -> None:
    view = View(read(document), now=NOW)
    shown = arranged(view, Choice(sort=sort))
    table = services_table(shown, view, width)
    assert sorted(table.keys) == sorted(one["name"] for one in document["services"])
    assert len({length(line) for line in (table.head, *table.lines)}) == 1
    assert length(headline(view, [("1", "Services", True)], width)) <= width
    assert all(length(line) <= width for line in notes(view, "u", width))
    failed = [one.state is State.FAILED for one in shown]
    assert failed == sorted(failed, reverse=True), "what has failed comes first"


def firsts(*services: dict[str, Any]) -> list[str]:
    """The names in the order of the table."""
    return [one.name for one in arranged(View(read(shop(*services)), now=NOW), Choice())]


def crashing(state: str, **other: Any) -> dict[str, Any]:
    own = replica(0, state, **other)
    return service("loop", state, restarts=own["restarts"], replicas=[own])


@pytest.mark.parametrize(
    ("loop", "order"),
    [
        (crashing("ready", restarts=3, started_at=NOW - 2), ["loop", "web"]),
        (crashing("ready", restarts=3, started_at=NOW - 60), ["web", "loop"]),
        (crashing("waiting", exit_code=1, started_at=None), ["loop", "web"]),
        (crashing("waiting", exit_code=None, started_at=None), ["web", "loop"]),
    ],
    ids=("just started again", "well for long", "backing off", "waiting for the first time"),
)
def test_what_keeps_ending_stands_first(loop: dict[str, Any], order: list[str]) -> None:
    assert firsts(service("web"), loop) == order


def test_what_keeps_ending_says_so_between_two_ends() -> None:
    view = View(read(shop(crashing("ready", restarts=3, started_at=NOW - 2))), now=NOW)
    (line,) = services_table(view.services, view, 100).lines
    assert "ends again and again, 3 times so far" in said(line)


def test_what_has_ended_once_has_ended_one_time() -> None:
    view = View(read(shop(crashing("ready", restarts=1, started_at=NOW - 2))), now=NOW)
    (line,) = services_table(view.services, view, 100).lines
    assert "has ended by itself, 1 time so far" in said(line)


def test_what_keeps_ending_is_not_counted_among_what_is_ready() -> None:
    loop = crashing("ready", restarts=3, started_at=NOW - 2)
    view = View(read(shop(service("web"), loop)), now=NOW)
    assert "↻ 1 ending again  ● 1 ready" in said(headline(view, [], 100))
    assert ["↻ ready" in said(line) for line in services_table(view.services, view, 100).lines] == [
        False,
        True,
    ]


def test_what_cannot_start_stands_ahead_of_what_is_well() -> None:
    stuck = service("web", "waiting", reason="cannot start: db has failed", waits_for=["db"])
    behind = service("page", "waiting", reason="cannot start without db", waits_for=["web"])
    failed = service("db", "failed", kind="task")
    coming = service("mail", "waiting", waits_for=["well"])
    assert firsts(service("well"), coming, stuck, behind, failed) == ["web", "page", "well", "mail"]


def test_the_headline_counts_tasks_apart() -> None:
    failed = [service("db", "failed"), service("lint", "failed", kind="task")]
    shown = said(headline(View(read(shop(*failed)), now=NOW), [], 100))
    assert "✗ 1 failed  ✗ 1 task failed" in shown


@given(HAPPENED, st.integers(40, 200))
def test_every_start_up_can_be_drawn(happened: list[dict[str, Any]], width: int) -> None:
    happened.sort(key=lambda one: one["at"])
    events = read_events({"events": happened})
    shown = startup(events, CHAINED, NOW, {})
    table = waterfall(shown, width)
    assert len(set(table.keys)) == len(table.keys)
    assert all(shown.begin <= bar.arrived <= shown.end for bar in shown.bars if bar.arrived)
    until = {bar.service: bar.arrived or NOW for bar in shown.bars}
    for one in events:
        is_in_bar = one.is_state and one.at <= until.get(one.service, 0.0)
        assert is_in_bar or one in shown.later or one.at <= shown.begin
    assert bool(shown.chain) == any(bar.arrived for bar in shown.bars)
    for before, after in pairwise(shown.chain):
        assert before in {link.service for link in CHAINED[after]}


@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 1 << 40)), max_size=60))
def test_samples_never_add_up_to_nonsense(taken: list[tuple[float, int]]) -> None:
    usage = Usage()
    for number, (seconds, memory) in enumerate(taken):
        one = {"index": 0, "cpu_seconds": seconds, "memory_bytes": memory, "ports": []}
        usage = fold(usage, {"web": [one]}, float(number))
        use = usage.services["web"]
        assert use.cpu is None or use.cpu >= 0
        assert len(use.memories) <= KEPT
        assert len(bars(tuple(map(float, use.memories)), 10)) <= 10


def test_a_calm_line_looks_calm_and_a_leap_looks_like_one() -> None:
    assert set(bars((85.0e6, 84.2e6, 85.0e6), 10)) == {"▁"}
    assert bars((50.0e6, 50.0e6, 90.0e6), 10) == "▁▁█"


def test_the_critical_chain_is_what_was_waited_for() -> None:
    shown = startup(read_events(EVENTS), read_graph(GRAPH), NOW, {})
    assert shown.chain == ("db", "migrate", "web")
    assert (round(shown.end - shown.begin, 3), len(shown.bars)) == (4.2, 4)
    assert [one.kind for one in shown.later] == ["starting", "ready", "note", "sync"]


def test_neighbours_are_trees_down_and_up() -> None:
    graph = read_graph(GRAPH)
    assert needs("web", graph) == (
        (0, "migrate", "until it is done"),
        (1, "db", "until it is ready"),
    )
    assert needed_by("db", graph) == (
        (0, "migrate", "waits until it is ready"),
        (1, "web", "waits until it is done"),
    )


def test_a_tree_shows_what_belongs_below_what() -> None:
    assert stems((0, 1, 2, 1, 2, 0, 1)) == ("", "├─ ", "│  └─ ", "└─ ", "   └─ ", "", "└─ ")


def test_a_dense_graph_does_not_grow_without_end() -> None:
    names = [f"s{number}" for number in range(30)]
    graph = {
        name: [Link(one, "service_started") for one in names[number + 1 :]]
        for number, name in enumerate(names)
    }
    assert len(needs("s0", graph)) == MOST


def test_what_is_run_after_the_start_up_is_no_part_of_it() -> None:
    later = [event(17, 99.0, "lint", "starting"), event(18, 99.5, "lint", "failed")]
    happened = {"events": [*EVENTS["events"], *later]}
    shown = startup(read_events(happened), read_graph(GRAPH), NOW, {})
    assert (round(shown.end - shown.begin, 3), len(shown.bars)) == (4.2, 4)
    assert [one.service for one in shown.later[-2:]] == ["lint", "lint"]


def started(*happened: tuple[float, str, str], first: int = 1, **states: str) -> Startup:
    """Of these times after the start-up began, services and kinds of events."""
    told = [event(number, *one) for number, one in enumerate(happened, first)]
    return startup(read_events({"events": told}), read_graph(GRAPH), NOW, states)


BROKEN = (
    (0.0, "db", "starting"),
    (0.0, "migrate", "waiting"),
    (0.0, "web", "waiting"),
    (1.0, "db", "ready"),
    (1.0, "migrate", "starting"),
    (2.0, "migrate", "failed"),
)


def test_a_start_up_is_over_when_the_rest_waits_for_what_has_failed() -> None:
    shown = started(*BROKEN, (200.0, "lint", "starting"), (201.0, "lint", "done"))
    assert [bar.service for bar in shown.bars] == ["db", "migrate", "web"]
    assert [one.service for one in shown.later] == ["lint", "lint"]
    assert said(summary(shown, 200)).startswith(" settled in 2.0s, without migrate and web")


def test_a_start_up_goes_on_while_something_is_on_its_way() -> None:
    shown = started(*BROKEN[:-1])
    assert (shown.end, shown.is_settled) == (NOW, False)
    assert said(summary(shown, 200)).startswith(" starting for 1h")


def crashes(count: int) -> list[tuple[float, str, str]]:
    """A service that starts and ends, before its probe has passed."""
    kinds = ("starting", "running", "waiting")
    return [
        (float(number + step / 4), "db", kind)
        for number in range(count)
        for step, kind in enumerate(kinds)
    ]


def test_a_start_up_does_not_go_on_for_ever_with_what_keeps_ending() -> None:
    waits = (0.0, "migrate", "waiting")
    shown = started(waits, (0.0, "worker", "starting"), (0.1, "worker", "ready"), *crashes(9))
    assert shown.is_settled
    assert shown.end == NOW - 3600 + 3.0
    assert said(summary(shown, 200)).startswith(" settled in 3.0s, without migrate and db")
    assert not started(waits, *crashes(3)).is_settled


def test_what_bars_mean_is_told_whole_or_not_at_all() -> None:
    shown = startup(read_events(EVENTS), read_graph(GRAPH), NOW, {})
    assert "░" in said(summary(shown, 80))
    assert said(summary(shown, 70)) == " up in 4.2s  ◆ db → migrate → web"


def test_what_arrives_after_some_tries_is_part_of_the_start_up() -> None:
    shown = started(*crashes(2), (3.0, "db", "starting"), (3.5, "db", "ready"))
    assert said(summary(shown, 200)).startswith(" up in 3.5s")


def test_what_died_after_it_was_ready_does_not_stand_as_ready() -> None:
    shown = started((0.0, "db", "starting"), (0.5, "db", "ready"), (0.6, "db", "failed"))
    (line,) = waterfall(shown, 100).lines
    assert "ready, now failed" in said(line)


def test_a_replica_that_was_taken_away_leaves_the_others_ready() -> None:
    more = [(5.0, "db[1]", "starting"), (6.0, "db[1]", "ready"), (9.0, "db[1]", "stopped")]
    (bar,) = started((0.0, "db", "starting"), (0.5, "db", "ready"), *more).bars
    assert (bar.outcome, bar.since) == ("ready", "ready")


def test_events_that_were_cut_off_make_no_start_up() -> None:
    shown = started((0.0, "lint", "starting"), (1.0, "lint", "done"), first=70, web="ready")
    assert (shown.bars, len(shown.later)) == ((), 2)
    assert (
        said(summary(shown, 200))
        == " The last start-up is longer ago than the events that are kept."
    )
    again = started(
        (0.0, "db", "stopped"),
        (5.0, "db", "starting"),
        (6.0, "db", "ready"),
        first=70,
        seed="skipped",
    )
    assert [bar.service for bar in again.bars] == ["db"]


@settings(max_examples=5)
@given(st.lists(DOCUMENTS, min_size=1, max_size=5))
def test_the_ui_shows_the_newest_of_any_stream(documents: list[dict[str, Any]]) -> None:
    async def scenario() -> None:
        at_hand = stage()
        app = at_hand.app()
        async with app.run_test(size=(80, 24)) as pilot:
            for document in documents:
                at_hand.daemon.news.put_nowait(document)
            await pilot.press("j")
            await pilot.pause()
            rows = app.screen.query_one("#services", Rows)
            told = {one["name"] for one in documents[-1]["services"]}
            assert set(rows.keys) == told
            assert rows.cursor in told or not told

    asyncio.run(scenario())


RECORDED = Path(__file__).with_name("recorded.jsonl")
"""What a daemon wrote: a start-up, a scaling, restarts, its own death, another start-up."""
NEEDS = {"migrate": ["db"], "web": ["migrate"], "db": [], "worker": [], "mailer": []}


def recorded_document(states: Mapping[str, str], number: int) -> dict[str, Any]:
    """What a daemon tells when its replicas are in these states."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, state in states.items():
        of, _, index = name.partition("[")
        found.setdefault(of, []).append(replica(int(index.rstrip("]") or 0), state))
    kinds = {"migrate": "task"}
    services = [
        service(name, own[0]["state"], kind=kinds.get(name, "service"), replicas=own)
        for name, own in found.items()
    ]
    return shop(*services, revision=number + 1)


async def test_a_recorded_journal_replays_in_the_real_ui() -> None:
    """Each event as the document that a daemon told after it, and then all of them at once."""
    journal = [json.loads(line) for line in RECORDED.read_text().splitlines()]
    graph = {
        name: [link(one, "service_started", "ready") for one in needs]
        for name, needs in NEEDS.items()
    }
    states = {"db": "stopped"}
    at_hand = stage(recorded_document(states, 0))
    at_hand.daemon.answers.update(events={"events": journal}, graph={"services": graph})
    app = at_hand.app()
    async with app.run_test(size=(120, 40)) as pilot:
        for one in journal:
            states[one["service"]] = one["kind"]
            document = recorded_document(states, one["number"])
            at_hand.daemon.news.put_nowait(document)
            while app.view.snapshot.revision != document["revision"]:
                await pilot.pause()
            assert app.view.snapshot == read(document)
            rows = app.screen.query_one("#services", Rows)
            assert sorted(rows.keys) == sorted(one.name for one in app.view.services)
        await pilot.press("3")
        waterfall_rows = app.screen.query_one("#waterfall", Rows)
        while not waterfall_rows.keys:
            await pilot.pause()
        assert set(waterfall_rows.keys) == set(NEEDS)
    shown = startup(read_events({"events": journal}), read_graph({"services": graph}), NOW, {})
    assert shown.chain == ("db", "migrate")
    assert {bar.outcome for bar in shown.bars} == {"ready", "done"}
