"""Prints the orders as they are in PostgreSQL."""

from __future__ import annotations

import sys

from shop import stock


def main() -> None:
    with stock.connect() as connection:
        for order in stock.orders(connection):
            sys.stdout.write(f"{order.customer}: {order.product}, {order.state}\n")


if __name__ == "__main__":
    main()
