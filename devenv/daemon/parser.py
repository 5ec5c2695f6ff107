"""The daemon's way to have a profile parsed: by a child that ends when it is idle."""

from __future__ import annotations

import asyncio
import pickle
import socket
import subprocess
import sys
from dataclasses import replace

from devenv.errors import DevenvError
from devenv.model.origin import ProfileError
from devenv.planning.previewing import previewed
from devenv.profile.checkout import PREVIEW
from devenv.profile.parsing import IDLE, Answer, Question, Refused, pack, unpack_length
from devenv.profile.sources import Loaded

WITHIN = 30.0
"""Seconds that one profile may take."""
Child = tuple[subprocess.Popen[bytes], socket.socket]


class Parser:
    """Answers one question after the other; a child that has ended is replaced."""

    def __init__(self) -> None:
        self._child: Child | None = None
        self._turn = asyncio.Lock()

    async def parse(self, question: Question) -> Loaded:
        """Parse a profile. Raises ProfileError with all problems, or DevenvError."""
        return loaded_of(await self.answer(question))

    async def answer(self, question: Question) -> Answer:
        """Parse a profile; that it is refused is an answer too."""
        async with self._turn:
            answer = await self._answer(question)
        return _as_asked(question, answer) if isinstance(answer, Loaded) else answer

    def warm(self) -> None:
        """Have a child ready for the first question."""
        if self._child is None:
            self._child = _start()
            asyncio.get_running_loop().call_later(IDLE, self._reap)

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            process, connection = self._child
            self._child = None
            connection.close()
            process.kill()
            process.wait()

    def _reap(self) -> None:
        """Bury a child that went to sleep."""
        if self._child is None:
            return
        if self._child[0].poll() is None:
            asyncio.get_running_loop().call_later(IDLE, self._reap)
        else:
            self.close()

    async def _answer(self, question: Question) -> Answer:
        was_there = self._child is not None
        self.warm()
        answer = await self._ask(question)
        if answer is None and was_there:  # it went to sleep as we asked
            self.warm()
            answer = await self._ask(question)
        return answer or Refused("the profile cannot be read: its parser has ended")

    async def _ask(self, question: Question) -> Answer | None:
        assert self._child is not None
        connection = self._child[1]
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(WITHIN):
                await loop.sock_sendall(connection, pack(question))
                head = await _receive(connection, 4)
                body = await _receive(connection, unpack_length(head))
        except TimeoutError:
            self.close()
            return Refused(f"the profile was not read within {WITHIN:g} s", "make it smaller")
        except (ConnectionError, EOFError):
            self.close()
            return None
        answer: Answer = pickle.loads(body)
        return answer


def loaded_of(answer: Answer) -> Loaded:
    """Raises ProfileError with all problems, or DevenvError, where it was refused."""
    if isinstance(answer, Loaded):
        return answer
    if answer.problems:
        raise ProfileError(answer.problems)
    raise DevenvError(answer.message, answer.hint)


def _as_asked(question: Question, loaded: Loaded) -> Loaded:
    """The profile as it is meant here, or in a preview."""
    if question.request.builtin.get("DEVENV_KIND") != PREVIEW:
        return loaded
    return replace(loaded, environment=previewed(loaded.environment))


def _start() -> Child:
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "devenv.profile"],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    ours.setblocking(False)
    return process, ours


async def _receive(connection: socket.socket, size: int) -> bytes:
    """Receive exactly ``size`` bytes; EOFError when there are no more."""
    loop = asyncio.get_running_loop()
    parts: list[bytes] = []
    while size:
        part = await loop.sock_recv(connection, size)
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
