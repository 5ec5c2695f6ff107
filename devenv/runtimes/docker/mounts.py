"""What a container sees of other file systems: binds, volumes, memory, secrets and configs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devenv.errors import DevenvError
from devenv.runtimes.docker.quantities import mode, size

SECRETS = "/run/secrets/"


@dataclass(frozen=True, slots=True)
class Copied:
    """A file that is put into a container before it starts, since it is nowhere on a disk."""

    path: str
    content: bytes
    mode: int = 0o444
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True, slots=True)
class Volume:
    """``options``, in the engine's form, make it again as it was, if somebody has removed it."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mounts:
    """In the engine's forms: ``binds`` (``source:target:options``), ``mounts``, ``tmpfs``."""

    binds: tuple[str, ...] = ()
    mounts: tuple[dict[str, Any], ...] = ()
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    copied: tuple[Copied, ...] = ()


def mounts_of(
    definition: Mapping[str, Any],
    *,
    volumes: Mapping[str, Volume],
    secrets: Mapping[str, Mapping[str, Any]],
    configs: Mapping[str, Mapping[str, Any]],
    values: Mapping[str, str],
) -> Mounts:
    """Make the mounts of a service.

    ``volumes`` gives the engine's side of each volume; ``secrets`` and ``configs`` are those of the
    project, ``values`` the variables that they may come from.
    """
    binds: list[str] = []
    mounts: list[dict[str, Any]] = []
    for written in definition.get("volumes") or ():
        if _is_plain_bind(written):
            binds.append(_bind(written))
        else:
            mounts.append(_mount(written, volumes))
    copied: list[Copied] = []
    granted = [
        *_granted(definition.get("secrets") or (), secrets, SECRETS),
        *_granted(definition.get("configs") or (), configs, "/"),
    ]
    for grant, source, target in granted:
        if source.get("file"):
            mounts.append(_read_only(str(source["file"]), target))
        else:
            copied.append(_copied(grant, source, target, values))
    tmpfs = dict(_tmpfs(one) for one in definition.get("tmpfs") or ())
    return Mounts(tuple(binds), tuple(mounts), tmpfs, tuple(copied))


def _is_plain_bind(written: Mapping[str, Any]) -> bool:
    """A bind whose source the engine makes where it is missing: only ``Binds`` can say that."""
    options = written.get("bind") or {}
    creates = options.get("create_host_path", True)
    return written["type"] == "bind" and bool(creates) and not options.get("recursive")


def _bind(written: Mapping[str, Any]) -> str:
    options = written.get("bind") or {}
    words = ["ro" if written.get("read_only") else "rw"]
    words += [str(options[key]) for key in ("selinux", "propagation") if options.get(key)]
    return f"{written['source']}:{written['target']}:{','.join(words)}"


def _mount(written: Mapping[str, Any], volumes: Mapping[str, Volume]) -> dict[str, Any]:
    kind, source = written["type"], written.get("source") or ""
    made: dict[str, Any] = {
        "Type": kind,
        "Target": written["target"],
        "ReadOnly": bool(written.get("read_only")),
    }
    volume = volumes.get(source, Volume(source)) if kind == "volume" else Volume(source)
    if source:
        made["Source"] = volume.name
    if kind == "volume":
        made["VolumeOptions"] = _volume_options(written.get("volume") or {}, volume)
    if kind == "tmpfs" and written.get("tmpfs"):
        options = written["tmpfs"]
        made["TmpfsOptions"] = {
            "SizeBytes": size(options.get("size")),
            "Mode": mode(options.get("mode"), 0o1777),
        }
    if kind == "bind" and (written.get("bind") or {}).get("propagation"):
        made["BindOptions"] = {"Propagation": written["bind"]["propagation"]}
    return made


def _volume_options(written: Mapping[str, Any], volume: Volume) -> dict[str, Any]:
    labels = {**(written.get("labels") or {}), **volume.options.get("Labels", {})}
    return {
        **volume.options,
        "NoCopy": bool(written.get("nocopy")),
        "Labels": labels,
        **({"Subpath": written["subpath"]} if written.get("subpath") else {}),
    }


def _read_only(source: str, target: str) -> dict[str, Any]:
    return {"Type": "bind", "Source": source, "Target": target, "ReadOnly": True}


def _granted(
    grants: Sequence[Mapping[str, Any]], declared: Mapping[str, Mapping[str, Any]], folder: str
) -> list[tuple[Mapping[str, Any], Mapping[str, Any], str]]:
    """Each grant with what it grants, and the absolute path where it is seen."""
    made = []
    for grant in grants:
        target = str(grant.get("target") or grant["source"])
        path = target if target.startswith("/") else folder + target
        made.append((grant, declared[grant["source"]], path))
    return made


def _copied(
    grant: Mapping[str, Any], source: Mapping[str, Any], target: str, values: Mapping[str, str]
) -> Copied:
    content = source.get("content")
    if content is None:
        variable = str(source.get("environment"))
        if variable not in values:
            raise DevenvError(f"{target} is made of the variable {variable}, which is not set")
        content = values[variable]
    owner = (int(str(grant.get(key) or 0)) for key in ("uid", "gid"))
    return Copied(target, str(content).encode(), mode(grant.get("mode")), *owner)


def _tmpfs(written: str) -> tuple[str, str]:
    path, _, options = written.partition(":")
    return path, options
