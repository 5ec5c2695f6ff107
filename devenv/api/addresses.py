"""Addresses of services, as front ends open them."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable


def page_of(addresses: Iterable[str]) -> str:
    """The first one that a browser understands; "": there is none."""
    return next((one for one in addresses if one.startswith(("http://", "https://"))), "")
