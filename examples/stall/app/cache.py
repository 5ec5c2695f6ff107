"""Redis, by the few words of its protocol that this takes."""

from __future__ import annotations

import os
import socket
from urllib.parse import urlsplit


def ask(*words: str) -> bytes:
    address = urlsplit(os.environ["CACHE_URL"])
    with socket.create_connection((address.hostname, address.port)) as redis:
        redis.sendall(" ".join(words).encode() + b"\r\n")
        answers = redis.makefile("rb")
        first = answers.readline().strip()
        return answers.readline().strip() if first.startswith(b"$") and first != b"$-1" else first
