"""The mark of a unit is inherited by all of its processes, and is taken for no other's."""

from __future__ import annotations

import subprocess
import sys

import pytest

from devenv.keeper import mark

WORN = """
import os, sys
from devenv.keeper import mark
mark.wear(int(sys.argv[1]))
os.execvp("setsid", ["setsid", "env", "-i", "/bin/sh", "-c", "cat /proc/self/limits"])
"""


@pytest.mark.parametrize("number", [0, 1, 1_000_000])
def test_a_mark_tells_its_keeper_and_its_folder(number: int) -> None:
    keeper = mark.keeper_mark("/run/devenv", "shop-1")
    one = mark.unit_mark(keeper, number)
    assert one != keeper
    assert mark.keeper_of(one) == mark.keeper_of(keeper) == keeper
    assert mark.same_folder(one, mark.keeper_mark("/run/devenv", "other-2"))
    assert not mark.same_folder(one, mark.keeper_mark("/run/elsewhere", "shop-1"))
    assert 0 < one < 1 << 63


def test_units_have_marks_of_their_own() -> None:
    keeper = mark.keeper_mark("/run/devenv", "shop-1")
    assert len({mark.unit_mark(keeper, number) for number in range(5000)}) == 5000


def test_environments_have_marks_of_their_own() -> None:
    names = [f"shop-{number:x}" for number in range(500)]
    assert len({mark.keeper_mark("/run/devenv", name) for name in [*names, ""]}) == 501


def test_it_survives_a_new_session_and_an_empty_environment() -> None:
    one = mark.unit_mark(mark.keeper_mark("/run/devenv", "shop-1"), 7)
    command = [sys.executable, "-c", WORN, str(one)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    [line] = [line for line in shown.splitlines() if line.startswith("Max file locks")]
    assert line.split()[3] == str(one)


def test_a_process_without_a_mark_has_none() -> None:
    with subprocess.Popen(["sleep", "99"]) as process:
        found = mark.worn_by(process.pid)
        process.kill()
    assert found == mark.NONE
    assert mark.worn_by(process.pid) == mark.NONE
