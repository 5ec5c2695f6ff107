"""Objects as text: for ``preview render``, and line by line against each other."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from devenv.model.secret import MASK

Object = Mapping[str, Any]


def text(objects: Iterable[Object], *, show_secrets: bool = False) -> str:
    """YAML, one document an object, as ``kubectl apply -f -`` takes it."""
    import yaml

    shown = objects if show_secrets else (masked(one) for one in objects)
    return yaml.safe_dump_all(shown, sort_keys=False, explicit_start=True, allow_unicode=True)


def masked(made: Object, before: Object | None = None) -> dict[str, Any]:
    """The same, without what a Secret holds, but for whether that is another than ``before``."""
    if made.get("kind") != "Secret":
        return dict(made)

    def shown(field: str, name: str) -> str:
        known = (before or {}).get(field) or {}
        changed = name in known and known[name] != made[field][name]
        return f"{MASK} (another)" if changed else MASK

    fields = [field for field in ("stringData", "data") if made.get(field)]
    return {
        **made,
        **{field: {name: shown(field, name) for name in made[field]} for field in fields},
    }


def difference(before: Object, after: Object) -> list[str]:
    """What would change, in lines: ``+``, ``-`` and three lines around each; no Secret is shown."""
    now, then = text([before]), text([masked(after, before)], show_secrets=True)
    return list(
        difflib.unified_diff(now.splitlines(), then.splitlines(), "now", "then", lineterm="")
    )
