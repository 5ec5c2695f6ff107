"""Real clients of the shipped profiles: each keeps a word in a server and finds it again."""

from __future__ import annotations

from contextlib import closing
from urllib.parse import unquote, urlsplit

import psycopg
import pymysql
import redis


class Sql:
    """PostgreSQL, by its address."""

    refusals: tuple[type[Exception], ...] = (psycopg.OperationalError,)

    def put(self, url: str, word: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (word text)")
            connection.execute("INSERT INTO kept VALUES (%s)", (word,))

    def get(self, url: str) -> str:
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT word FROM kept").fetchone()
            return str(row[0]) if row else ""


class Keys:
    """Redis, by its address."""

    refusals: tuple[type[Exception], ...] = (redis.AuthenticationError,)

    def put(self, url: str, word: str) -> None:
        with redis.Redis.from_url(url) as connection:
            connection.set("kept", word)

    def get(self, url: str) -> str:
        with redis.Redis.from_url(url, decode_responses=True) as connection:
            return str(connection.get("kept"))


class MySql:
    """MySQL, by its address."""

    refusals: tuple[type[Exception], ...] = (pymysql.OperationalError,)

    def put(self, url: str, word: str) -> None:
        with closing(_mysql(url)) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE kept (word text)")
            cursor.execute("INSERT INTO kept VALUES (%s)", (word,))

    def get(self, url: str) -> str:
        with closing(_mysql(url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT word FROM kept")
            row = cursor.fetchone()
            return str(row[0]) if row else ""


Keeper = Sql | Keys | MySql


def _mysql(url: str) -> pymysql.Connection[pymysql.cursors.Cursor]:
    parts = urlsplit(url)
    return pymysql.connect(
        host=parts.hostname or "",
        port=parts.port or 0,
        user=parts.username or "",
        password=unquote(parts.password or ""),
        database=parts.path.strip("/"),
        autocommit=True,
    )
