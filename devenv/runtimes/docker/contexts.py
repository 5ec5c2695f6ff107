"""The contexts of the ``docker`` command: named engines, in its configuration's folder.

Read here and not by the library, which looks only into the folder of its own process.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from devenv.errors import DevenvError
from devenv.runtimes.docker.address import DEFAULT, Address


def find(name: str, folder: str) -> Address:
    """Return the engine of a context; "": the one that is in use."""
    used = name or str(_json(os.path.join(folder, "config.json")).get("currentContext") or "")
    if used in ("", "default"):
        return Address(DEFAULT)
    digest = hashlib.sha256(used.encode()).hexdigest()
    meta = _json(os.path.join(folder, "contexts", "meta", digest, "meta.json"))
    endpoint = (meta.get("Endpoints") or {}).get("docker") or {}
    if not endpoint.get("Host"):
        raise DevenvError(f"there is no docker context {used}", "docker context ls shows them")
    certificates = os.path.join(folder, "contexts", "tls", digest, "docker")
    return Address(
        str(endpoint["Host"]),
        certificates if os.path.isdir(certificates) else "",
        not endpoint.get("SkipTLSVerify"),
    )


def _json(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise DevenvError(f"cannot read {path}: {error}") from error
    return found if isinstance(found, dict) else {}
