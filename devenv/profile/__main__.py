"""Parses profiles for the daemon, in a process of its own: ``python -m devenv.profile``.

The daemon stays small, is not held up by a large profile, and no file of a repository is parsed
in the process that steers everything. Questions and answers go over the socket that is standard
input, as pickles with a length before each; both sides are of one build. It ends when idle.
"""

from __future__ import annotations

import pickle
import socket
from collections.abc import Mapping

from devenv.errors import DevenvError
from devenv.model.origin import ProfileError
from devenv.profile.load import load
from devenv.profile.parsing import IDLE, Answer, Question, Refused, pack, unpack_length
from devenv.profile.sources import Reader, Source, read_file


def main() -> None:
    connection = socket.socket(fileno=0)
    connection.settimeout(IDLE)
    with connection:
        while (question := _receive(connection)) is not None:
            connection.sendall(pack(answer(question)))


def answer(question: Question) -> Answer:
    """Parse one profile; what is wrong with it is an answer too."""
    recorded: Mapping[str, bytes | None] | None = question.recorded
    seen = Seen(read_file if recorded is None else recorded.get)
    try:
        return load(question.request, seen.read, origins=question.origins)
    except ProfileError as error:
        return Refused(problems=error.problems, sources={} if seen.failed else seen.sources)
    except DevenvError as error:
        return Refused(error.message, error.hint)


class Seen:
    """Reads for a load, and keeps what was read for an answer that has no load."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.sources: dict[str, Source] = {}
        self.failed = False

    def read(self, path: str) -> bytes | None:
        try:
            content = self._reader(path)
        except DevenvError:
            self.failed = True
            raise
        self.sources[path] = Source(content)
        return content


def _receive(connection: socket.socket) -> Question | None:
    """Wait for a question; None when nobody has one any more."""
    try:
        head = connection.recv(4, socket.MSG_WAITALL)
    except TimeoutError:
        return None
    if len(head) < 4:
        return None
    body = connection.recv(unpack_length(head), socket.MSG_WAITALL)
    question: Question = pickle.loads(body)
    return question


if __name__ == "__main__":
    main()
