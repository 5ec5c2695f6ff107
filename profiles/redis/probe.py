"""Succeeds when Redis takes the service's password and answers."""

from __future__ import annotations

import os
import socket
import sys

sys.path.insert(0, os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..")))

from profiles import silence

_TIME_LIMIT = 8.0


def _command(*words: str) -> bytes:
    parts = [word.encode() for word in words]
    head = b"*%d\r\n" % len(parts)
    return head + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def main() -> int:
    environ = os.environ
    host, port = environ["REDIS_HOST"], int(environ["REDIS_PORT"])
    try:
        with socket.create_connection((host, port), timeout=_TIME_LIMIT) as connection:
            connection.sendall(_command("AUTH", environ["REDIS_PASSWORD"]) + _command("PING"))
            answers = connection.makefile("rb")
            said = [answers.readline().strip().decode(errors="replace") for _ in range(2)]
    except OSError as error:
        said = [silence.words(host, port, error)]
    if said == ["+OK", "+PONG"]:
        return 0
    unique = "; ".join(dict.fromkeys(filter(None, said)))
    sys.stderr.write(f"{unique or silence.words(host, port, ConnectionError())}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
