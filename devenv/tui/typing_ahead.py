"""Keys that come faster than the focus moves."""

from __future__ import annotations

from textual.app import App
from textual.events import Key
from textual.widgets import Input


class TypedAhead(App[None]):
    """Types in a field what was pressed before that had the focus: it was meant for it."""

    def on_key(self, event: Key) -> None:
        if event.is_printable and isinstance(self.focused, Input):
            event.prevent_default()
            self.focused.post_message(Key(event.key, event.character))
