"""Profiles are parsed by a child: what it answers, and what happens when it ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devenv.daemon.parser import Parser
from devenv.errors import DevenvError
from devenv.model.origin import ProfileError
from devenv.profile.parsing import Question
from devenv.profile.sources import Request


@contextmanager
def parser() -> Iterator[Parser]:
    made = Parser()
    try:
        yield made
    finally:
        made.close()


def question(folder: Path, text: str) -> Question:
    (folder / "devenv.profile.yaml").write_text(text)
    return Question(Request(str(folder)))


def test_a_profile_comes_back_parsed(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        with parser() as asked:
            loaded = await asked.parse(question(tmp_path, "services: {web: {command: sleep 1}}"))
            return list(loaded.environment.services)

    assert asyncio.run(scenario()) == ["web"]


def test_all_problems_come_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        with parser() as asked:
            await asked.parse(question(tmp_path, "services: {a: {comand: x}, b: {ports: 1}}"))

    with pytest.raises(ProfileError) as refused:
        asyncio.run(scenario())
    assert len(refused.value.problems) >= 2


def test_recorded_files_are_read_instead_of_those_on_disk(tmp_path: Path) -> None:
    path = str(tmp_path / "devenv.profile.yaml")
    recorded = {path: b"services: {old: {command: sleep 1}}"}

    async def scenario() -> list[str]:
        with parser() as asked:
            loaded = await asked.parse(Question(Request(str(tmp_path)), recorded))
            return list(loaded.environment.services)

    assert asyncio.run(scenario()) == ["old"]


def test_a_child_that_ended_is_replaced(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        with parser() as asked:
            await asked.parse(question(tmp_path, "services: {web: {command: sleep 1}}"))
            assert asked._child is not None
            os.kill(asked._child[0].pid, signal.SIGKILL)
            asked._child[0].wait()
            loaded = await asked.parse(question(tmp_path, "services: {db: {command: a}}"))
            return list(loaded.environment.services)

    assert asyncio.run(scenario()) == ["db"]


def test_a_file_that_cannot_be_read_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "devenv.profile.yaml").mkdir()

    async def scenario() -> None:
        with parser() as asked:
            await asked.parse(Question(Request(str(tmp_path))))

    with pytest.raises(DevenvError):
        asyncio.run(scenario())
