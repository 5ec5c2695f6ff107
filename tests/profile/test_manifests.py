"""Raw manifests that a profile names: read with the profile's variables, and nothing else."""

from __future__ import annotations

import pytest

from devenv.model.origin import Origin
from tests.profile.loading import load_text, problems_of

PROFILE = "preview: {manifests: [deploy/own.yaml]}\nservices: {web: {image: x}}"
OWN = "deploy/own.yaml"


def test_each_document_has_its_place_and_the_variables_replaced() -> None:
    text = "kind: A\nname: ${NAME}-1\n---\n---\nkind: B\nnumber: 2\ncost: $$5 $${{ x }}\n"
    loaded = load_text(PROFILE, {OWN: text}, {"NAME": "shop"})
    first, second = loaded.environment.resources.manifests
    assert (first.body, first.origin.line) == ({"kind": "A", "name": "shop-1"}, 1)
    assert second.body == {"kind": "B", "number": 2, "cost": "$5 ${{ x }}"}
    assert (second.origin.file, second.origin.line) == (OWN, 5)


@pytest.mark.parametrize("path", ["../other.yaml", "/etc/other.yaml", "a/../../other.yaml"])
def test_a_file_outside_of_the_checkout_is_not_read(path: str) -> None:
    profile = f"preview: {{manifests: [{path}]}}\nservices: {{web: {{image: x}}}}"
    (found,) = problems_of(profile, {"/other.yaml": "a: 1", "/etc/other.yaml": "a: 1"})
    assert found.startswith("devenv.profile.yaml:1:23: /")
    assert "is outside of the checkout" in found


def test_a_file_that_is_not_there_is_told_where_it_is_named() -> None:
    (found,) = problems_of(PROFILE)
    assert found == "devenv.profile.yaml:1:23: there is no file deploy/own.yaml"


def test_a_reference_to_a_service_is_refused_with_its_line() -> None:
    (found,) = problems_of(PROFILE, {OWN: "kind: A\nhost: ${{ services.web.host }}"})
    assert found.startswith(f"{Origin(OWN, 2, 7)}: a manifest cannot refer to a service")
