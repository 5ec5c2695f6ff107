"""Brings the shop up, orders something, and shows that the order came to PostgreSQL.

At a terminal it leaves the shop open; otherwise it takes all down and checks that nothing is left.
"""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
PATIENCE = 15.0
"""Seconds that an order may take to be packed."""
TAG = re.compile(r"<[^>]*>")


def main() -> int:
    began = time.monotonic()
    devenv("up", "-d")
    status = told("status")
    url = next(service for service in status["services"] if service["name"] == "web")
    address = url["ports"][0]["url"]
    say(f"\nThe shop is open at {address}. Its page says:")
    for line in fetch(address).splitlines():
        if "PostgreSQL" in line or "<tr>" in line:
            say(f"  {plain(line)}")
    say("\nSomebody orders a cup of tea:")
    number = fetch(f"{address}/orders", customer="Ada", product="tea")
    say(f"  the order is {packed(address, number)}")
    say("The page shows it, and so does PostgreSQL itself (devenv run orders):")
    say(f"  {plain(order_on(fetch(address)))}")
    devenv("run", "orders")
    say("")
    devenv("status")
    say(f"\nAll of this took {time.monotonic() - began:.1f} s.")
    return leave_open(address) if sys.stdout.isatty() else take_down(status)


def leave_open(address: str) -> int:
    say(f"""
The shop stays open: {address}
  cd {os.path.relpath(FOLDER)}
  devenv logs -f       what its services write
  devenv restart web   and what else `devenv help` shows
  devenv down          close it""")
    return 0


def take_down(status: dict[str, Any]) -> int:
    daemon = told("daemon", "status")["daemon"]["pid"]
    services = [service["pid"] for service in status["services"] if service["pid"]]
    devenv("down")
    devenv("daemon", "stop")
    left = [pid for pid in (daemon, *services) if not has_ended(pid)]
    say(f"These are left: {left}" if left else "Nothing is left running, the daemon neither.")
    return 1 if left else 0


def devenv(*words: str) -> None:
    subprocess.run(["devenv", *words], cwd=FOLDER, stdin=subprocess.DEVNULL, check=True)


def told(*words: str) -> Any:
    command = ["devenv", *words, "--json"]
    return json.loads(subprocess.run(command, cwd=FOLDER, check=True, capture_output=True).stdout)


def fetch(url: str, **form: str) -> str:
    """What is at an address; with a form, the answer to sending it."""
    content = urllib.parse.urlencode(form).encode() if form else None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), StayHere())
    with opener.open(url, content, timeout=PATIENCE) as answer:
        return str(answer.read().decode())


class StayHere(urllib.request.HTTPRedirectHandler):
    """Takes an answer as it is: a form's names the order, the page it leads to does not."""

    def http_error_303(self, *answer: Any) -> Any:
        return answer[1]


def packed(address: str, number: str) -> str:
    """Wait until the worker has seen to an order; returns its state."""
    deadline = time.monotonic() + PATIENCE
    while (state := fetch(f"{address}/orders/{number}")) == "waiting":
        if time.monotonic() > deadline:
            raise SystemExit(f"nobody packs order {number}")
        time.sleep(0.02)
    return state


def order_on(page: str) -> str:
    return next(line for line in page.splitlines() if "Ada" in line)


def plain(html: str) -> str:
    return " ".join(TAG.sub(" ", html).split())


def has_ended(pid: int) -> bool:
    """Allow a process the moment that it takes to go."""
    try:
        end = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([end], [], [], 2.0)[0])
    finally:
        os.close(end)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
