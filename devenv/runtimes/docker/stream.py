"""Long streams of an engine on sockets of their own: read in large pieces, without a thread."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from devenv.runtimes.docker.address import Address
from devenv.runtimes.docker.connection import AwayError, RefusedError, away

READ = 256 * 1024
HEAD_LIMIT = 64 * 1024
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def request(
    address: Address, method: str, path: str, *, body: bytes = b""
) -> AsyncIterator[Streams]:
    """Ask for a stream; its answer begins at what the reader gives next.

    HTTP/1.0, so that the engine does not cut the answer into chunks. Raises AwayError or
    RefusedError.
    """
    reader, writer = await _ask(address, [f"{method} {path} HTTP/1.0"], body)
    try:
        yield reader, writer
    finally:
        writer.close()


async def hijack(address: Address, path: str, *, body: bytes = b"") -> Streams:
    """Ask for a connection on which both sides write from then on; the caller closes it.

    Raises AwayError or RefusedError.
    """
    upgrade = ["Connection: Upgrade", "Upgrade: tcp"]
    return await _ask(address, [f"POST {path} HTTP/1.1", *upgrade], body)


async def _ask(address: Address, lines: list[str], body: bytes) -> Streams:
    reader, writer = await _connect(address)
    length = [f"Content-Length: {len(body)}"] if body else []
    head = [*lines, "Host: docker", "Content-Type: application/json", *length, "", ""]
    try:
        writer.write("\r\n".join(head).encode() + body)
        await _expect_success(reader)
    except BaseException:
        writer.close()
        raise
    return reader, writer


async def _expect_success(reader: asyncio.StreamReader) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(maxsplit=2)[1])
        if status >= 400:
            raise RefusedError(_said(await reader.read(HEAD_LIMIT)), status)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError) as error:
        raise AwayError("the engine ended the connection") from error


def _said(answer: bytes) -> str:
    """The engine's reason, which is JSON, or what stands there instead."""
    text = answer.decode("utf-8", "replace").strip()
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text


async def _connect(address: Address) -> Streams:
    parts = urlsplit(address.url)
    try:
        if parts.scheme == "unix":
            return await asyncio.open_unix_connection(parts.path, limit=READ)
        context = _context(address) if address.certificates else None
        return await asyncio.open_connection(
            parts.hostname, parts.port or 2375, ssl=context, limit=READ
        )
    except OSError as error:
        raise away(error, address) from error


def _context(address: Address) -> ssl.SSLContext:
    folder = address.certificates
    context = ssl.create_default_context(cafile=os.path.join(folder, "ca.pem"))
    if os.path.exists(os.path.join(folder, "cert.pem")):
        context.load_cert_chain(os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"))
    if not address.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def query(**parameters: object) -> str:
    """Make a query string of what is not None."""
    from urllib.parse import urlencode

    found: Mapping[str, str] = {k: str(v) for k, v in parameters.items() if v is not None}
    return urlencode(found)
