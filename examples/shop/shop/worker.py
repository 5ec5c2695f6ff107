"""Packs orders, one after the other."""

from __future__ import annotations

import sys

from shop import stock
from shop.queue import Queue


def main() -> None:
    queue = Queue()
    with stock.connect() as connection:
        say("waiting for orders")
        while True:
            wish = queue.take()
            state = stock.pack(connection, wish.number, wish.customer, wish.product)
            say(f"{wish.product} for {wish.customer}: {state}")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
