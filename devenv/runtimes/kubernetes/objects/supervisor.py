"""The first process of a container whose program is to be restarted within it: see the script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from devenv.model.service import Service

RENEW = ("sh", "-c", "kill -s USR1 1")
"""What has to run in a container that is supervised, to start its program anew."""


def supervised(command: Sequence[str], grace: float) -> list[str]:
    """The same command under the supervisor; ``grace``: seconds that it has to end."""
    return ["sh", "-c", _script(), "sh", str(math.ceil(grace)), *command]


def restarts(service: Service) -> bool:
    """Whether saved files are to restart it."""
    return any(rule.restart for rule in service.sync)


def is_supervised(service: Service) -> bool:
    """Only where all that its container runs is known: an image may have an entrypoint."""
    return restarts(service) and bool(service.definition.get("entrypoint"))


@cache
def _script() -> str:
    return Path(__file__).with_suffix(".sh").read_text()
