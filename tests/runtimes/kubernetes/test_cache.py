"""What a cluster has of ours, as it is known here."""

from __future__ import annotations

from devenv.runtimes.kubernetes.cache import Cache, Object
from devenv.runtimes.kubernetes.resources import POD, name_of


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
