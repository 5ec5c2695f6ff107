"""POST sends a task to the queue; GET shows what the worker has made of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING
from wsgiref.simple_server import make_server

import pika  # type: ignore[import-not-found]  # it is in the image only
import redis

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

LOGIN = pika.PlainCredentials(
    os.environ["RABBITMQ_DEFAULT_USER"], os.environ["RABBITMQ_DEFAULT_PASS"]
)


def send(task: bytes) -> None:
    with pika.BlockingConnection(pika.ConnectionParameters("rabbitmq", credentials=LOGIN)) as to:
        channel = to.channel()
        channel.queue_declare("tasks", durable=True)
        channel.basic_publish("", "tasks", task)


def page(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    if environ["REQUEST_METHOD"] == "POST":
        send(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    results = redis.Redis("redis", decode_responses=True).lrange("results", 0, -1)
    start("200 OK", [("Content-Type", "text/plain")])
    return [f"results: {results}\n".encode()]


make_server("", 8000, page).serve_forever()
