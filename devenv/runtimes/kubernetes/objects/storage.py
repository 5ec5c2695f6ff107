"""What a pod mounts: named volumes, memory, files of configs and secrets."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from devenv.errors import DevenvError
from devenv.model.environment import Resources
from devenv.model.service import Service
from devenv.runtimes.kubernetes.names import digest, slug
from devenv.runtimes.kubernetes.objects.quantities import memory

Definition = Mapping[str, Any]
VOLUME_SIZE = "1Gi"
_MOST = 1024 * 1024
"""Bytes in a ConfigMap or a Secret; the API server's own bound."""
SHARED_MEMORY = "/dev/shm"


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount: the pod's volume, by name, and where the container has it."""

    name: str
    volume: Mapping[str, Any]
    place: Mapping[str, Any]


def object_name(kind: str, key: str) -> str:
    """The name of the object for a key of ``volumes``, ``configs`` or ``secrets``."""
    plain = slug(key)
    return f"{kind}-{plain}" if plain == key else f"{kind}-{plain}-{digest(key)}".replace("--", "-")


def mounts(service: Service) -> list[Mount]:
    """All mounts of a service. DevenvError: one that a cluster cannot make."""
    definition = service.definition
    return [*_volumes(definition), *_memory(definition), *_files(definition)]


def has_data(service: Service) -> bool:
    """Tell whether it mounts a named volume that it may write to."""
    definition = service.definition
    return any(
        one["type"] == "volume" and one.get("source") and not one.get("read_only")
        for one in definition.get("volumes") or ()
    )


def _volumes(definition: Definition) -> Iterator[Mount]:
    for number, written in enumerate(definition.get("volumes") or ()):
        place = {"mountPath": written["target"]}
        if written.get("read_only"):
            place["readOnly"] = True
        subpath = (written.get("volume") or {}).get("subpath")
        if subpath:
            place["subPath"] = subpath
        match written["type"]:
            case "volume" if written.get("source"):
                name = object_name("volume", written["source"])
                yield Mount(name, {"persistentVolumeClaim": {"claimName": name}}, place)
            case "volume":
                yield Mount(f"scratch-{number}", {"emptyDir": {}}, place)
            case "tmpfs":
                size = (written.get("tmpfs") or {}).get("size")
                yield Mount(f"memory-{number}", _in_memory(size), place)
            case _:
                raise DevenvError(
                    f"{written.get('source')} of this machine cannot be mounted in a cluster",
                    "put it into the image, or take `configs`, `secrets` or a named volume",
                )


def _memory(definition: Definition) -> Iterator[Mount]:
    written = definition.get("tmpfs") or ()
    for number, entry in enumerate([written] if isinstance(written, str) else written):
        path, _, options = entry.partition(":")
        sizes = [one[5:] for one in options.split(",") if one.startswith("size=")]
        yield Mount(f"tmpfs-{number}", _in_memory(sizes[0] if sizes else None), {"mountPath": path})
    if definition.get("shm_size"):
        yield Mount("shm", _in_memory(definition["shm_size"]), {"mountPath": SHARED_MEMORY})


def _in_memory(size: object) -> dict[str, Any]:
    limit = {"sizeLimit": memory(size)} if size else {}
    return {"emptyDir": {"medium": "Memory", **limit}}


def _files(definition: Definition) -> Iterator[Mount]:
    for section, prefix in (("configs", "config"), ("secrets", "secret")):
        for written in definition.get(section) or ():
            key = written["source"]
            name = object_name(prefix, key)
            mode = int(str(written.get("mode") or "0444"), 8)
            if not mode & 0o004 and any(
                str(written.get(one) or 0) != "0" for one in ("uid", "gid")
            ):
                raise DevenvError(
                    f"the file of {key} would be root's, and nobody else could read it",
                    "leave its `uid` and `gid` out, or let its `mode` be 0444",
                )
            volume = (
                {"configMap": {"name": name, "defaultMode": mode}}
                if prefix == "config"
                else {"secret": {"secretName": name, "defaultMode": mode}}
            )
            target = written.get("target") or (f"/{key}" if prefix == "config" else key)
            path = target if target.startswith("/") else f"/run/secrets/{target}"
            yield Mount(name, volume, {"mountPath": path, "subPath": "content", "readOnly": True})


def shared_objects(resources: Resources, metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The claims, configs and secrets that services of a preview mount.

    DevenvError: a source that is not of this repository.
    """
    return [
        *(_claim(key, dict(metadata)) for key, one in resources.volumes.items() if _own(key, one)),
        *(_held("config", key, one, metadata) for key, one in resources.configs.items()),
        *(_held("secret", key, one, metadata) for key, one in resources.secrets.items()),
    ]


def _own(key: str, volume: Mapping[str, Any]) -> bool:
    if volume.get("external"):
        raise DevenvError(
            f"the volume {key} is external, and a preview's namespace has none before it",
            "leave `external` out of what is previewed",
        )
    if volume.get("driver_opts") or volume.get("driver") not in (None, "local"):
        raise DevenvError(
            f"the volume {key} is of a driver, and a cluster makes it of its storage class",
            "leave `driver` and `driver_opts` out of what is previewed",
        )
    return True


def _claim(key: str, metadata: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {**metadata, "name": object_name("volume", key)},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": VOLUME_SIZE}},
        },
    }


def _held(
    prefix: str, key: str, definition: Definition, metadata: Mapping[str, Any]
) -> dict[str, Any]:
    if "content" not in definition:
        raise DevenvError(f"the {prefix} {key} has no content that could be taken along")
    content = str(definition["content"]).encode("utf-8", "surrogateescape")
    if len(content) > _MOST:
        size = f"{len(content) / 1024:.0f} KiB"
        raise DevenvError(
            f"the {prefix} {key} has {size}, and a cluster takes 1024", "put it into the image"
        )
    kind, field, binary = _HOLDERS[prefix]
    made = {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {**metadata, "name": object_name(prefix, key)},
    }
    try:
        return {**made, field: {"content": content.decode()}}
    except UnicodeDecodeError:
        return {**made, binary: {"content": base64.b64encode(content).decode()}}


_HOLDERS = {
    "config": ("ConfigMap", "data", "binaryData"),
    "secret": ("Secret", "stringData", "data"),
}
"""The kind, and its fields for text and for other bytes."""
