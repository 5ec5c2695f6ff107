"""What a cluster has of ours, as it is known here."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.cache import Cache, Object
from devenv.runtimes.kubernetes.homes import Homes
from devenv.runtimes.kubernetes.resources import NAMESPACE, POD, name_of
from devenv.runtimes.kubernetes.server import Server


def pod(namespace: str, name: str, version: int = 1) -> Object:
    metadata = {"namespace": namespace, "name": name, "uid": name, "resourceVersion": str(version)}
    return {"metadata": metadata}


def test_what_is_gathered_of_a_namespace_is_kept_until_something_there_changes() -> None:
    asked: list[str] = []

    def gather(cache: Cache, namespace: str) -> list[str]:
        asked.append(namespace)
        return sorted(map(name_of, cache.all(POD, namespace)))

    cache = Cache(lambda _: None)
    cache.replace(POD, [pod("one", "a"), pod("two", "b")])
    assert cache.gathered("one", gather) == ["a"]
    assert cache.gathered("two", gather) == ["b"]
    cache.put(POD, pod("one", "c"))
    assert cache.gathered("one", gather) == ["a", "c"]
    assert cache.gathered("two", gather) == ["b"]
    cache.drop(POD, pod("one", "a"))
    assert cache.gathered("one", gather) == ["c"]
    cache.replace(POD, [pod("two", "b")])
    assert cache.gathered("one", gather) == []
    assert cache.gathered("two", gather) == ["b"]
    assert asked == ["one", "two", "one", "one", "one"]


def home(preview: str, namespace: str) -> Object:
    labels = {names.PREVIEW: preview} if preview else {}
    metadata = {"name": namespace, "uid": namespace, "resourceVersion": "1", "labels": labels}
    return {"metadata": metadata}


def test_homes_are_found_by_their_preview_as_they_come_and_go() -> None:
    cache = Cache(lambda _: None)
    homes = Homes(cache)

    def named(preview: str) -> list[str]:
        return [name_of(one) for one in homes.named(preview)]

    assert named("a") == []
    cache.replace(NAMESPACE, [home("a", "a"), home("b", "b"), home("", "theirs")])
    assert (named("a"), named("b")) == (["a"], ["b"])
    cache.put(NAMESPACE, home("a", "a-2"))
    cache.put(POD, pod("a-2", "web"))
    assert named("a") == ["a", "a-2"]
    cache.drop(NAMESPACE, home("a", "a"))
    assert named("a") == ["a-2"]
    cache.replace(NAMESPACE, [home("b", "b"), home("", "theirs")])
    assert [name_of(one) for one in homes] == ["b"]


def test_an_answer_about_what_went_meanwhile_does_not_bring_it_back() -> None:
    cache = Cache(lambda _: None)
    place: Any = SimpleNamespace(cache=cache)
    cache.put(POD, pod("one", "a"))
    cache.drop(POD, pod("one", "a", 3))
    Server.take(place, POD, pod("one", "a", 2))
    assert cache.get(POD, "one", "a") is None
    Server.take(place, POD, pod("one", "b"))
    assert cache.get(POD, "one", "b") is not None
