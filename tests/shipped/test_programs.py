"""How a server is chosen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from profiles.programs import Server, Wheel, is_of, newest, on_path, version_of, wheel_for


@pytest.mark.parametrize(
    ("version", "wanted", "fits"),
    [
        ("15.18", "", True),
        ("15.18", "15", True),
        ("15.18", "15.18", True),
        ("15.18", "1", False),
        ("15.18", "15.1", False),
        ("15.18", "16", False),
    ],
)
def test_a_version_is_meant_by_its_first_numbers(version: str, wanted: str, fits: bool) -> None:
    assert is_of(version, wanted) is fits


def test_the_newest_that_fits_is_taken() -> None:
    servers = [Server("9.6", "/a"), Server("15.9", "/b"), Server("15.18", "/c")]
    assert newest(servers, "") == Server("15.18", "/c")
    assert newest(servers, "9") == Server("9.6", "/a")
    assert newest(servers, "16") is None


def test_a_wheel_is_for_one_kind_of_machine() -> None:
    here, there = (
        Wheel("16.2", machine, "p", "1", "any", "0", "bin", ("postgres",))
        for machine in (os.uname().machine, "abacus")
    )
    assert wheel_for([there, here], "16") is here
    assert wheel_for([there], "16") is None
    assert wheel_for([here], "17") is None


def test_programs_tell_their_version_in_their_own_way(tmp_path: Path) -> None:
    for name, said in {
        "postgres": "postgres (PostgreSQL) 15.18 (Debian 15.18-0)",
        "redis-server": "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.2.1",
        "valkey-server": "Valkey server v=9.1.2 sha=1",
        "broken": "'; exit 1; echo '",
    }.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho '{said}'\n", "utf-8")
        program.chmod(0o755)
    names = ("postgres", "redis-server", "valkey-server", "broken", "missing")
    versions = [version_of(str(tmp_path / name)) for name in names]
    assert versions == ["15.18", "7.0.15", "9.1.2", "", ""]


def test_a_link_on_the_path_leads_to_the_programs_themselves(tmp_path: Path) -> None:
    real, links = tmp_path / "real", tmp_path / "links"
    real.mkdir()
    links.mkdir()
    (real / "postgres").write_text("", "utf-8")
    (real / "postgres").chmod(0o755)
    (links / "postgres").symlink_to(real / "postgres")
    found = on_path("postgres", {"PATH": f"{links}:relative:{tmp_path / 'none'}"})
    assert list(found) == [str(real)]
