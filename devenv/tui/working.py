"""Begins what takes its time, beside the screens."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, cast

from textual.dom import DOMNode
from textual.worker import Worker


def begin(
    node: DOMNode,
    work: Callable[..., Coroutine[Any, Any, None]],
    *given: object,
    group: str = "default",
    exclusive: bool = False,
) -> Worker[None]:
    """Begin ``work(*given)``; ``exclusive``: what the node began before in this group ends.

    Only then a coroutine is made of it: one that is called off before would never be awaited.
    """
    made = cast(Callable[[], Coroutine[None, None, None]], partial(work, *given))
    return node.run_worker(made, group=group, exclusive=exclusive)
