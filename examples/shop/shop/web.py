"""The page: what there is, who ordered, and a form to order with."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterable
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from shop import stock
from shop.queue import Queue, Wish

PAGE = """<!doctype html>
<meta charset="utf-8">
<title>The shop</title>
<style>body {{ font: 1.1em system-ui; max-width: 32em; margin: 3em auto }}
td {{ padding-right: 2em }}</style>
<h1>The shop</h1>
<p>Visit {visits}. The shelf and the orders are in PostgreSQL {version}.
<table>{products}</table>
<form method="post" action="/orders">
<input name="customer" placeholder="Your name" required>
<select name="product">{options}</select> <button>Order</button>
</form>
<h2>Orders</h2>
<ul>{orders}</ul>
"""


class Page(BaseHTTPRequestHandler):
    queue: Queue

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self._answer("ok")
        elif self.path == "/":
            self._answer(self._page())
        elif self.path.startswith("/orders/"):
            with stock.connect() as connection:
                self._answer(stock.state_of(connection, self.path.split("/")[2]) or "waiting")
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        with stock.connect() as connection:
            known = {product.name for product in stock.products(connection)}
        if not fields.get("customer") or fields.get("product") not in known:
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        wish = Wish(str(uuid.uuid4()), fields["customer"], fields["product"])
        self.queue.put(wish)
        self._answer(wish.number, HTTPStatus.SEE_OTHER, "/")

    def _page(self) -> str:
        with stock.connect() as connection:
            products, orders = stock.products(connection), stock.orders(connection)
            version = connection.info.parameter_status("server_version") or ""
        return PAGE.format(
            visits=self.queue.count_visit(),
            version=escape(version.split(" ", maxsplit=1)[0]),
            products=_rows(
                f"<tr><td>{escape(item.name)}<td>{item.cents / 100:.2f}<td>{item.left} left"
                for item in products
            ),
            options=_rows(f"<option>{escape(product.name)}" for product in products),
            orders=_rows(
                f"<li>{escape(order.product)} for {escape(order.customer)}: {escape(order.state)}"
                for order in orders
            ),
        )

    def _answer(self, text: str, status: HTTPStatus = HTTPStatus.OK, location: str = "") -> None:
        content = text.encode()
        self.send_response(status)
        kind = "html" if text.startswith("<!doctype") else "plain"
        self.send_header("Content-Type", f"text/{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(content)


def _rows(rows: Iterable[str]) -> str:
    return "\n".join(rows)


def main() -> None:
    Page.queue = Queue()
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page)
    sys.stdout.write(f"the shop is open at http://127.0.0.1:{os.environ['PORT']}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
