"""``devenv attach SERVICE``: this terminal becomes the service's, until it ends or we leave."""

from __future__ import annotations

import socket

from devenv.cli.render import notice
from devenv.cli.result import Result
from devenv.cli.terminal import Terminal, is_one, size
from devenv.errors import DevenvError, UsageError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session

_DETACH = "ctrl-p,ctrl-q"


def run(arguments: Arguments, session: Session) -> Result:
    name, index = split_name(arguments.service, arguments.index)
    leave = arguments.detach_keys or _DETACH
    keys = read_keys(leave)
    columns, rows = size()
    params = {
        "target": session.target(),
        "service": name,
        "index": index,
        "columns": columns,
        "rows": rows,
    }
    _, descriptors = session.client.call_for_descriptors("attach", params)
    if len(descriptors) != 1:
        raise DevenvError(f"the daemon gave no connection to {name}")
    if is_one():
        notice(f"Attached to {name}: {leave.replace(',', ' ')} leaves it, and it goes on.")
    with socket.socket(fileno=descriptors[0]) as sock:
        status = Terminal(sock, keys).pump()
    if status is None:
        place = f" -e {arguments.environment}" if arguments.environment else ""
        again = f"`devenv{place} attach {arguments.service}`"
        notice(f"Detached. {name} goes on; {again} comes back.")
        return Result({"detached": True})
    return Result({"detached": False, "exit_code": status}, code=status)


def split_name(word: str, index: int | None) -> tuple[str, int]:
    """``web.2`` is the replica 2 of ``web``, and so is ``web`` with --index 2."""
    name, dot, number = word.rpartition(".")
    if dot and number.isascii() and number.isdigit() and index is None:
        return name, int(number)
    return word, index or 0


def read_keys(text: str) -> bytes:
    """The bytes of a sequence such as ``ctrl-p,ctrl-q`` or ``ctrl-],x``."""
    keys = b""
    for word in text.split(","):
        letter = word.removeprefix("ctrl-")
        if len(letter) != 1 or not letter.isascii():
            raise UsageError(f"--detach-keys {text}: {word!r} is no key", "For example: ctrl-p,x")
        keys += letter.encode() if letter == word else bytes((ord(letter.upper()) & 0x1F,))
    return keys
