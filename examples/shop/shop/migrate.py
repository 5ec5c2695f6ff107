"""Brings the database to the form that the shop expects; safe to repeat."""

from __future__ import annotations

import sys

from shop import stock

STEPS = (
    """
    CREATE TABLE IF NOT EXISTS products (
        name text PRIMARY KEY,
        cents integer NOT NULL,
        remaining integer NOT NULL CHECK (remaining >= 0)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS orders (
        number uuid PRIMARY KEY,
        customer text NOT NULL,
        product text NOT NULL REFERENCES products,
        state text NOT NULL,
        placed_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )
    """,
    """
    INSERT INTO products VALUES ('coffee', 450, 1000), ('tea', 380, 1000), ('last cup', 90, 1)
    ON CONFLICT DO NOTHING
    """,
)


def main() -> None:
    with stock.connect() as connection:
        for step in STEPS:
            connection.execute(step)
        count = len(stock.products(connection))
    sys.stdout.write(f"the database is ready, with {count} products\n")


if __name__ == "__main__":
    main()
