"""Raw manifests of the repository: YAML documents, with the profile's variables in them."""

from __future__ import annotations

from collections.abc import Sequence

from devenv.errors import DevenvError
from devenv.model.environment import Manifest
from devenv.model.origin import Origin
from devenv.profile import document
from devenv.profile.interpolate import interpolate
from devenv.profile.problems import Problems
from devenv.profile.reading import Reading, Scope
from devenv.profile.references import Reference, parse
from devenv.profile.tree import Scalar, Table, count, map_scalars, origin_of, plain


def manifests(
    written: Sequence[str], tree: Table, scope: Scope, reading: Reading
) -> tuple[Manifest, ...]:
    """Read the files that ``preview.manifests`` names, in their order."""
    return tuple(
        Manifest(_settled(one, reading.problems), one.origin)
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


def _settled(tree: Table, problems: Problems) -> dict[str, object]:
    """The plain values; a reference to a service is refused: in a preview its name is enough."""

    def changed(scalar: Scalar) -> Scalar:
        if not isinstance(scalar.value, str):
            return scalar
        try:
            parts = parse(scalar.value)
        except DevenvError as error:
            problems.spoil(error, scalar.origin)
            return scalar
        if any(isinstance(part, Reference) for part in parts):
            hint = "write the service's name, which is its host, and the container's port"
            problems.error("a manifest cannot refer to a service", scalar.origin, hint)
        return Scalar("".join(map(str, parts)), scalar.origin)

    found: dict[str, object] = plain(map_scalars(tree, changed))
    return found
