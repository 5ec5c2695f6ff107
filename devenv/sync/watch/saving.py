"""Whether a rename is the whole of a save, so that nothing more is to be waited for."""

from __future__ import annotations

import os
from collections.abc import Iterable

from devenv.sync.tree import File, Folder, at


def is_saved(tree: Folder | None, root: str, marked: Iterable[str], path: str) -> bool:
    """Tell whether what was moved to a path is a save, and nothing else is under way.

    It has replaced a file that was known, and the name that it was written under is gone again.
    A known name that is gone may come back at once: some editors move a file aside to write it.
    ``marked`` are the paths that are to be looked at.
    """
    others = {*marked} - {path}
    return (
        tree is not None
        and len(others) <= 1
        and isinstance(at(tree, path), File)
        and not any(at(tree, one) or os.path.lexists(os.path.join(root, one)) for one in others)
    )
