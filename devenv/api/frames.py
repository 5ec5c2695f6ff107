"""The bytes of an attached terminal: frames of u32 length (big endian), u8 channel, data."""

from __future__ import annotations

INPUT = 0
OUTPUT = 1
ERRORS = 2
RESIZE = 3
END = 4
INPUT_END = 5

LIMIT = 1024 * 1024
"""The longest frame, its channel included."""


def pack(channel: int, data: bytes) -> bytes:
    return (len(data) + 1).to_bytes(4, "big") + bytes((channel,)) + data


def pack_resize(columns: int, rows: int) -> bytes:
    return pack(RESIZE, columns.to_bytes(2, "big") + rows.to_bytes(2, "big"))


def read_resize(data: bytes) -> tuple[int, int]:
    """Columns and rows."""
    return int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")


class Splitter:
    """Cuts a stream of bytes into frames, however it arrives."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The frames (channel, data) that are complete now; ValueError for an impossible length."""
        self._rest += data
        frames = []
        while len(self._rest) >= 4:
            length = int.from_bytes(self._rest[:4], "big")
            if not 1 <= length <= LIMIT:
                raise ValueError(f"a frame of {length} bytes")
            if len(self._rest) < 4 + length:
                break
            frames.append((self._rest[4], self._rest[5 : 4 + length]))
            self._rest = self._rest[4 + length :]
        return frames
