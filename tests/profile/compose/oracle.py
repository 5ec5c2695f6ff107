"""What ours and theirs make of one file, and how the two differ."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from devenv.model.origin import Origin
from devenv.profile.compose.resolve import resolve
from devenv.profile.layers import Named
from devenv.profile.reading import Reading
from devenv.profile.sources import Request, read_file
from tests.lab.resolver import Case

VARIABLES = {"GOLDEN_TAG": "v1", "GOLDEN_PORT": "8080", "HOME": "/root"}
BESIDE = ("example1.env", "example2.env", "example1.label", "example2.label")
_LITERAL = re.compile(r"`([^`]*)`")


def ours(case: Case) -> dict[str, Any] | list[str]:
    """The model, or what is wrong."""
    request = Request(case.dir, profiles=tuple(case.profiles), environment=case.env)
    reading = Reading(request, read_file)
    resolved = resolve(reading, tuple(Named(file, Origin(file)) for file in case.files))
    problems = [str(one.message) for one in reading.problems.all() if not one.warning]
    return problems or resolved.printed


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Say where two models differ."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            if key not in ours or key not in theirs:
                side = "only theirs" if key in theirs else "only ours"
                yield f"{path}.{key}: {side}"
            else:
                yield from differences(ours[key], theirs[key], f"{path}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif ours != theirs:
        yield f"{path}: ours {json.dumps(ours)[:80]}, theirs {json.dumps(theirs)[:80]}"


def verdict(found: dict[str, Any] | list[str], answer: Mapping[str, Any]) -> str:
    """Compare with what theirs answered; "" where both agree."""
    if "error" in answer:
        return "" if isinstance(found, list) else f"theirs refuses: {answer['error'][:120]}"
    if isinstance(found, list):
        return f"ours refuses: {found[0][:120]}"
    return "; ".join(list(differences(found, answer["model"]))[:3])


def corpus(module: Path, folder: Path) -> dict[str, Case]:
    """Every Compose file that the module is tested with: its own, and those within its tests."""
    cases = {
        str(path.relative_to(module)): Case(str(path.parent), [str(path)], VARIABLES)
        for path in sorted(module.rglob("*.y*ml"))
    }
    for source in ("loader", "override", "transform"):
        for test in sorted((module / source).glob("*_test.go")):
            cases |= _within(test, module / "loader", folder)
    return cases


def _within(test: Path, beside: Path, folder: Path) -> dict[str, Case]:
    found: dict[str, Case] = {}
    texts = [text for text in _LITERAL.findall(test.read_text()) if _is_file(text)]
    for number, text in enumerate(texts):
        place = folder / test.stem / str(number)
        place.mkdir(parents=True)
        (place / "compose.yaml").write_text(_outdented(text))
        for name in BESIDE:
            (place / name).write_bytes((beside / name).read_bytes())
        case = Case(str(place), [str(place / "compose.yaml")], VARIABLES)
        found[f"{test.name}#{number}"] = case
    return found


def _is_file(text: str) -> bool:
    return "services:" in text and "\n" in text


def _outdented(text: str) -> str:
    lines = text.strip("\n").split("\n")
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "\n".join(line[indent:] for line in lines)
