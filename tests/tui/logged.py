"""What the services of the stage have written: levels, JSON, a trace, a long line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from devenv.logs.segment import NOTE, STDOUT, Writer
from tests.tui.stage import NOW

_TRACE = (
    "Traceback (most recent call last):",
    '  File "/home/me/shop/api.py", line 12, in order',
    "    stock = ask(name)",
    '  File "/home/me/shop/api.py", line 40, in ask',
    "    raise ConnectionRefusedError(address)",
    "ConnectionRefusedError: ('127.0.0.1', 22694)",
)
LINES = (
    (0.0, "db", STDOUT, "LOG:  database system is ready to accept connections"),
    (0.2, "worker", STDOUT, "INFO waiting for orders"),
    (0.9, "web", STDOUT, '{"level": "info", "message": "listening", "port": 21457}'),
    (1.4, "web", STDOUT, "GET / 200 3 ms"),
    (2.0, "mailer", STDOUT, "cannot read /etc/mailer.toml: no such file"),
    (2.1, "mailer", NOTE, "ended with exit code 3"),
    (3.0, "db", STDOUT, "FATAL:  the database system is shutting down"),
    *((3.5, "web", STDOUT, line) for line in _TRACE),
    (3.6, "web", STDOUT, f"WARNING retrying with {'a long list of all that is known, ' * 8}"),
    (4.0, "worker", STDOUT, "\x1b[32mDEBUG\x1b[0m took order 4711"),
    *((5.0 + number, "web", STDOUT, f"GET /orders/{number} 200 4 ms") for number in range(40)),
    (60.0, "db", STDOUT, "ERROR:  connection refused"),
)


def write_logs(folder: Path) -> Mapping[str, Path]:
    """Write them below ``folder``; the folder of each service."""
    writers: dict[str, Writer] = {}
    for after, service, stream, line in LINES:
        if service not in writers:
            writers[service] = Writer(str(folder / service), 1 << 30)
        at = int((NOW - 3600 + after) * 1_000_000_000)
        writers[service].write(stream, at, line.encode() + b"\n")
    for writer in writers.values():
        writer.close()
    return {name: folder / name for name in writers}
