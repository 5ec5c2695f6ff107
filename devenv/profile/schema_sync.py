"""The key ``sync``: what follows the files of a service, and what happens when they change."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Tag

from devenv.profile.schema_types import (
    BY_SHAPE,
    Count,
    Duration,
    Flag,
    Strict,
    Text,
    Texts,
    Words,
)


class SyncCommand(Strict):
    """Runs in the container after a change; ``paths``: only when one of these has changed."""

    command: Words
    paths: Texts = ()
    user: Text = ""
    working_dir: Text = ""


class SyncTable(Strict):
    source: Text = Field(alias="from")
    to: Text = ""
    mode: Literal["one-way", "auto"] = "one-way"
    replica: Count | None = None
    ignore: Texts = ()
    include: Texts = ()
    on_change: tuple[SyncCommand, ...] = ()
    restart: Flag = False
    debounce: Duration = 0.0


Sync = Annotated[
    Annotated[SyncTable, Tag("=map")] | Annotated[tuple[SyncTable, ...], Tag("=list")], BY_SHAPE
]
