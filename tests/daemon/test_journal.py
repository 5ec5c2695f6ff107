"""Events: numbered, bounded, and never in the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devenv.daemon import journal
from devenv.daemon.journal import Journal
from devenv.model.snapshot import Event


def event(text: str) -> Event:
    return Event(1.0, "web", "state", text)


def texts(found: list[tuple[int, Event]]) -> list[str]:
    return [one.text for _, one in found]


def test_numbers_rise_and_a_reader_goes_on_from_the_last(tmp_path: Path) -> None:
    noted = Journal(tmp_path / "events.jsonl")
    noted.record([event("a"), event("b")])
    (first, _), (second, _) = noted.newer_than(0, 10)
    noted.record([event("c")])
    assert first < second
    assert texts(noted.newer_than(second, 10)) == ["c"]


def test_a_limit_gives_the_newest_in_order(tmp_path: Path) -> None:
    noted = Journal(tmp_path / "events.jsonl")
    noted.record([event(str(number)) for number in range(10)])
    assert texts(noted.newer_than(0, 3)) == ["7", "8", "9"]


def test_old_events_leave_memory(tmp_path: Path) -> None:
    noted = Journal(tmp_path / "events.jsonl")
    noted.record([event(str(number)) for number in range(journal.KEPT + 5)])
    assert len(noted.newer_than(0, 10_000)) == journal.KEPT


def test_the_file_has_one_object_a_line(tmp_path: Path) -> None:
    noted = Journal(tmp_path / "events.jsonl")
    noted.record([event("a\nb"), event("é")])
    found = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [one["text"] for one in found] == ["a\nb", "é"]
    fields = {"at": 1.0, "service": "web", "kind": "state", "text": "a\nb", "number": 1}
    assert found[0] == fields


def test_an_earlier_daemon_s_events_are_read_back_with_their_numbers(tmp_path: Path) -> None:
    earlier = Journal(tmp_path / "events.jsonl")
    earlier.record([event("a"), event("b")])
    noted = Journal(tmp_path / "events.jsonl")
    assert noted.newer_than(0, 10) == earlier.newer_than(0, 10)
    noted.record([event("c")])
    assert [(number, one.text) for number, one in noted.newer_than(1, 10)] == [(2, "b"), (3, "c")]


def test_the_older_half_is_read_back_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MAX_BYTES", 1000)
    earlier = Journal(tmp_path / "events.jsonl")
    for number in range(20):
        earlier.record([event(str(number))])
    assert (tmp_path / "events.old.jsonl").exists()
    found = Journal(tmp_path / "events.jsonl").newer_than(0, 5)
    assert found == earlier.newer_than(0, 5)


def test_what_is_no_event_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    Journal(path).record([event("a")])
    with path.open("ab") as file:
        file.write(b"\n\xff\n[]\n7\n{}\n" + b'{"at": "x", "service": 1}\n{"at": 2.0, "serv')
    assert texts(Journal(path).newer_than(0, 10)) == ["a"]


def test_the_states_are_those_told_last(tmp_path: Path) -> None:
    noted = Journal(tmp_path / "events.jsonl")
    noted.record([Event(1.0, "web", "starting", ""), Event(2.0, "web", "ready", "")])
    noted.note("web", "a word")
    noted.note_sent("db", "a file")
    assert Journal(tmp_path / "events.jsonl").states() == {"web": "ready"}


def test_the_file_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MAX_BYTES", 1000)
    noted = Journal(tmp_path / "events.jsonl")
    for number in range(200):
        noted.record([event(str(number))])
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert sizes.keys() <= {"events.jsonl", "events.old.jsonl"}
    assert sum(sizes.values()) <= 2 * 1000 + 200


def test_without_a_folder_events_are_in_memory_only(tmp_path: Path) -> None:
    noted = Journal(tmp_path / "absent" / "events.jsonl")
    noted.record([event("a")])
    assert texts(noted.newer_than(0, 10)) == ["a"]
    assert not (tmp_path / "absent").exists()


def test_a_full_disk_costs_the_line_only() -> None:
    noted = Journal(Path("/dev/full"))
    noted.record([event("a")])
    assert texts(noted.newer_than(0, 10)) == ["a"]
