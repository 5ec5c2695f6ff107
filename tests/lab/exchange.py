"""One call to an engine and its answer, and the ways in which they can go wrong."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http import HTTPStatus

PIECE = 64 * 1024
END = b"\r\n\r\n"


class Exchange:
    """What a client asks on one connection, and the way to the engine."""

    def __init__(self, client: socket.socket, engine: socket.socket) -> None:
        self.client = client
        self.engine = engine
        self._request = b""

    def receive(self) -> bool:
        """Read the head of the call; False: the client has left without one."""
        while END not in self._request:
            data = self.client.recv(PIECE)
            if not data:
                return False
            self._request += data
        return True

    @property
    def call(self) -> str:
        """``METHOD /path``, without the version of the API and the query."""
        method, path, _ = self._request.decode("latin-1").split(" ", 2)
        return f"{method} {re.sub(r'^/v[0-9.]+', '', path).partition('?')[0]}"

    def body(self) -> bytes:
        """Read the body of the call, which is passed on all the same."""
        head, _, _ = self._request.partition(END)
        length = re.search(rb"(?im)^content-length: *([0-9]+)", head)
        whole = len(head) + len(END) + int(length[1] if length else 0)
        while len(self._request) < whole:
            self._request += self.client.recv(PIECE)
        return self._request[len(head) + len(END) :]

    def ask(self) -> None:
        """Pass the call on, and whatever the client sends after it."""
        self.engine.sendall(self._alone(self._request))
        threading.Thread(target=pour, args=(self.client, self.engine), daemon=True).start()

    def pass_on(self) -> None:
        self.ask()
        pour(self.engine, self.client)

    def answer(self) -> bytes:
        """Pass the call on; return all that the engine answers."""
        self.ask()
        return b"".join(iter(lambda: self.engine.recv(PIECE), b""))

    @staticmethod
    def _alone(request: bytes) -> bytes:
        """Ask for an end of the connection after the answer, unless it becomes a stream."""
        head, _, rest = request.partition(END)
        if re.search(rb"(?im)^upgrade:", head):
            return request
        head = re.sub(rb"(?im)^connection:.*\r\n", b"", head)
        return head + b"\r\nConnection: close" + END + rest


def pour(source: socket.socket, sink: socket.socket) -> None:
    """Pass on what comes, and its end."""
    with suppress(OSError):
        while data := source.recv(PIECE):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def delayed(seconds: float) -> Callable[[Exchange], None]:
    """The call arrives late."""

    def how(exchange: Exchange) -> None:
        threading.Event().wait(seconds)
        exchange.pass_on()

    return how


def held(answered: threading.Event, gate: threading.Event) -> Callable[[Exchange], None]:
    """The engine answers, but that arrives only once the gate is open."""

    def how(exchange: Exchange) -> None:
        answer = exchange.answer()
        answered.set()
        gate.wait()
        exchange.client.sendall(answer)

    return how


def reset(exchange: Exchange) -> None:
    """The call never arrives."""
    exchange.client.shutdown(socket.SHUT_RDWR)


def lost(exchange: Exchange) -> None:
    """The call is done, but its answer never arrives."""
    exchange.answer()
    reset(exchange)


def half_closed(exchange: Exchange) -> None:
    """The call is done; the engine's side closes without an answer."""
    exchange.answer()
    exchange.client.shutdown(socket.SHUT_WR)
    exchange.client.recv(PIECE)


def cut_short(exchange: Exchange) -> None:
    """The connection ends in the middle of the answer."""
    answer = exchange.answer()
    exchange.client.sendall(answer[: answer.index(END) + (len(answer) - answer.index(END)) // 2])


def half_json(exchange: Exchange) -> None:
    """The answer is whole by its length, but only half a JSON document."""
    head, _, body = exchange.answer().partition(END)
    half = body[: len(body) // 2]
    exchange.client.sendall(_answer(head.split(b"\r\n")[0], half))


def answered(status: HTTPStatus, message: str = "said by the test") -> Callable[[Exchange], None]:
    """The call never arrives, and is refused."""

    def how(exchange: Exchange) -> None:
        line = f"HTTP/1.1 {status.value} {status.phrase}".encode()
        exchange.client.sendall(_answer(line, json.dumps({"message": message}).encode()))

    return how


def instead(body: bytes) -> Callable[[Exchange], None]:
    """The call never arrives; it is answered with this document."""

    def how(exchange: Exchange) -> None:
        exchange.client.sendall(_answer(b"HTTP/1.1 200 OK", body))

    return how


def without_addresses(exchange: Exchange) -> None:
    """The engine's pools are used up: a network is made only with a subnet of its own."""
    if b'"Subnet"' in exchange.body():
        exchange.pass_on()
    else:
        message = "could not find an available, non-overlapping IPv4 address pool"
        answered(HTTPStatus.NOT_FOUND, message)(exchange)


def _answer(status: bytes, body: bytes) -> bytes:
    fields = b"Content-Type: application/json\r\nConnection: close"
    length = b"Content-Length: " + str(len(body)).encode()
    return b"\r\n".join([status, fields, length, b"", body])


def events(change: Callable[[Iterator[bytes]], Iterable[bytes]]) -> Callable[[Exchange], None]:
    """The stream of events is another one: ``change`` takes the engine's and gives the client's."""

    def how(exchange: Exchange) -> None:
        exchange.ask()
        with exchange.engine.makefile("rb") as stream:
            head = b"".join(iter(stream.readline, b"\r\n"))
            exchange.client.sendall(head + b"\r\n")
            for event in change(_chunks(iter(stream.readline, b""), stream.read)):
                exchange.client.sendall(b"%x\r\n%b\r\n" % (len(event), event))

    return how


def _chunks(lines: Iterator[bytes], read: Callable[[int], bytes]) -> Iterator[bytes]:
    for line in lines:
        if line.strip():
            yield read(int(line, 16))


def dropped(stream: Iterator[bytes]) -> Iterator[bytes]:
    """Every second event never arrives."""
    for number, event in enumerate(stream):
        if number % 2:
            yield event


def doubled(stream: Iterator[bytes]) -> Iterator[bytes]:
    for event in stream:
        yield event
        yield event


def stalled(stream: Iterator[bytes]) -> Iterator[bytes]:
    """The connection stays, and nothing comes any more."""
    for _ in stream:
        yield from ()


def broken(stream: Iterator[bytes]) -> Iterator[bytes]:
    """The connection ends within an event."""
    yield next(stream)[:-10]
