"""How our things are called and marked in a cluster. Selection is always by our own labels."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from devenv.model.preview import Preview

PREFIX = "devenv.dev/"
MANAGED_BY = "app.kubernetes.io/managed-by"
OURS = "devenv"
"""The value of MANAGED_BY, the field manager, and the name of what each namespace has once."""
PREVIEW = PREFIX + "preview"
REPOSITORY = PREFIX + "repository"
SERVICE = PREFIX + "service"
INDEX = PREFIX + "index"
ENFORCE = "pod-security.kubernetes.io/enforce"
WARN = "pod-security.kubernetes.io/warn"

EMPTIED = PREFIX + "emptied"
"""The finalizer of what says that a namespace is lent."""
BRANCH = PREFIX + "branch"
SOURCE = PREFIX + "source"
"""The repository's address, as an annotation: a label cannot hold it."""
AT_ORIGIN = PREFIX + "was-at-origin"
"""The branch was once seen there; only then can it be gone."""
REQUEST = PREFIX + "pull-request"
"""The number of the pull or merge request that it was made for."""
OWNER = PREFIX + "owner"
HOLDER = PREFIX + "held-by"
"""Whose daemon minds a preview: the one that was asked for it last."""
EXPIRES = PREFIX + "expires-at"
USED = PREFIX + "last-used"
KEPT = PREFIX + "kept-since"
"""Nothing of a preview is to run any more, and its data stays."""
FINGERPRINT = PREFIX + "fingerprint"
HOST = PREFIX + "host"
GENERATION = PREFIX + "generation"
OF_PODS = (FINGERPRINT, GENERATION)
"""What pods have too, to tell those of a workload's newest definition from others."""
ATTEMPT = PREFIX + "attempt"
RESTARTS = PREFIX + "restarts"
STARTED = PREFIX + "started-at"
STOPPED = PREFIX + "stopped-at"
SUPERVISED = PREFIX + "supervised"
"""On a pod whose program can be started anew within its container."""

NAME_LIMIT = 40
"""Letters of a preview's name: a namespace has 63, and its generation and host names need some."""
LABEL_LIMIT = 63
SERVICE_LIMIT = 52
"""Letters of a service's name: a controller adds 11 to that of a StatefulSet."""
NO_REGISTRY = "localhost"
"""What stands for a registry in the name of an image that is only on nodes."""
_HASH = 8


def slug(text: str) -> str:
    """Make a-z, 0-9 and single dashes of it; may be empty."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def preview_name(repository: str, branch: str) -> str:
    """Name a preview: readable, and never that of another repository's or branch's.

    ``repository`` is an address or a path; its last part is shown.
    """
    readable = "-".join(filter(None, (repository_slug(repository), slug(branch))))
    room = NAME_LIMIT - _HASH - 1
    readable = readable[:room].strip("-")
    if not readable or not readable[0].isalpha() or readable.startswith("kube-"):
        readable = f"preview-{readable}"[:room].strip("-")
    return f"{readable}-{digest(repository, branch)}"


def repository_slug(repository: str) -> str:
    """What is shown of a repository: the last part of its address or path; may be empty."""
    return slug(repository.rstrip("/").rpartition("/")[2].removesuffix(".git"))[:15].strip("-")


def image_name(preview: Preview, service: str, inputs: str) -> str:
    """Name an image as a preview's cluster has it; ``inputs`` hashes its content."""
    readable = "-".join(filter(None, (repository_slug(preview.repository), slug(service))))
    return f"{preview.cluster.registry.rstrip('/') or NO_REGISTRY}/{readable}:{inputs}"


def host_name(preview: Preview, part: str) -> str:
    """The public host of a service: one label, for that is all a wildcard certificate covers."""
    tail = f"{digest(preview.repository, preview.branch)}-{part}"
    readable = slug(preview.branch)[: LABEL_LIMIT - len(tail) - 1].strip("-")
    return f"{'-'.join(filter(None, (readable, tail)))}.{preview.cluster.domain}"


def digest(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:_HASH]


def namespace_name(preview: str, generation: int) -> str:
    """A later generation need not wait for the namespace before it to go."""
    return preview if generation == 1 else f"{preview}-{generation}"


def generation_of(preview: str, namespace: str) -> int:
    """The generation of a preview's namespace; 0: it is none of its."""
    if namespace == preview:
        return 1
    number = namespace.removeprefix(f"{preview}-")
    return int(number) if number != namespace and re.fullmatch("[1-9][0-9]*", number) else 0


def is_host_name(name: str) -> bool:
    """Tell whether a cluster's names can be like this (RFC 1035)."""
    pattern = "[a-z]([-a-z0-9]*[a-z0-9])?"
    return len(name) <= SERVICE_LIMIT and re.fullmatch(pattern, name) is not None


def workload_name(service: str, index: int) -> str:
    return service if index == 0 else f"{service}-{index}"


def labels(preview: str, service: str = "", index: int = 0) -> dict[str, str]:
    """What every object of a preview is found by."""
    found = {MANAGED_BY: OURS, PREVIEW: preview}
    return {**found, SERVICE: service, INDEX: str(index)} if service else found
