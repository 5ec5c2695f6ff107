"""Succeeds when Redis takes the service's password and answers."""

from __future__ import annotations

import os
import socket
import sys

_TIME_LIMIT = 8.0


def _command(*words: str) -> bytes:
    parts = [word.encode() for word in words]
    head = b"*%d\r\n" % len(parts)
    return head + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def main() -> int:
    environ = os.environ
    address = (environ["REDIS_HOST"], int(environ["REDIS_PORT"]))
    try:
        with socket.create_connection(address, timeout=_TIME_LIMIT) as connection:
            connection.sendall(_command("AUTH", environ["REDIS_PASSWORD"]) + _command("PING"))
            answers = connection.makefile("rb")
            said = [answers.readline().strip().decode(errors="replace") for _ in range(2)]
    except OSError as error:
        said = [str(error)]
    if said == ["+OK", "+PONG"]:
        return 0
    sys.stderr.write(f"not ready: {'; '.join(said)}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
