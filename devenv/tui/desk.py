"""Where the UI was opened: whose daemon, which environment, and what only the caller can do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class Asking(Protocol):
    """The daemon as the UI sees it; ``AsyncClient`` is the real one."""

    async def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        within: float = ...,
        start: bool = ...,
    ) -> dict[str, Any]: ...

    async def call_for_descriptors(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        within: float = ...,
        start: bool = ...,
    ) -> tuple[dict[str, Any], list[int]]: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """``caller`` is the client of docs/api.md; ``first``: a status document, ``refused``: what was
    asked for and not done.

    ``aside`` runs a verb of the command line on an environment (its id, then the words) while the
    UI is away; ``open`` shows a page in the browser, False where there is none.
    """

    environ: Mapping[str, str]
    caller: Mapping[str, Any]
    first: Mapping[str, Any]
    refused: str
    aside: Callable[[str, Sequence[str]], None]
    open: Callable[[str], bool]
    now: Callable[[], float] = time.time
