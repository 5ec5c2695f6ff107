"""``devenv events``: what happened, oldest first."""

from __future__ import annotations

import time

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.result import Output
    from devenv.cli.session import Session

_PATIENCE = 60.0
_LAST = 100


def run(arguments: Arguments, session: Session) -> Output:
    limit = _LAST if arguments.tail is None else arguments.tail
    events = session.call("events", limit=limit)["events"]
    number = 0
    while True:
        if events:
            number = max(number, events[-1]["number"])
            yield b"".join(_lines(events, arguments))
        if not arguments.follow:
            return 0
        params = {"target": session.target(), "newer_than": number, "timeout": _PATIENCE}
        events = session.client.call("events", params, within=_PATIENCE + 30)["events"]


def _lines(events: list[dict[str, Any]], arguments: Arguments) -> list[bytes]:
    names = arguments.services
    wanted = [event for event in events if not names or event["service"] in names]
    return [_line(event, as_json=arguments.json) for event in wanted]


def _line(event: dict[str, Any], *, as_json: bool) -> bytes:
    if as_json:
        import json

        return json.dumps(event).encode() + b"\n"
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event["at"]))
    service = event["service"] or "-"
    return f"{at}  {service}  {event['kind']}  {event['text']}\n".encode("utf-8", "replace")
