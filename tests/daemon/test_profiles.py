"""A profile is parsed again when a byte or a variable of it changed, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from devenv.daemon.desired import Home
from devenv.daemon.parser import Parser
from devenv.daemon.profiles import Profiles, differences, with_runtimes
from devenv.daemon.reach import Reach
from devenv.errors import DevenvError
from devenv.model.origin import ProfileError
from devenv.model.service import Container
from devenv.planning.wishes import Choice
from devenv.profile.parsing import Answer, Question
from devenv.profile.sources import Loaded, Request
from tests.daemon.worlds import intent
from tests.planning.worlds import service

T = TypeVar("T")
HERE = Reach({"process": ""})
HOME = Home(b"k" * 32, "1", lambda environment, name: f"/data/{name}")
ONE = "services: {web: {command: sleep 1}}"
BROKEN = "services: {web: {comand: sleep 1}}"


def with_profiles(work: Callable[[Profiles], Coroutine[Any, Any, T]]) -> T:
    async def scenario() -> T:
        parser = Parser()
        try:
            return await work(Profiles(parser))
        finally:
            parser.close()

    return asyncio.run(scenario())


class Counting(Parser):
    """Counts the questions that it answers."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def answer(self, question: Question) -> Answer:
        self.asked += 1
        return await super().answer(question)


def counted(work: Callable[[Profiles, Counting], Coroutine[Any, Any, T]]) -> T:
    async def scenario() -> T:
        parser = Counting()
        try:
            return await work(Profiles(parser), parser)
        finally:
            parser.close()

    return asyncio.run(scenario())


def test_the_same_bytes_are_parsed_once(tmp_path: Path) -> None:
    (tmp_path / "devenv.profile.yaml").write_text(ONE)

    async def scenario(profiles: Profiles) -> bool:
        first = await profiles.load(Request(str(tmp_path), environment={"A": "1"}))
        return await profiles.load(Request(str(tmp_path), environment={"A": "2"})) is first

    assert with_profiles(scenario)


def test_a_changed_byte_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "devenv.profile.yaml"

    async def scenario(profiles: Profiles) -> list[str]:
        path.write_text(ONE)
        await profiles.load(Request(str(tmp_path)))
        path.write_text(ONE.replace("web", "app"))
        return list((await profiles.load(Request(str(tmp_path)))).environment.services)

    assert with_profiles(scenario) == ["app"]


def test_a_refusal_is_remembered_until_a_byte_of_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "devenv.profile.yaml"
    path.write_text(BROKEN)

    async def scenario(profiles: Profiles, parser: Counting) -> list[int]:
        told: list[str] = []
        for _ in range(2):
            with pytest.raises(ProfileError) as refused:
                await profiles.load(Request(str(tmp_path)))
            told.append(refused.value.message)
        assert told[0] == told[1]
        counts = [parser.asked]
        path.write_text(ONE)
        await profiles.load(Request(str(tmp_path)))
        return [*counts, parser.asked]

    assert counted(scenario) == [1, 2]


def test_a_refusal_holds_for_the_same_variables_only(tmp_path: Path) -> None:
    (tmp_path / "devenv.profile.yaml").write_text(
        "services: {web: {command: 'sleep ${TIME:?say how long}'}}"
    )

    async def scenario(profiles: Profiles, parser: Counting) -> int:
        with pytest.raises(ProfileError):
            await profiles.load(Request(str(tmp_path)))
        await profiles.load(Request(str(tmp_path), environment={"TIME": "1"}))
        return parser.asked

    assert counted(scenario) == 2


def test_what_could_not_be_read_is_looked_at_again(tmp_path: Path) -> None:
    (tmp_path / "devenv.profile.yaml").mkdir()

    async def scenario(profiles: Profiles, parser: Counting) -> int:
        for _ in range(2):
            with pytest.raises(DevenvError):
                await profiles.load(Request(str(tmp_path)))
        return parser.asked

    assert counted(scenario) == 2


def test_an_overlay_that_appears_is_seen(tmp_path: Path) -> None:
    (tmp_path / "devenv.profile.yaml").write_text(ONE)

    async def scenario(profiles: Profiles) -> list[str]:
        await profiles.load(Request(str(tmp_path)))
        overlay = "services: {extra: {command: sleep 1}}"
        (tmp_path / "devenv.profile.local.yaml").write_text(overlay)
        return sorted((await profiles.load(Request(str(tmp_path)))).environment.services)

    assert with_profiles(scenario) == ["extra", "web"]


def test_a_variable_that_was_used_is_watched(tmp_path: Path) -> None:
    (tmp_path / "devenv.profile.yaml").write_text(
        "services: {web: {command: sleep 1, environment: {LEVEL: '${LEVEL}'}}}"
    )

    async def level(profiles: Profiles, value: str) -> str:
        loaded = await profiles.load(Request(str(tmp_path), environment={"LEVEL": value}))
        process = loaded.environment.services["web"].process
        return process.environment["LEVEL"] if process else ""

    async def scenario(profiles: Profiles) -> list[str]:
        return [await level(profiles, value) for value in ("info", "debug")]

    assert with_profiles(scenario) == ["info", "debug"]


def test_a_service_without_a_runtime_is_refused_with_all_others() -> None:
    container = Container({"image": "redis:7"})
    made = intent(
        replace(service("cache"), process=None, container=container),
        replace(service("queue"), process=None, container=container),
        service("web"),
    )
    with pytest.raises(ProfileError) as refused:
        with_runtimes(made, HERE)
    assert len(refused.value.problems) == 2


def test_a_runtime_is_chosen_once_with_its_reason() -> None:
    made = with_runtimes(intent(service("web")), HERE)
    choice = made.wishes.runtimes["web"]
    assert choice.runtime == "process"
    assert choice.reason
    assert with_runtimes(made, HERE) == made


def test_what_up_would_change_is_said() -> None:
    before = with_runtimes(intent(service("web"), service("old"), service("same")), HERE)
    edited = replace(service("web"), labels={}, replicas=1)
    assert edited.process is not None
    edited = replace(edited, process=replace(edited.process, command=("web", "--debug")))
    after = intent(edited, service("same"), service("new")).loaded
    assert isinstance(after, Loaded)
    assert differences(before, after, HOME) == [
        "new would be added",
        "web would be made again: its definition has changed",
        "old would be removed",
    ]


BOTH = replace(service("db"), container=Container({"image": "postgres:16"}))
ENGINE = {"process": "", "docker": ""}


def test_an_image_that_cannot_be_had_leaves_the_first_choice_to_the_host_process() -> None:
    made = with_runtimes(intent(BOTH), Reach(ENGINE, {"db": "postgres:16 is not here"}))
    assert made.wishes.runtimes["db"] == Choice("process", "postgres:16 is not here")


def test_a_choice_that_was_made_stays_when_the_image_cannot_be_had_any_more() -> None:
    made = with_runtimes(intent(BOTH), Reach(ENGINE))
    assert made.wishes.runtimes["db"].runtime == "docker"
    assert with_runtimes(made, Reach(ENGINE, {"db": "postgres:16 is not here"})) == made


def test_what_can_only_be_a_container_is_one_whatever_is_said_of_its_image() -> None:
    only = replace(BOTH, process=None)
    made = with_runtimes(intent(only), Reach(ENGINE, {"db": "postgres:16 is not here"}))
    assert made.wishes.runtimes["db"].runtime == "docker"


@pytest.mark.parametrize(("runtime", "changes"), [("process", 0), ("docker", 1)])
def test_a_change_of_the_side_that_does_not_run_changes_nothing(runtime: str, changes: int) -> None:
    before = with_runtimes(intent(BOTH), Reach(ENGINE), runtime)
    moved = replace(BOTH, container=Container({"image": "postgres:17"}))
    after = intent(moved).loaded
    assert isinstance(after, Loaded)
    assert len(differences(before, after, HOME)) == changes
