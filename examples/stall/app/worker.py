"""Polishes the goods, once a second."""

from __future__ import annotations

import time

from cache import ask

while True:
    ask("INCR", "polished")
    time.sleep(1)
