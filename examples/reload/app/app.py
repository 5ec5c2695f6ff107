"""Shows page.html, read anew for each visit; a save of this file starts the app anew."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

GREETING = "Hello"


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        text = Path("page.html").read_text().replace("GREETING", GREETING).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


if __name__ == "__main__":
    ThreadingHTTPServer(("0.0.0.0", 8000), Pages).serve_forever()
