"""Takes tasks from the queue, and puts what it made of them into Redis."""

from __future__ import annotations

import os

import pika  # type: ignore[import-not-found]  # it is in the image only
import redis

LOGIN = pika.PlainCredentials(
    os.environ["RABBITMQ_DEFAULT_USER"], os.environ["RABBITMQ_DEFAULT_PASS"]
)
RESULTS = redis.Redis("redis")

channel = pika.BlockingConnection(
    pika.ConnectionParameters("rabbitmq", credentials=LOGIN)
).channel()
channel.queue_declare("tasks", durable=True)
for method, _properties, body in channel.consume("tasks"):
    RESULTS.rpush("results", f"done {body.decode()}")
    channel.basic_ack(method.delivery_tag)
