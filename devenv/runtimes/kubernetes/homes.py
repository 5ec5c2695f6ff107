"""What makes a namespace that of a preview, and carries all that is known of it.

The Namespace itself where a preview has made it; where it was made for previews, a Lease in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from devenv.model.preview import Cluster, Preview
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.cache import (
    ALL_HOMES,
    Cache,
    Object,
    annotation,
    is_leaving,
    label,
)
from devenv.runtimes.kubernetes.objects.namespace import lease, namespace
from devenv.runtimes.kubernetes.resources import HOMES, LEASE, name_of


def namespace_of(home: Object) -> str:
    return str(home["metadata"].get("namespace") or name_of(home))


def is_lent(home: Object) -> bool:
    """Tell whether the namespace was there before the preview, and stays when that goes."""
    return str(home["kind"]) == LEASE.kind


def generation(home: Object, preview: str) -> int:
    """Which of a preview's namespaces it is; 0: none, it only has the labels."""
    return 1 if is_lent(home) else names.generation_of(preview, name_of(home))


def home_of(preview: Preview) -> Object:
    """What would be made first, where a preview has none."""
    lent = bool(preview.cluster.namespaces)
    return lease(preview) if lent else namespace(preview, 1)


def preview_of(home: Object, cluster: Cluster) -> Preview:
    """The preview that a home is of, as whoever made it has said."""
    return Preview(
        cluster,
        label(home, names.PREVIEW),
        annotation(home, names.SOURCE),
        annotation(home, names.BRANCH),
        annotation(home, names.OWNER),
        lifetime=0.0,
    )


def request_of(home: Object) -> int:
    """The number of the pull request that a preview was made for; 0: of none."""
    written = annotation(home, names.REQUEST)
    return int(written) if written.isascii() and written.isdecimal() else 0


def use_of(home: Object) -> tuple[str, int, str]:
    """What is another one once somebody has asked for a preview again, or has used it."""
    return str(home["metadata"]["uid"]), request_of(home), annotation(home, names.USED)


def home_in(cache: Cache, namespace: str) -> Object:
    """The home of the preview that a namespace has."""
    return next(one for kind in HOMES for one in cache.all(kind, namespace))


def is_of(home: Object, preview: Preview) -> bool:
    labels = home["metadata"].get("labels") or {}
    wanted = names.labels(preview.name) | {names.REPOSITORY: names.digest(preview.repository)}
    return wanted.items() <= labels.items()


def is_a_preview(home: Object) -> bool:
    return label(home, names.MANAGED_BY) == names.OURS and bool(label(home, names.PREVIEW))


def is_ours_to_delete(home: Object) -> bool:
    """Tell whether somebody still has to do something for it to go.

    A cluster empties a namespace that was deleted; one that is lent we empty, so whoever began
    that may have died.
    """
    return is_lent(home) or not is_leaving(home)


class Homes:
    """Those that a cache knows."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def __iter__(self) -> Iterator[Object]:
        for known in self._cache.gathered(ALL_HOMES, _by_preview).values():
            yield from known

    def named(self, preview: str) -> Sequence[Object]:
        """Those of all previews of this name."""
        return self._cache.gathered(ALL_HOMES, _by_preview).get(preview, ())

    def of(self, preview: Preview) -> list[Object]:
        """A preview's, the newest first; one that only has its name is none of them."""
        known = self.named(preview.name)
        found = [one for one in known if is_of(one, preview) and generation(one, preview.name)]
        found.sort(key=lambda one: generation(one, preview.name), reverse=True)
        return found

    def living(self, preview: Preview) -> Object | None:
        """The one that a preview has now."""
        return next((one for one in self.of(preview) if not is_leaving(one)), None)


def _by_preview(cache: Cache, _: str) -> Mapping[str, Sequence[Object]]:
    """All homes by the name of their preview; what says of none is left out."""
    found: dict[str, list[Object]] = {}
    for resource in HOMES:
        for one in cache.all(resource):
            if name := label(one, names.PREVIEW):
                found.setdefault(name, []).append(one)
    return found
