"""Mounts: ``SOURCE:TARGET:OPTIONS`` and its long form; files of secrets and configs; devices."""

from __future__ import annotations

import posixpath
from typing import Any

from devenv.errors import DevenvError
from devenv.profile.compose.scalars import (
    WINDOWS,
    absolute,
    boolean,
    integer,
    labels,
    one_of,
    scalar,
    size,
    string,
)
from devenv.profile.compose.shape import Spot, table

HINT = "write one like data:/var/lib/data, ./src:/app:ro or /cache"
_PROPAGATION = frozenset({"private", "rprivate", "shared", "rshared", "slave", "rslave"})


def octal(value: Any, spot: Spot) -> str:
    """A file's mode, ``0440``; YAML 1.1 reads a bare one as a number."""
    text = str(value)
    if isinstance(value, bool) or not text.removeprefix("0o").isdecimal():
        raise DevenvError(f"`{value}` is not a mode", "write one like 0440")
    digits = text.removeprefix("0o")
    return f"0{int(digits, 8):o}" if text.startswith("0") else f"0{int(digits):o}"


def _positive(value: Any, spot: Spot) -> str:
    found = size(value, spot)
    if found.startswith("-") or "." in str(value):
        raise DevenvError("a size is a whole number of bytes, and at least 0")
    return found


_LONG = table(
    {
        "type": one_of("bind", "volume", "tmpfs", "npipe", "cluster", "image"),
        "source": string,
        "target": string,
        "read_only": boolean,
        "consistency": string,
        "bind": table(
            {
                "propagation": string,
                "create_host_path": boolean,
                "recursive": one_of("enabled", "disabled", "writable", "readonly"),
                "selinux": one_of("z", "Z"),
            }
        ),
        "volume": table({"nocopy": boolean, "subpath": string, "labels": labels}),
        "tmpfs": table({"size": _positive, "mode": octal}),
        "image": table({"subpath": string}),
    }
)


def mount(value: Any, spot: Spot) -> dict[str, Any]:
    found = _LONG(value, spot) if isinstance(value, dict) else _short(string(value, spot))
    if "type" not in found:
        raise DevenvError("a mount needs a `type`", "bind, volume, tmpfs, image or npipe")
    if found["type"] == "bind":
        if not found.get("source"):
            raise DevenvError("a bind needs a `source`", HINT)
        found["source"] = absolute(found["source"], spot.folder)
    if (found.get("tmpfs") or {}).get("size") == "0":
        del found["tmpfs"]["size"]
    if found.get("target"):
        found["target"] = posixpath.normpath(found["target"])
    return found


def _short(text: str) -> dict[str, Any]:
    if WINDOWS.match(text):  # without a source, as Compose reads it
        return {"type": "volume", "target": text, "volume": {}}
    parts = text.split(":")
    if not text or any(not part for part in parts[:2]) or len(parts) > 3:
        raise DevenvError(f"`{text}` is not a mount", HINT)
    if len(parts) == 1:
        return {"type": "volume", "target": parts[0], "volume": {}}
    source, target = parts[0], parts[1]
    is_bind = source.startswith((".", "/", "~"))
    found: dict[str, Any] = {"type": "bind" if is_bind else "volume", "source": source}
    found["target"] = target
    details: dict[str, Any] = {}
    for option in parts[2].split(",") if len(parts) == 3 else ():
        if option in ("ro", "rw"):
            found |= {"read_only": True} if option == "ro" else {}
        elif option in ("z", "Z") and is_bind:
            details["selinux"] = option
        elif option in _PROPAGATION and is_bind:
            details["propagation"] = option
        elif option == "nocopy" and not is_bind:
            details["nocopy"] = True
    return {**found, found["type"]: details}


_FILE = table({"source": string, "target": string, "uid": scalar, "gid": scalar, "mode": octal})


def file(value: Any, spot: Spot) -> dict[str, Any]:
    """A secret or config that a service is given."""
    return _FILE(value, spot) if isinstance(value, dict) else {"source": string(value, spot)}


_DEVICE = table({"source": string, "target": string, "permissions": string})


def device(value: Any, spot: Spot) -> dict[str, Any]:
    if isinstance(value, dict):
        found = {"permissions": "rwm", **_DEVICE(value, spot)}
        return {"target": found.get("source"), **found}
    source, _, rest = string(value, spot).partition(":")
    target, _, permissions = rest.partition(":")
    if target and not target.startswith("/") and not permissions:
        target, permissions = "", target
    return {"source": source, "target": target or source, "permissions": permissions or "rwm"}


_ULIMIT = table({"soft": integer, "hard": integer})


def ulimit(value: Any, spot: Spot) -> Any:
    if not isinstance(value, dict):
        return integer(value, spot)
    found = _ULIMIT(value, spot)
    if not found:
        raise DevenvError("a limit is a number, or has `soft` and `hard`")
    return found
