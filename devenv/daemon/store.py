"""The desired state on disk: one file for each environment, replaced whole, without secrets."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import pickle
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from devenv.daemon.intent import Intent, Leaving
from devenv.errors import DevenvError
from devenv.failpoints import failpoint
from devenv.model.environment import EnvironmentId, Moved
from devenv.model.preview import Preview, cluster
from devenv.model.secret import is_secret_name
from devenv.planning.wishes import Choice, Wishes
from devenv.profile.checkout import Checkout
from devenv.profile.sources import Loaded, Source
from devenv.runtimes.protocol import Client

VERSION = 1
Files = Mapping[str, bytes | None]
Parse = Callable[[Files, Mapping[str, str]], Awaitable[Loaded]]
"""Parses the profile from recorded files and variables."""
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """What the file says. ``intent.loaded`` is None until the secrets are there too."""

    intent: Intent
    sources: Mapping[str, bytes | None]
    variables: Mapping[str, str | None]


def user_key(path: Path) -> bytes:
    """Read the user's own key of 32 bytes; make it at the first use."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        _replace(path, secrets.token_bytes(32))
        return path.read_bytes()


def write(path: Path, intent: Intent) -> None:
    """Replace the file. On any failure the old one is left as it was, and DevenvError is raised."""
    document = _document(intent)
    body = json.dumps({**document, "checksum": _checksum(document)})
    try:
        _replace(path, body.encode())
    except OSError as error:
        raise DevenvError(
            f"cannot write {path}: {error.strerror}",
            "nothing was changed; make room, then try again",
        ) from error
    failpoint("store.written")


def read(path: Path) -> Kept | None:
    """Read the file; None when it is absent, damaged, or of a version that we do not know."""
    try:
        document = json.loads(path.read_bytes())
        checksum = document.pop("checksum")
        if checksum != _checksum(document) or document["version"] != VERSION:
            return None
        return _kept(document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def forget(path: Path) -> None:
    path.unlink(missing_ok=True)


def files_of(intent: Intent) -> Document:
    """The files that an intent was read from, those that hold secrets left out."""
    sources = intent.loaded.sources if intent.loaded else {}
    return {path: _text(source.content) for path, source in sources.items() if not source.secret}


def secrets_of(intent: Intent) -> Document:
    """The part of an intent that never reaches a disk."""
    loaded = intent.loaded
    sources = loaded.sources if loaded else {}
    variables = loaded.variables if loaded else {}
    return {
        "environment": dict(intent.client.environment),
        "sources": {p: _text(s.content) for p, s in sources.items() if s.secret},
        "variables": {n: v for n, v in variables.items() if is_secret_name(n)},
        "contents": dict(intent.contents),
        "key": intent.preview.key.hex() if intent.preview else "",
    }


def memory(intent: Intent, build: str) -> bytes:
    """Make what the keeper holds for the next daemon: the secrets, and the parsed profile.

    The latter is only for a daemon of the same ``build``, which then need not parse.
    """
    parsed = base64.b64encode(pickle.dumps(intent.loaded)).decode()
    return json.dumps({**secrets_of(intent), "build": build, "parsed": parsed}).encode()


async def restore(kept: Kept, blob: bytes, *, build: str, parse: Parse) -> Intent:
    """Put the file and the keeper's memory together again: the intent as it was.

    ``parse`` is called where another build has left the memory; it may raise ProfileError.
    """
    remembered = json.loads(blob)
    client = Client(
        kept.intent.client.directory, kept.intent.client.umask, remembered["environment"]
    )
    preview = kept.intent.preview
    if preview is not None:
        preview = replace(preview, key=bytes.fromhex(remembered.get("key", "")))
    contents = remembered.get("contents", {})
    intent = replace(kept.intent, client=client, preview=preview, contents=contents)
    if remembered.get("build") == build:
        loaded = pickle.loads(base64.b64decode(remembered["parsed"]))
        if loaded is None or _content(loaded.sources) == kept.sources:
            return replace(intent, loaded=loaded)
    return replace(intent, loaded=await _parsed_again(kept, remembered, parse))


async def _parsed_again(kept: Kept, remembered: Document, parse: Parse) -> Loaded:
    sources = dict(kept.sources) | {p: _bytes(t) for p, t in remembered["sources"].items()}
    variables = dict(kept.variables) | remembered["variables"]
    return await parse(sources, {n: v for n, v in variables.items() if v is not None})


def _content(sources: Mapping[str, Source]) -> Mapping[str, bytes | None]:
    return {path: source.content for path, source in sources.items() if not source.secret}


def _document(intent: Intent) -> Document:
    wishes = intent.wishes
    loaded = intent.loaded
    variables = loaded.variables if loaded else {}
    return {
        "version": VERSION,
        "checkout": asdict(intent.checkout),
        "profiles": list(intent.profiles),
        "sources": files_of(intent),
        "variables": {n: v for n, v in variables.items() if not is_secret_name(n)},
        "client": {"directory": intent.client.directory, "umask": intent.client.umask},
        "wanted": sorted(wishes.wanted),
        "paused": sorted(wishes.paused),
        "generations": dict(wishes.generations),
        "replicas": dict(wishes.replicas),
        "runtimes": {name: asdict(choice) for name, choice in wishes.runtimes.items()},
        "watching": wishes.watching,
        "claims": [[*key, port] for key, port in sorted(wishes.claims.items())],
        "names": dict(wishes.names),
        "moved": {n: [asdict(one) for one in moved] for n, moved in wishes.moved.items()},
        "leaving": intent.leaving.value,
        "notice": intent.notice,
        "preview": _without_key(intent.preview) if intent.preview else None,
        "images": dict(intent.images),
        "digests": dict(intent.digests),
    }


def _kept(document: Document) -> Kept:
    checkout = dict(document["checkout"])
    checkout["id"] = EnvironmentId(checkout["id"])
    checkout["files"] = tuple(checkout["files"])
    intent = Intent(
        checkout=Checkout(**checkout),
        profiles=tuple(document["profiles"]),
        client=Client(document["client"]["directory"], document["client"]["umask"]),
        wishes=Wishes(
            wanted=frozenset(document["wanted"]),
            paused=frozenset(document.get("paused", ())),
            generations=document["generations"],
            replicas=document["replicas"],
            runtimes={n: Choice(**choice) for n, choice in document["runtimes"].items()},
            watching=document.get("watching", True),
            claims={(s, i, name): port for s, i, name, port in document["claims"]},
            names=document.get("names", {}),
            moved=_moved(document.get("moved", {})),
        ),
        leaving=Leaving(document["leaving"]),
        notice=document["notice"],
        preview=_preview(document.get("preview")),
        images=document.get("images", {}),
        digests=document.get("digests", {}),
    )
    sources = {path: _bytes(text) for path, text in document["sources"].items()}
    return Kept(intent, sources, document["variables"])


def _without_key(preview: Preview) -> Document:
    return {name: value for name, value in asdict(preview).items() if name != "key"}


def _preview(document: Document | None) -> Preview | None:
    if document is None:
        return None
    return Preview(**{**document, "cluster": cluster(document["cluster"])})


def _moved(written: Document) -> dict[str, tuple[Moved, ...]]:
    return {name: tuple(Moved(**one) for one in moved) for name, moved in written.items()}


def _text(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


def _checksum(document: Document) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
