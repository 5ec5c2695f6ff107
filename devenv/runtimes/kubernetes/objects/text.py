"""Objects as text: for ``preview render``, and line by line against each other."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from devenv.model.secret import MASK


def text(objects: Iterable[Mapping[str, Any]], *, show_secrets: bool = False) -> str:
    """YAML, one document an object, as ``kubectl apply -f -`` takes it."""
    import yaml

    shown = objects if show_secrets else (masked(one) for one in objects)
    return yaml.safe_dump_all(shown, sort_keys=False, explicit_start=True, allow_unicode=True)


def masked(made: Mapping[str, Any]) -> dict[str, Any]:
    """The same, without what a Secret holds."""
    if made.get("kind") != "Secret":
        return dict(made)
    fields = {key: dict.fromkeys(made[key], MASK) for key in ("stringData", "data") if key in made}
    return {**made, **fields}


def difference(
    before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]
) -> list[str]:
    """What would change, in lines: ``+``, ``-`` and three lines around each."""
    lines = difflib.unified_diff(
        text(before).splitlines(), text(after).splitlines(), "now", "then", lineterm=""
    )
    return list(lines)
