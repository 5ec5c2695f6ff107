"""What keeps a namespace that was deleted: told once it is more than pods that end."""

from __future__ import annotations

import pytest

from devenv.runtimes.kubernetes.namespaces import kinds_left, waits_for_pods, why_it_stays

DELETED = 1_000_000_000.0
PODS = "unexpected items still remain in namespace: shop for gvr: /v1, Resource=pods"
MAPS = "unexpected items still remain in namespace: shop for gvr: /v1, Resource=configmaps"
FAILURE, HELD = "NamespaceDeletionContentFailure", "NamespaceFinalizersRemaining"


@pytest.mark.parametrize(
    ("conditions", "after", "waits"),
    [
        ({FAILURE: PODS}, 10, True),
        ({FAILURE: PODS}, 100, False),
        ({FAILURE: MAPS}, 10, False),
        ({FAILURE: PODS, HELD: "example.com/hold"}, 10, False),
    ],
)
def test_pods_have_time_to_end(conditions: dict[str, str], after: float, waits: bool) -> None:
    told = [{"type": kind, "status": "True", "message": said} for kind, said in conditions.items()]
    made = {
        "metadata": {"deletionTimestamp": "2001-09-09T01:46:40Z"},
        "status": {"conditions": told},
    }
    assert why_it_stays(made)
    assert waits_for_pods(made, DELETED + after) is waits


def test_the_kinds_of_what_is_left_are_read_from_the_words_of_the_server() -> None:
    said = (
        "Some resources are remaining: configmaps. has 1 resource instances, "
        "widgets.example.com has 12 resource instances"
    )
    told = {"type": "NamespaceContentRemaining", "status": "True", "message": said}
    assert kinds_left({"status": {"conditions": [told]}}) == [
        ("configmaps", ""),
        ("widgets", "example.com"),
    ]
