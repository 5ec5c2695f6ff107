"""Real clients of the shipped profiles: each keeps a word in a server and finds it again."""

from __future__ import annotations

import json
import ssl
import subprocess
import urllib.error
import urllib.request
from base64 import b64encode
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
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


class Search:
    """OpenSearch, by its address; nobody has signed its certificate."""

    refusals: tuple[type[Exception], ...] = (urllib.error.HTTPError,)

    def put(self, url: str, word: str) -> None:
        _asked("PUT", f"{url}/kept/_doc/1", json.dumps({"word": word}).encode())

    def get(self, url: str) -> str:
        return str(json.loads(_asked("GET", f"{url}/kept/_doc/1"))["_source"]["word"])


Keeper = Sql | Keys | MySql | Search


@dataclass(frozen=True, slots=True)
class Bucket:
    """MinIO, by its address; curl signs each question with the login, ``user:password``."""

    url: str
    login: str

    def put(self, file: Path) -> None:
        self._asked("/kept", "--request", "PUT")
        self._asked("/kept/word", "--upload-file", str(file))

    def get(self) -> str:
        return self._asked("/kept/word")

    def _asked(self, path: str, *options: str) -> str:
        signed = ("--aws-sigv4", "aws:amz:us-east-1:s3", "--user", self.login)
        return subprocess.run(
            ("curl", "-sSf", *signed, *options, self.url + path),
            capture_output=True,
            text=True,
            check=True,
        ).stdout


def _asked(method: str, url: str, body: bytes | None = None) -> bytes:
    parts = urlsplit(url)
    login = b64encode(f"{parts.username}:{unquote(parts.password or '')}".encode()).decode()
    bare = parts._replace(netloc=f"{parts.hostname}:{parts.port}").geturl()
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
    request = urllib.request.Request(bare, body, headers, method=method)
    unsigned = ssl._create_unverified_context()
    with urllib.request.urlopen(request, context=unsigned, timeout=30) as answer:
        found: bytes = answer.read()
    return found


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
