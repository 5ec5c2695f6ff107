"""The small languages inside values: durations, sizes, signals, shell words, restart policies.

Each function reads one text and raises DevenvError with a hint.
"""

from __future__ import annotations

import re
import shlex
import signal

from devenv.errors import DevenvError, did_you_mean
from devenv.model.service import Restart, RestartPolicy

_DURATION_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d|w)")
_SECONDS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
}
_REFERENCE = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_KEPT = re.compile("\0([0-9]+)\0")
_SIZE = re.compile(r"(\d{1,12})\s*(b|k|kb|m|mb|g|gb)?", re.IGNORECASE)
_HOST_PART = re.compile("[a-z0-9]([a-z0-9-]*[a-z0-9])?")
OWN_NAME = "*"
"""What stands for a service's own name until that is known."""
_POWERS = {"b": 0, "k": 1, "m": 2, "g": 3}


def duration(written: str) -> float:
    """Read ``1m30s`` as seconds."""
    parts = _DURATION_PART.findall(written)
    if written == "0":
        return 0.0
    if not parts or "".join(number + unit for number, unit in parts) != written:
        raise DevenvError(f"`{written}` is not a duration", "write one like 500ms, 10s or 1m30s")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if seconds > 1e9:
        raise DevenvError(f"`{written}` is too long", "write one like 500ms, 10s or 1m30s")
    return seconds


def host_part(written: str) -> str:
    """Read the part of a host name that is a service's; ``true`` is its name, ``false`` none."""
    if written in {"true", "false"}:
        return OWN_NAME if written == "true" else ""
    if not _HOST_PART.fullmatch(written):
        raise DevenvError(
            f"`{written}` cannot be part of a host name", "true, or a name of a-z, 0-9 and -"
        )
    return written


def size(written: str) -> int:
    """Read ``256MB`` as bytes (1024 based, as in Compose)."""
    match = _SIZE.fullmatch(written)
    if match is None:
        raise DevenvError(f"`{written}` is not a size", "write one like 512kb, 256MB or 2GB")
    unit = (match[2] or "b").lower()
    return int(match[1]) << 10 * _POWERS[unit[0]]


def words(written: str) -> tuple[str, ...]:
    """Split a command as a shell would, without running one; a reference stays whole."""
    references = _REFERENCE.findall(written)
    numbers = iter(range(len(references)))
    try:
        split = shlex.split(_REFERENCE.sub(lambda _: f"\0{next(numbers)}\0", written))
    except ValueError as error:
        raise DevenvError(
            f"cannot split `{written}` into words: {str(error).lower()}",
            "close the quote, or write a list",
        ) from error
    return tuple(_KEPT.sub(lambda match: references[int(match[1])], word) for word in split)


def stop_signal(written: str) -> str:
    """Read ``INT``, ``SIGINT`` or ``2`` as ``SIGINT``."""
    if written.isdecimal() and len(written) < 4:
        try:
            return signal.Signals(int(written)).name
        except ValueError as error:
            raise DevenvError(f"there is no signal {written}") from error
    name = written.upper() if written.upper().startswith("SIG") else f"SIG{written.upper()}"
    if name not in signal.Signals.__members__:
        hint = did_you_mean(name, signal.Signals.__members__) or "write one like SIGINT"
        raise DevenvError(f"`{written}` is not a signal", hint)
    return name


def restart(written: str) -> Restart:
    """Read ``no``, ``always``, ``on-failure[:N]`` or ``unless-stopped``."""
    name, colon, limit = written.partition(":")
    if name not in list(RestartPolicy) or (colon and name != RestartPolicy.ON_FAILURE):
        hint = did_you_mean(name, RestartPolicy) or "no, always, on-failure[:N] or unless-stopped"
        raise DevenvError(f"`{written}` is not a restart policy", hint)
    if not colon:
        return Restart(RestartPolicy(name))
    if not (limit.isdecimal() and 0 < len(limit) < 7):
        raise DevenvError(f"`{limit}` is not a number of restarts", "write one like on-failure:3")
    return Restart(RestartPolicy.ON_FAILURE, int(limit))
