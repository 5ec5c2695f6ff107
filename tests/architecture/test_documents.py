"""The documents tell the truth about folders, verbs, keys and each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from devenv.cli.verbs import VERBS
from devenv.profile import schema
from devenv.profile.schema_container import ContainerKeys
from tests.architecture.code import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def folders(below: Path) -> set[str]:
    """Folders with something of ours in them; what is made or hidden does not count."""
    hidden = (".", "__", "build", "dist")
    return {
        path.name
        for path in below.iterdir()
        if path.is_dir() and not path.name.startswith(hidden) and any(path.iterdir())
    }


def test_the_map_of_the_code_shows_every_folder() -> None:
    found = re.search(r"```text\n(.*?)```", read("CONTRIBUTING.md"), re.DOTALL)
    assert found
    top = set(re.findall(r"^(\w+)/", found[1], re.MULTILINE))
    inside = set(re.findall(r"^  (\w+)/", found[1], re.MULTILINE))
    assert (top, inside) == (folders(ROOT), folders(ROOT / "devenv"))


def test_the_files_to_read_are_there() -> None:
    named = set(re.findall(r"`((?:\w+/)+\w+\.py)`", read("CONTRIBUTING.md")))
    assert named
    there = {name for name in named if (ROOT / name).exists() or (ROOT / "devenv" / name).exists()}
    assert named == there


def test_the_table_of_verbs_has_every_verb() -> None:
    rows = re.findall(r"^\| (`.*?) \|", read("README.md").split("## Verbs")[1], re.MULTILINE)
    told = set(re.findall(r"`([a-z]+)`", " ".join(rows).split("`$XDG")[0]))
    assert told == {name for name, verb in VERBS.items() if not verb.hidden} - {"help"}


def test_the_reference_of_the_profile_has_every_key() -> None:
    text = read("docs/profile.md")
    containers = set(ContainerKeys.model_fields)
    keys = (set(schema.Service.model_fields) - containers) | set(schema.Profile.model_fields)
    untold = {key for key in keys if not re.search(rf"`{key}[`:.]", text)}
    assert untold <= {"image", "build"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_make_has_the_targets_that_the_documents_name() -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    named = {
        name for path in DOCUMENTS for name in re.findall(r"`make ([a-z]+)`", path.read_text())
    }
    assert named <= targets


def test_the_workflow_for_previews_brings_up_no_fork() -> None:
    block = re.search(r"```yaml\n(on:.*?)```", read("docs/previews.md"), re.DOTALL)
    assert block
    up = yaml.safe_load(block[1])["jobs"]["up"]
    assert "&& github.event.pull_request.head.repo.full_name == github.repository" in up["if"]
