"""The desired state on disk: comes back whole or not at all, and holds no secret."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devenv.daemon import store
from devenv.daemon.intent import Intent, Leaving
from devenv.errors import DevenvError
from devenv.planning.wishes import Choice
from devenv.profile.sources import Loaded, Source
from tests.daemon.worlds import PROFILE, intent, without_profile
from tests.planning.worlds import service

CANARY = "canary-7f3a91"
ENV_FILE = "/src/shop/.env"


def full() -> Intent:
    """One with something in each of its fields."""
    made = intent(
        service("db"),
        service("web"),
        claims={("web", 0, "http"): 20001, ("web", 1, "http"): 20002},
        sources={
            PROFILE: Source(b"services: {}"),
            "/src/shop/devenv.local.yaml": Source(None),
            ENV_FILE: Source(f"DB_PASSWORD={CANARY}".encode(), secret=True),
        },
        variables={"HOME": "/home/u", "API_TOKEN": CANARY, "UNSET": None},
        environment={"HOME": "/home/u", "API_TOKEN": CANARY},
    )
    wishes = replace(
        made.wishes,
        generations={"web": 3},
        replicas={"web": 2},
        runtimes={"web": Choice("process", "the profile has a command")},
    )
    return replace(made, wishes=wishes, profiles=("dev",), notice="n", leaving=Leaving.WITH_DATA)


def test_what_was_written_is_read_back_without_the_profile(tmp_path: Path) -> None:
    store.write(tmp_path / "a" / "desired.json", full())
    kept = store.read(tmp_path / "a" / "desired.json")
    assert kept is not None
    assert kept.intent == without_profile(full())


def test_no_secret_reaches_the_file(tmp_path: Path) -> None:
    store.write(tmp_path / "desired.json", full())
    written = (tmp_path / "desired.json").read_text()
    assert CANARY not in written
    assert ENV_FILE not in written
    assert "/home/u" in written


def test_only_the_user_can_read_the_file(tmp_path: Path) -> None:
    store.write(tmp_path / "desired.json", full())
    assert (tmp_path / "desired.json").stat().st_mode & 0o777 == 0o600


def test_an_absent_file_is_no_state(tmp_path: Path) -> None:
    assert store.read(tmp_path / "desired.json") is None


@given(at=st.integers(0, 400), byte=st.integers(0, 255))
def test_a_byte_that_was_damaged_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, at: int, byte: int
) -> None:
    path = tmp_path_factory.mktemp("state") / "desired.json"
    store.write(path, full())
    written = path.read_bytes()
    damaged = written[:at] + bytes([byte]) + written[at + 1 :]
    path.write_bytes(damaged)
    kept = store.read(path)
    assert kept is None or json.loads(damaged) == json.loads(written)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_file_that_was_cut_is_no_state(tmp_path: Path, share: float) -> None:
    path = tmp_path / "desired.json"
    store.write(path, full())
    written = path.read_bytes()
    path.write_bytes(written[: int(len(written) * share)])
    assert store.read(path) is None


@pytest.mark.parametrize("text", ["[]", "null", "{}", '{"checksum": "x"}', "\x00", '"text"'])
def test_a_file_that_is_something_else_is_no_state(tmp_path: Path, text: str) -> None:
    (tmp_path / "desired.json").write_text(text)
    assert store.read(tmp_path / "desired.json") is None


def test_a_version_of_the_future_is_not_guessed_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(store, "VERSION", 99)
        store.write(tmp_path / "desired.json", full())
    assert store.read(tmp_path / "desired.json") is None


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "desired.json"
    store.write(path, full())
    before = path.read_bytes()
    limited = replace(full(), notice="x" * 1000)
    with pytest.raises(DevenvError, match=r"cannot write .*: File too large"):
        _with_file_limit(100, lambda: store.write(path, limited))
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["desired.json"]


def _with_file_limit(limit: int, work: Callable[[], None]) -> None:
    """Do ``work`` in a world where files grow to ``limit`` bytes (setrlimit(2), RLIMIT_FSIZE)."""
    import resource
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        work()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_the_key_is_made_once_and_kept(tmp_path: Path) -> None:
    first = store.user_key(tmp_path / "state" / "key")
    assert len(first) == 32
    assert store.user_key(tmp_path / "state" / "key") == first
    assert store.user_key(tmp_path / "other" / "key") != first


async def never(files: store.Files, variables: Mapping[str, str]) -> Loaded:
    raise AssertionError("it was parsed again")


def restored(made: Intent, path: Path, *, build: str = "1", parse: store.Parse = never) -> Intent:
    store.write(path, made)
    kept = store.read(path)
    assert kept is not None
    blob = store.memory(made, "1")
    return asyncio.run(store.restore(kept, blob, build=build, parse=parse))


def test_file_and_memory_together_are_the_intent(tmp_path: Path) -> None:
    assert restored(full(), tmp_path / "desired.json") == full()


def test_an_intent_without_profile_comes_back_too(tmp_path: Path) -> None:
    made = replace(full(), loaded=None)
    assert restored(made, tmp_path / "desired.json") == made


def test_another_build_parses_the_recorded_bytes_again(tmp_path: Path) -> None:
    asked: list[tuple[store.Files, Mapping[str, str]]] = []
    anew = Loaded(full().environment, (), {}, {})

    async def parse(files: store.Files, variables: Mapping[str, str]) -> Loaded:
        asked.append((files, variables))
        return anew

    found = restored(full(), tmp_path / "desired.json", build="2", parse=parse)
    assert found.loaded is anew
    ((files, variables),) = asked
    assert files == {
        PROFILE: b"services: {}",
        "/src/shop/devenv.local.yaml": None,
        ENV_FILE: f"DB_PASSWORD={CANARY}".encode(),
    }
    assert variables == {"HOME": "/home/u", "API_TOKEN": CANARY}
