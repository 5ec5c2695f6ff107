"""What goes between the daemon and the process that parses for it. Light to import."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field

from devenv.model.origin import Problem
from devenv.profile.sources import Loaded, Request, Source

IDLE = 20.0
"""Seconds without a question after which the process ends."""


@dataclass(frozen=True, slots=True)
class Question:
    """``recorded`` holds files by path, to be read instead of those on disk.

    ``origins``: the answer also says where each value stands.
    """

    request: Request
    recorded: Mapping[str, bytes | None] | None = None
    origins: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """All problems of a profile, or the one failure that kept it from being read.

    ``sources`` holds each file that was read or looked for, by its path: with these and the same
    request it is refused again. Empty where that is not known.
    """

    message: str = ""
    hint: str = ""
    problems: tuple[Problem, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)


Answer = Loaded | Refused


def pack(message: Question | Answer) -> bytes:
    """Make a message: u32 length (big endian), pickle."""
    body = pickle.dumps(message)
    return len(body).to_bytes(4, "big") + body


def unpack_length(head: bytes) -> int:
    return int.from_bytes(head, "big")
