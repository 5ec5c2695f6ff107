"""Succeeds when PostgreSQL lets the service's user log in and answers a query.

Speaks the little of the protocol that this takes, so that no client needs to be installed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import socket
import struct
import sys
import unicodedata
from typing import NoReturn

sys.path.insert(0, os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..")))

from profiles import silence

_TIME_LIMIT = 8.0
_OK, _SASL, _SASL_CONTINUE, _SASL_FINAL = 0, 10, 11, 12


class _RefusedError(Exception):
    """The server is there, and says no."""


class _Talk:
    """One connection: messages of a letter, a length and bytes."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=_TIME_LIMIT)
        self._stream = self._socket.makefile("rb")

    def send(self, letter: bytes, content: bytes) -> None:
        self._socket.sendall(letter + struct.pack("!i", len(content) + 4) + content)

    def receive(self) -> tuple[bytes, bytes]:
        letter, length = struct.unpack("!ci", self._take(5))
        content = self._take(length - 4)
        if letter == b"E":
            fields = {part[:1]: part[1:] for part in content.split(b"\0") if part}
            raise _RefusedError(fields.get(b"M", b"").decode(errors="replace"))
        return letter, content

    def wait_for(self, wanted: bytes) -> bytes:
        while True:
            letter, content = self.receive()
            if letter == wanted:
                return content

    def _take(self, size: int) -> bytes:
        content = self._stream.read(size)
        if len(content) < size:
            raise ConnectionError("the server closed the connection")
        return content


def _log_in(talk: _Talk, user: str, password: str, database: str) -> None:
    words = ("user", user, "database", database, "application_name", "devenv readiness", "")
    words_sent = b"".join(word.encode() + b"\0" for word in words)
    talk.send(b"", struct.pack("!i", 3 << 16) + words_sent)
    content = talk.wait_for(b"R")
    kind = struct.unpack_from("!i", content)[0]
    if kind == _SASL:
        _scram(talk, password)
        content = talk.wait_for(b"R")
        kind = struct.unpack_from("!i", content)[0]
    if kind != _OK:
        raise _RefusedError(f"it wants another kind of login (number {kind})")


def _scram(talk: _Talk, password: str) -> None:
    """Prove the password by SCRAM-SHA-256, and let the server prove that it knows it."""
    nonce = base64.b64encode(os.urandom(18)).decode()
    first = f"n=,r={nonce}"
    hello = f"n,,{first}".encode()
    talk.send(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(hello)) + hello)
    challenge = talk.wait_for(b"R")[4:].decode()
    said = dict(part.split("=", 1) for part in challenge.split(","))
    if not said["r"].startswith(nonce):
        raise _RefusedError("it answered somebody else's login")
    prepared = unicodedata.normalize("NFKC", password).encode()
    salt, rounds = base64.b64decode(said["s"]), int(said["i"])
    salted = hashlib.pbkdf2_hmac("sha256", prepared, salt, rounds)
    last = f"c=biws,r={said['r']}"
    signed = f"{first},{challenge},{last}".encode()
    key = _sign(salted, b"Client Key")
    signature = _sign(hashlib.sha256(key).digest(), signed)
    proof = bytes(left ^ right for left, right in zip(key, signature, strict=True))
    talk.send(b"p", f"{last},p={base64.b64encode(proof).decode()}".encode())
    verdict = talk.wait_for(b"R")[4:]
    expected = base64.b64encode(_sign(_sign(salted, b"Server Key"), signed))
    if not hmac.compare_digest(verdict.partition(b"v=")[2], expected):
        raise _RefusedError("it does not know the password itself: this is another server")


def _sign(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _fail(reason: str) -> NoReturn:
    sys.stderr.write(f"{reason}\n")
    sys.exit(1)


def main() -> None:
    environ = os.environ
    host, port = environ["PGHOST"], int(environ["PGPORT"])
    try:
        talk = _Talk(host, port)
        login = (environ[name] for name in ("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"))
        _log_in(talk, *login)
        talk.wait_for(b"Z")
        talk.send(b"Q", b"SELECT 1\0")
        talk.wait_for(b"D")
        talk.send(b"X", b"")
    except OSError as error:
        _fail(silence.words(host, port, error))
    except _RefusedError as error:
        _fail(str(error))


if __name__ == "__main__":
    main()
