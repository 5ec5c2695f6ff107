"""TLS before an engine's socket, with certificates of its own for both sides."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.lab.exchange import pour


@contextmanager
def served(upstream: str, folder: Path) -> Iterator[int]:
    """Listen on loopback; give the port. ``folder`` gets ca.pem, cert.pem and key.pem."""
    _make_certificates(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server-cert.pem", folder / "server-key.pem")
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_accept, args=(listening, context, upstream), daemon=True).start()
        yield int(listening.getsockname()[1])


def _make_certificates(folder: Path) -> None:
    folder.mkdir()
    _openssl(folder, "req", "-x509", "-subj", "/CN=test", *_key("ca-key.pem"), "-out", "ca.pem")
    for name, side in (("server-", "subjectAltName=IP:127.0.0.1"), ("", "subjectAltName=DNS:us")):
        request, end = f"{name}request.pem", folder / f"{name}end"
        end.write_text(f"{side}\n")
        _openssl(folder, "req", "-subj", "/CN=end", *_key(f"{name}key.pem"), "-out", request)
        signed = ("x509", "-req", "-in", request, "-CA", "ca.pem", "-CAkey", "ca-key.pem")
        more = ("-CAcreateserial", "-extfile", str(end), "-out", f"{name}cert.pem")
        _openssl(folder, *signed, *more)


def _key(name: str) -> tuple[str, ...]:
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    return (*kind, "-nodes", "-keyout", name)


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(("openssl", *words), cwd=folder, capture_output=True, check=True)


def _accept(listening: socket.socket, context: ssl.SSLContext, upstream: str) -> None:
    with suppress(OSError):
        while True:
            client, _ = listening.accept()
            threading.Thread(target=_serve, args=(client, context, upstream), daemon=True).start()


def _serve(client: socket.socket, context: ssl.SSLContext, upstream: str) -> None:
    with suppress(OSError), client, socket.socket(socket.AF_UNIX) as engine:
        engine.connect(upstream)
        with context.wrap_socket(client, server_side=True) as secured:
            back = threading.Thread(target=pour, args=(engine, secured), daemon=True)
            back.start()
            pour(secured, engine)
            back.join()
