"""Times as the API writes them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds(written: str) -> float:
    """``2026-01-02T03:04:05Z`` in seconds since the epoch."""
    return datetime.fromisoformat(written.replace("Z", "+00:00")).timestamp()


def moment(written: str) -> float | None:
    """In seconds since the epoch; None where that is nothing that the API would write."""
    try:
        return seconds(written) if written else None
    except ValueError:
        return None


def stamp(at: float) -> str:
    """Seconds since the epoch as the API writes them."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def told(at: float) -> str:
    """Seconds since the epoch, for people."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
