"""The newest round hangs where all can see it; who waits sees the newest, and none is missed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from devenv.daemon.board import Board
from devenv.daemon.journal import Journal
from devenv.model.plan import Plan
from devenv.model.unit import Observed
from tests.daemon.worlds import intent
from tests.planning.worlds import service, up, want


def board(folder: Path) -> tuple[Board, Journal]:
    journal = Journal(folder / "events.jsonl")
    return Board(intent(service("web")), want(service("web")), journal), journal


def publisher(to: Board) -> Callable[[Observed], None]:
    def publish(observed: Observed) -> None:
        wanted = want(service("web"))
        to.publish(intent(service("web")), wanted, observed, plan=Plan(), gone=False)

    return publish


RUNS = Observed({up("web").id: up("web")})
EMPTY = Observed()


def test_a_round_that_changes_nothing_is_no_news(tmp_path: Path) -> None:
    hung, _ = board(tmp_path)
    publish = publisher(hung)
    publish(RUNS)
    first = hung.newest.revision
    publish(RUNS)
    assert hung.newest.revision == first
    publish(EMPTY)
    assert hung.newest.revision == first + 1


def test_the_first_round_is_news_even_when_it_shows_nothing(tmp_path: Path) -> None:
    hung, _ = board(tmp_path)
    publisher(hung)(EMPTY)
    assert hung.newest.revision == 1


def test_changes_are_noted_in_the_journal(tmp_path: Path) -> None:
    hung, journal = board(tmp_path)
    publish = publisher(hung)
    publish(EMPTY)
    before = len(journal.newer_than(0, 10))
    publish(RUNS)
    assert [event.service for _, event in journal.newer_than(before, 10)] == ["web"]


def test_what_runs_on_is_not_noted_again_by_the_next_daemon(tmp_path: Path) -> None:
    hung, journal = board(tmp_path)
    publisher(hung)(RUNS)
    before = journal.newer_than(0, 10)
    hung, journal = board(tmp_path)
    publisher(hung)(RUNS)
    assert journal.newer_than(0, 10) == before
    publisher(hung)(EMPTY)
    assert len(journal.newer_than(0, 10)) == len(before) + 1


def test_a_reader_that_is_behind_gets_the_newest_at_once(tmp_path: Path) -> None:
    hung, _ = board(tmp_path)
    publish = publisher(hung)
    for seen in (RUNS, EMPTY, RUNS):
        publish(seen)
    assert asyncio.run(hung.newer_than(1, timeout=60)).revision == 3


def test_all_readers_wake_up_for_news(tmp_path: Path) -> None:
    hung, _ = board(tmp_path)

    async def scenario() -> list[int]:
        readers = [asyncio.create_task(hung.newer_than(0, timeout=60)) for _ in range(3)]
        await asyncio.sleep(0)
        publisher(hung)(RUNS)
        return [one.revision for one in await asyncio.gather(*readers)]

    assert asyncio.run(scenario()) == [1, 1, 1]


def test_without_news_a_reader_gets_what_there_is(tmp_path: Path) -> None:
    hung, _ = board(tmp_path)
    assert asyncio.run(hung.newer_than(0, timeout=0.01)).revision == 0
