"""What must not be shown: names of variables that hold a secret, and addresses with a password."""

from __future__ import annotations

import re

MASK = "***"
_SECRET_NAME = re.compile(r"(?:^|_)(PASSWORD|PASSWD|TOKEN|SECRET|KEY)S?(?:_|$)", re.IGNORECASE)
_USER_PART = re.compile(
    r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)(?P<user>[^\s/?#@:]*):[^\s/?#@]+@", re.IGNORECASE
)


def is_secret_name(name: str) -> bool:
    """Tell whether a variable of this name is taken to hold a secret."""
    return _SECRET_NAME.search(name) is not None


def usable(address: str) -> str:
    """A shown address without its masked password: who opens it is asked for that."""
    return address.replace(f":{MASK}@", "@")


def mask_addresses(text: str) -> str:
    """Replace the password of every address in ``text``."""
    return _USER_PART.sub(rf"\g<scheme>\g<user>:{MASK}@", text)
