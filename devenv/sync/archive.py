"""Writes an uncompressed tar archive: ustar, with GNU's long names (tar(5)). Pure."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass

BLOCK = 512
END = bytes(2 * BLOCK)
_BEFORE, _AFTER = struct.Struct("100s8s8s8s12s12s"), struct.Struct("1s100s8s")
"""A header's fields before and after its checksum."""
FILE, LINK, FOLDER, LONG_LINK, LONG_NAME = b"0", b"2", b"5", b"K", b"L"


@dataclass(frozen=True, slots=True)
class Meta:
    """``mtime``: seconds since the epoch."""

    mode: int
    owner: int = 0
    group: int = 0
    mtime: int = 0


FOLDER_META = Meta(0o755)


def file(name: str, content: bytes, meta: Meta) -> bytes:
    """A file with its content."""
    return _named(name, _header(FILE, name, meta, size=len(content))) + _padded(content)


def link(name: str, target: str, meta: Meta) -> bytes:
    """A symbolic link."""
    long = os.fsencode(target)
    before = _long(LONG_LINK, long) if len(long) > 100 else b""
    return before + _named(name, _header(LINK, name, meta, target=long))


def folder(name: str, meta: Meta = FOLDER_META) -> bytes:
    """A folder."""
    return _named(f"{name}/", _header(FOLDER, f"{name}/", meta))


def _named(name: str, header: bytes) -> bytes:
    encoded = os.fsencode(name)
    return (_long(LONG_NAME, encoded) if len(encoded) > 100 else b"") + header


def _long(kind: bytes, name: bytes) -> bytes:
    content = name + b"\0"
    header = _header(kind, "././@LongLink", Meta(0), size=len(content))
    return header + _padded(content)


def _header(kind: bytes, name: str, meta: Meta, *, size: int = 0, target: bytes = b"") -> bytes:
    before = _BEFORE.pack(
        os.fsencode(name),
        _number(meta.mode, 8),
        _number(meta.owner, 8),
        _number(meta.group, 8),
        _number(size, 12),
        _number(max(0, meta.mtime), 12),
    )
    after = _AFTER.pack(kind, target, b"ustar  \0")
    checksum = b"%06o\0 " % (sum(before) + 8 * ord(" ") + sum(after))
    return (before + checksum + after).ljust(BLOCK, b"\0")


def _number(value: int, width: int) -> bytes:
    octal = b"%0*o\0" % (width - 1, value)
    if len(octal) == width:
        return octal
    return b"\x80" + value.to_bytes(width - 1, "big")  # GNU's way for what is too large


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % BLOCK)
