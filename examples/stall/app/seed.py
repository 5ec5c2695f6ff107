"""Lays out the goods; what is there already stays."""

from __future__ import annotations

import os

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"]) as database:
    database.execute("CREATE TABLE IF NOT EXISTS goods (name text PRIMARY KEY)")
    for name in ("cup", "pot", "spoon"):
        database.execute("INSERT INTO goods VALUES (%s) ON CONFLICT DO NOTHING", [name])
