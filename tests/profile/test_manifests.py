"""Raw manifests that a profile names: read with the profile's variables and values."""

from __future__ import annotations

import pytest

from devenv.model.environment import Template
from devenv.model.origin import Origin
from devenv.profile.references import escape
from tests.profile.loading import load_text, problems_of

PROFILE = "preview: {manifests: [deploy/own.yaml]}\nservices: {web: {image: x}}"
OWN = "deploy/own.yaml"


def test_each_document_has_its_place_and_the_variables_replaced() -> None:
    text = "kind: A\nname: ${NAME}-1\n---\n---\nkind: B\nnumber: 2\ncost: $$5 $${{ x }}\n"
    loaded = load_text(PROFILE, {OWN: text}, {"NAME": "shop"})
    first, second = loaded.environment.resources.manifests
    assert (first.body, first.origin.line) == ({"kind": "A", "name": "shop-1"}, 1)
    assert second.body == {"kind": "B", "number": 2, "cost": escape("$5 ${{ x }}")}
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


SHOP = """
preview: {manifests: [deploy/own.yaml]}
services:
  web: {image: x, ports: ["80"], environment: {LEVEL: info}}
  db: {image: x, ports: ["5432"], url: "postgres://me:${{ self.secret }}@${{ self.host }}/"}
"""


def test_all_that_leads_nowhere_is_told_with_its_line() -> None:
    text = """kind: ConfigMap
data:
  a: "${{ services.wep.host }}"
  b: "${{ services.web.env.LEVL }}"
  c: "${{ self.url }}"
  d: "${{ services.web.color }}"
  e: "${{ services.web.url }}"
"""
    lines = [one.partition(": ")[0] for one in problems_of(SHOP, {OWN: text})]
    assert sorted(lines) == [str(Origin(OWN, line, 6)) for line in (3, 4, 5, 6)]


def test_a_secret_may_only_be_in_a_secret() -> None:
    text = "kind: {}\nstringData:\n  to: ${{{{ services.db.url }}}}\n"
    (found,) = problems_of(SHOP, {OWN: text.format("ConfigMap")})
    assert found.startswith(f"{Origin(OWN, 3, 7)}: a secret may only be in a Secret")
    (one,) = load_text(SHOP, {OWN: text.format("Secret")}).environment.resources.manifests
    template = Template("${{ services.db.url }}", ("stringData", "to"), Origin(OWN, 3, 7))
    assert one.templates == (template,)


@pytest.mark.parametrize(
    "text",
    [
        "kind: URL",
        "kind: Secret\ntype: URL",
        "kind: Secret\nmetadata: {name: URL}",
        "kind: Secret\nmetadata: {labels: {data: URL}}",
        "kind: Secret\nmetadata: {annotations: {stringData: URL}}",
        "kind: Secret\nstringData: URL",
        "kind: Secret\nstringData: {deep: {to: URL}}",
        "kind: Secret\ndata: [URL]",
    ],
)
def test_a_secret_is_only_in_what_a_secret_holds(text: str) -> None:
    (found,) = problems_of(SHOP, {OWN: text.replace("URL", '"${{ services.db.url }}"')})
    assert found.startswith(f"{OWN}:")
    assert "a secret may only be " in found


def test_what_is_no_secret_may_be_anywhere_in_a_secret() -> None:
    text = """kind: Secret
metadata: {name: "${{ services.web.env.LEVEL }}"}
data: {to: "${{ services.db.url }}"}
"""
    (one,) = load_text(SHOP, {OWN: text}).environment.resources.manifests
    assert len(one.templates) == 2
