"""What loggers write, and how grave it is."""

from __future__ import annotations

import pytest

from devenv.logs.level import level_of


@pytest.mark.parametrize(
    ("level", "line"),
    [
        ("error", b"2026-01-31 09:30:00,000 ERROR root: it broke"),
        ("error", b"[error] it broke"),
        ("error", b'{"level":"error","msg":"it broke"}'),
        ("error", b'{"time":1,"level":50,"msg":"pino"}'),
        ("error", b"time=1 level=fatal msg=x"),
        ("error", b"E0102 12:00:00.000000 1 main.go:1] klog"),
        ("error", b"ValueError: no"),
        ("error", b"java.lang.IllegalStateException: x"),
        ("error", b"panic: runtime error"),
        ("error", b"LOG [1] FATAL:  the database system is starting up"),
        ("warning", b"WARN  slow"),
        ("warning", b"warning: deprecated"),
        ("warning", b"<W> mongo"),
        ("info", b"INFO:     Started server"),
        ("info", b"level=info error=none"),
        ("debug", b"DEBUG x"),
        ("debug", b'{"severity": "TRACE"}'),
        ("", b"nothing to say about an error"),
        ("", b"GET /error 200"),
        ("", b""),
        ("", b"x" * 300 + b" ERROR"),
    ],
)
def test_a_line_is_as_grave_as_its_logger_says(level: str, line: bytes) -> None:
    assert level_of(line) == level
