"""Replaces the variables in the values of a file, by Compose's rules alone."""

from __future__ import annotations

from dataclasses import replace

from devenv.errors import DevenvError
from devenv.profile.interpolate import TOTAL_LIMIT, Lookup, Variables, substitute
from devenv.profile.problems import Problems
from devenv.profile.tree import Scalar, Table, map_scalars


def interpolate(tree: Table, lookup: Lookup, problems: Problems) -> Table:
    """Keys are left alone. What cannot be replaced is a problem, and stays as it is."""
    length = 0

    def changed(scalar: Scalar) -> Scalar:
        nonlocal length
        if not isinstance(scalar.value, str) or "$" not in scalar.value:
            return scalar

        def unset(name: str) -> None:
            problems.warn(
                f"the variable {name} is not set; it becomes an empty string", scalar.origin
            )

        try:
            value = substitute(scalar.value, Variables(lookup, unset))
            length += len(value)
            if length > TOTAL_LIMIT:
                raise DevenvError(f"more than {TOTAL_LIMIT} characters, variables replaced")
        except DevenvError as error:
            problems.spoil(error, scalar.origin)
            return scalar
        return replace(scalar, value=value)

    entries = {key: map_scalars(value, changed) for key, value in tree.entries.items()}
    return replace(tree, entries=entries)
