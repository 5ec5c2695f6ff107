"""Counts the visits of a page in Redis, by the few words of its protocol that this takes."""

from __future__ import annotations

import os
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST, _, PORT = os.environ["REDIS"].partition(":")


def count() -> int:
    with socket.create_connection((HOST, int(PORT))) as redis:
        redis.sendall(b"INCR visits\r\n")
        return int(redis.makefile("rb").readline().removeprefix(b":"))


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        text = f"visit {count()}\n".encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text)


ThreadingHTTPServer(("", 8000), Page).serve_forever()
