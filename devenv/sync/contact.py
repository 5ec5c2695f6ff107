"""What is known of a unit before it is met, and what it is given where it cannot be. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from devenv.sync.diff import Change, changes
from devenv.sync.tree import EMPTY, Edit, Folder, Odd, edited


@dataclass(frozen=True, slots=True)
class Contact:
    """How the first contact with a unit begins.

    ``known``: what it was last known to have; ``is_same``: it has kept its files since.
    ``look`` is False where it is taken to have just that.
    """

    known: Folder = EMPTY
    is_same: bool = False
    look: bool = True


UNMET = Contact()


@dataclass(frozen=True, slots=True)
class Gift:
    """``send`` for a unit in which nothing can run; ``left``: what is deleted, and still there.

    ``after``: what is known when it has arrived.
    """

    send: tuple[Change, ...]
    left: tuple[Change, ...]
    after: Contact


def gift(contact: Contact, tree: Folder) -> Gift:
    """Say what makes a unit as the source is, but for what had to be deleted."""
    may_lack_it = contact.look and not contact.is_same
    had = EMPTY if may_lack_it else contact.known
    differs = [change for change in changes(had, tree) if not isinstance(change.new, Odd)]
    send = tuple(change for change in differs if change.new is not None)
    left = tuple(change for change in changes(contact.known, tree) if change.new is None)
    known = edited(tree, [Edit(change.path, change.old) for change in left])
    return Gift(send, left, Contact(known, is_same=True))
