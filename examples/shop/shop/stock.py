"""The shop's data, which is in PostgreSQL and nowhere else."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import psycopg

Connection = psycopg.Connection[tuple[Any, ...]]


class Product(NamedTuple):
    name: str
    cents: int
    left: int


class Order(NamedTuple):
    customer: str
    product: str
    state: str


def connect() -> Connection:
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


def products(connection: Connection) -> list[Product]:
    rows = connection.execute("SELECT name, cents, remaining FROM products ORDER BY name")
    return [Product(*row) for row in rows]


def orders(connection: Connection) -> list[Order]:
    """The newest ten, newest first."""
    rows = connection.execute(
        "SELECT customer, product, state FROM orders ORDER BY placed_at DESC LIMIT 10"
    )
    return [Order(*row) for row in rows]


def state_of(connection: Connection, number: str) -> str | None:
    row = connection.execute("SELECT state FROM orders WHERE number = %s", (number,)).fetchone()
    return row[0] if row else None


def pack(connection: Connection, number: str, customer: str, product: str) -> str:
    """Take one from the shelf, if there is one left, and note the order once; returns its state."""
    with connection.transaction():
        taken = connection.execute(
            "UPDATE products SET remaining = remaining - 1 WHERE name = %s AND remaining > 0",
            (product,),
        ).rowcount
        state = "packed" if taken else "sold out"
        connection.execute(
            "INSERT INTO orders (number, customer, product, state) VALUES (%s, %s, %s, %s)",
            (number, customer, product, state),
        )
    return state
