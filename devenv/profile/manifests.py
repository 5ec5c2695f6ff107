"""Raw manifests of the repository: YAML documents, with the profile's variables in them."""

from __future__ import annotations

from collections.abc import Sequence

from devenv.errors import DevenvError
from devenv.model.environment import Manifest, Template
from devenv.model.origin import Origin
from devenv.profile import document
from devenv.profile.interpolate import interpolate
from devenv.profile.reading import Reading, Scope
from devenv.profile.tree import Table, count, origin_of, plain, scalars


def manifests(
    written: Sequence[str], tree: Table, scope: Scope, reading: Reading
) -> tuple[Manifest, ...]:
    """Read the files that ``preview.manifests`` names, in their order."""
    return tuple(
        _manifest(one)
        for index, name in enumerate(written)
        for one in _file(
            scope.path(name), origin_of(tree, ("preview", "manifests", index)), scope, reading
        )
    )


def _file(path: str, named_at: Origin, scope: Scope, reading: Reading) -> list[Table]:
    """The documents of one file that hold anything, all variables replaced."""
    shown = reading.shown(path)
    if shown == path:
        reading.problems.error(f"{path} is outside of the checkout", named_at, "move it inside")
        return []
    content = reading.file(path, named_at)
    if content is None:
        if path in reading.sources:
            reading.problems.error(f"there is no file {shown}", named_at)
        return []
    try:
        found = document.parse_all(content, shown, reading.problems)
    except DevenvError as error:
        reading.problems.add(error, named_at)
        return []
    return [
        interpolate(one, scope.lookup, reading.problems)
        for one in found
        if one.entries and reading.spend(count(one), named_at)
    ]


def _manifest(tree: Table) -> Manifest:
    templates = tuple(
        Template(one.value, path, one.origin)
        for path, one in scalars(tree)
        if isinstance(one.value, str) and "${{" in one.value
    )
    return Manifest(plain(tree), tree.origin, templates)
