"""The way of an order from the page to the worker: a list in Redis."""

from __future__ import annotations

import json
import os
from typing import NamedTuple

import redis

_LIST = "orders"


class Wish(NamedTuple):
    """An order that nobody has looked at yet."""

    number: str
    customer: str
    product: str


class Queue:
    def __init__(self) -> None:
        self._redis = redis.Redis.from_url(
            os.environ["QUEUE_URL"],
            decode_responses=True,
            socket_timeout=None,  # an order may be a long time in coming
        )

    def put(self, wish: Wish) -> None:
        self._redis.lpush(_LIST, json.dumps(wish._asdict()))

    def take(self) -> Wish:
        """Wait for the oldest one."""
        found = None
        while found is None:
            found = self._redis.brpop([_LIST])
        return Wish(**json.loads(found[1]))

    def count_visit(self) -> int:
        return int(self._redis.incr("visits"))
