"""Small environments of containers and host processes, and what the engine has of them."""

from __future__ import annotations

import subprocess
from typing import Any

from tests.scenarios.sandbox import Sandbox

MIXED = """
services:
  db:
    image: lab/postgres:15
    environment:
      POSTGRES_USER: app
      POSTGRES_PASSWORD: "${{ self.secret }}"
      POSTGRES_DB: app
    ports: ["sql: auto:5432"]
    url: postgres://app:${{ self.secret }}@${{ self.host }}:${{ self.port }}/app
    volumes: ["data:/var/lib/postgresql/data"]
    healthcheck: {test: ["CMD-SHELL", "pg_isready -h 127.0.0.1 -U app"]}
  page:
    command: ["python3", "-m", "http.server", "${{ self.port }}", "--bind", "127.0.0.1"]
    environment: {DATABASE_URL: "${{ services.db.url }}", TOKEN: "1"}
    ports: ["web: auto"]
    ready: {http: /}
    depends_on: {db: {condition: service_healthy}}
  client:
    image: lab/busybox
    command: ["sh", "-c", "echo $$DB; wget -q -O- $$PAGE | head -1; sleep 1000"]
    environment: {DB: "${{ services.db.url }}", PAGE: "${{ services.page.url }}"}
    depends_on: {page: {condition: service_healthy}}
volumes: {data: {}}
"""
ONE = """
services:
  web:
    image: lab/busybox
    command: ["sleep", "1000"]
    process: {command: ["sleep", "TOKEN"]}
"""


def up(sandbox: Sandbox, *words: str, **how: Any) -> subprocess.CompletedProcess[str]:
    return sandbox.run("up", "-d", *words, timeout=100, **how)


def runtimes(sandbox: Sandbox) -> dict[str, str]:
    return {one["name"]: one["runtime"] for one in sandbox.status()["services"]}


def docker(*words: str) -> list[str]:
    done = subprocess.run(("docker", *words), capture_output=True, text=True, check=True)
    return done.stdout.split()


def containers(sandbox: Sandbox) -> list[str]:
    environment = sandbox.status()["environment"]["id"]
    return docker("ps", "-q", "--filter", f"label=dev.devenv.environment={environment}")
