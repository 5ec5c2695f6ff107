"""What a lock says, and where it does not fit its profile."""

from __future__ import annotations

import hashlib
import json

import pytest

from devenv.errors import DevenvError
from devenv.profile.load import Request, load
from devenv.profile.lock import parse, written
from devenv.profile.sources import Lock
from tests.profile.loading import ROOT, image_of, load_text, problems_of

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
PROFILE = "services: {web: {image: 'shop/web:1'}, db: {image: 'postgres:17'}}"


def lock_of(images: dict[str, str], files: dict[str, str] | None = None) -> dict[str, str]:
    return {"devenv.lock": written(Lock(images, files or {}))}


def warnings_of(profile: str, files: dict[str, str]) -> list[str]:
    return [problem.message for problem in load_text(profile, files).problems]


def test_an_image_in_the_lock_is_the_one_of_its_digest() -> None:
    loaded = load_text(PROFILE, lock_of({"shop/web:1": A, "postgres:17": B}))
    images = [image_of(service) for service in loaded.environment.services.values()]
    assert images == [f"shop/web:1@{A}", f"postgres:17@{B}"]
    assert loaded.problems == ()


def test_a_compose_file_has_a_lock_too() -> None:
    files = {"compose.yaml": PROFILE, **lock_of({"shop/web:1": A, "postgres:17": B})}
    found = {f"{ROOT}/{name}": text.encode() for name, text in files.items()}
    loaded = load(Request(ROOT), found.get)
    assert image_of(loaded.environment.services["web"]) == f"shop/web:1@{A}"


def test_without_a_lock_names_stay_and_nothing_is_said() -> None:
    loaded = load_text(PROFILE)
    assert image_of(loaded.environment.services["web"]) == "shop/web:1"
    assert loaded.problems == ()
    assert loaded.locking.lock is None
    assert loaded.locking.images == {"web": "shop/web:1", "db": "postgres:17"}


def test_what_no_registry_has_and_what_has_a_digest_is_not_locked() -> None:
    loaded = load_text(
        "services: {a: {image: a, build: .}, b: {image: b, pull_policy: never}, "
        f"c: {{image: 'c@{A}'}}, d: {{command: d}}}}"
    )
    assert loaded.locking.images == {}


def test_a_lock_that_does_not_fit_is_told() -> None:
    assert warnings_of(PROFILE, lock_of({"postgres:17": A, "redis:7": B})) == [
        "redis:7 is in the lock, and not used",
        "shop/web:1 is not in the lock",
    ]


@pytest.mark.parametrize("how", ["include: [db.yaml]", "services: {db: {uses: ./db.yaml}}"])
def test_files_that_are_taken_in_are_compared_with_the_lock(how: str) -> None:
    text = "services: {db: {command: db}}"
    hashed = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    assert load_text(how, {"db.yaml": text}).locking.files == {"db.yaml": hashed}
    assert warnings_of(how, {"db.yaml": text, **lock_of({}, {"db.yaml": hashed})}) == []
    assert warnings_of(how, {"db.yaml": text, **lock_of({}, {"db.yaml": A})}) == [
        "db.yaml has changed since the lock was written"
    ]
    assert warnings_of(how, {"db.yaml": text, **lock_of({})}) == ["db.yaml is not in the lock"]
    gone = {"db.yaml": text, **lock_of({}, {"db.yaml": hashed, "old.yaml": A})}
    assert warnings_of(how, gone) == ["old.yaml was taken in when the lock was written"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<<<<<<< ours", "it is not a lock"),
        ("[]", "it is not a lock"),
        ('{"version": 2, "images": {}, "files": {}}', "it was written by another devenv"),
        ('{"version": 1, "images": {"a": "latest"}, "files": {}}', "it holds something else"),
    ],
)
def test_a_lock_that_cannot_be_read_is_an_error(content: str, said: str) -> None:
    (problem,) = problems_of(PROFILE, {"devenv.lock": content})
    assert problem.startswith(f"devenv.lock: {said}")


def test_a_lock_is_read_as_it_was_written_in_a_fixed_order() -> None:
    lock = Lock({"b": B, "a": A}, {"c": A})
    assert parse(written(lock).encode()) == lock
    assert list(json.loads(written(lock))["images"]) == ["a", "b"]
    with pytest.raises(DevenvError):
        parse(b"{}")
