"""The fingerprint of a definition: differs, and the unit is made again.

Keyed, since a definition may hold a secret; the key is the user's own.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import asdict
from json import dumps

from devenv.model.service import Service


def fingerprint(service: Service, key: bytes) -> str:
    """Hash what a change of means another unit: how it runs, where, and on which ports."""
    made_of = {
        "process": asdict(service.process) if service.process else None,
        "container": asdict(service.container) if service.container else None,
        "ports": [asdict(port) for port in service.ports],
    }
    text = dumps(made_of, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, text.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:16]
