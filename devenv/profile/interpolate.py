"""Compose's ``${VAR}``, with all its operators, beside our ``${{ … }}``, which stays for later."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from devenv.errors import DevenvError
from devenv.profile.problems import Problems
from devenv.profile.references import escape
from devenv.profile.tree import Scalar, Table, map_scalars

Lookup = Callable[[str], str | None]
"""The value of a variable; None where it is not set."""

LENGTH_LIMIT = 128 * 1024
"""Characters of one value: what Linux takes as one argument or variable."""

TOTAL_LIMIT = 4 * 1024 * 1024
"""Characters of all values of one file that have variables."""

_NEST_LIMIT = 20
_START = re.compile(r"\$(?:(?P<dollar>\$)|(?P<name>[_A-Za-z][_A-Za-z0-9]*)|(?P<brace>\{))")
_BRACED = re.compile(
    r"(?P<name>[_A-Za-z][_A-Za-z0-9]*)(?:(?P<operator>:?[-+?])(?P<rest>.*))?", re.DOTALL
)
_BRACE = re.compile(r"[{}]")
_REFERENCE = re.compile(r"\$\$\{\{|\$\{\{.*?\}\}", re.DOTALL)
_KEPT = re.compile("\0([0-9]+)\0")


@dataclass(frozen=True, slots=True)
class Variables:
    """Where values come from, and who is told of a variable that is not set."""

    lookup: Lookup
    unset: Callable[[str], None]


def interpolate(tree: Table, lookup: Lookup, problems: Problems) -> Table:
    """Replace the variables in every value of a file (keys are never changed)."""
    interpolator = _Interpolator(lookup, problems)
    entries = {key: map_scalars(value, interpolator.changed) for key, value in tree.entries.items()}
    return replace(tree, entries=entries)


class _Interpolator:
    """Goes through the values of one file and counts what comes out of them."""

    def __init__(self, lookup: Lookup, problems: Problems) -> None:
        self._lookup = lookup
        self._problems = problems
        self._length = 0

    def changed(self, scalar: Scalar) -> Scalar:
        if not isinstance(scalar.value, str) or "$" not in scalar.value:
            return scalar
        try:
            value = with_references(
                scalar.value, Variables(self._lookup, lambda name: self._warn(name, scalar))
            )
            self._length += len(value)
            if self._length > TOTAL_LIMIT:
                raise DevenvError(f"more than {TOTAL_LIMIT} characters, variables replaced")
        except DevenvError as error:
            self._problems.spoil(error, scalar.origin)
            return scalar
        return replace(scalar, value=value)

    def _warn(self, name: str, scalar: Scalar) -> None:
        self._problems.warn(
            f"the variable {name} is not set; it becomes an empty string",
            scalar.origin,
            f"set it, or write ${{{name}:-default}}",
        )


def with_references(template: str, variables: Variables) -> str:
    """Replace the variables of a template and keep its references, also within defaults.

    In the result every ``${{`` begins a reference: one that was written as ``$${{``, or came
    out of a variable, is escaped. Raises DevenvError.
    """
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(escape("${{") if match[0] == "$${{" else match[0])
        return f"\0{len(kept) - 1}\0"

    protected = _REFERENCE.sub(keep, template)
    if "${{" in protected:
        raise DevenvError("`${{` without `}}`", "write `$${{` for the characters themselves")
    replaced = substitute(protected, variables)
    parts = _KEPT.split(replaced)
    return "".join(
        kept[int(part)] if number % 2 else escape(part) for number, part in enumerate(parts)
    )


def substitute(template: str, variables: Variables, depth: int = 0) -> str:
    """Replace the variables of a template by Compose's rules alone. Raises DevenvError."""
    if depth > _NEST_LIMIT:
        raise DevenvError(f"variables nested deeper than {_NEST_LIMIT} levels")
    parts: list[str] = []
    length = position = 0
    while start := _START.search(template, position):
        before = template[position : start.start()]
        position = start.end()
        if start["dollar"]:
            value = "$"
        elif start["name"]:
            value = _value(start["name"], variables)
        else:
            end = _closing(template, start.start())
            value = _braced(template[position:end], variables, depth)
            position = end + 1
        parts += (before, value)
        length += len(before) + len(value)
        if length > LENGTH_LIMIT:
            raise DevenvError(f"more than {LENGTH_LIMIT // 1024} KiB, variables replaced")
    return "".join((*parts, template[position:]))


def _value(name: str, variables: Variables) -> str:
    value = variables.lookup(name)
    if value is None:
        variables.unset(name)
    return value or ""


def _braced(inside: str, variables: Variables, depth: int) -> str:
    """Replace what stands between the braces of ``${…}``."""
    match = _BRACED.fullmatch(inside)
    if match is None:
        raise _invalid(inside)
    name, operator, rest = match["name"], match["operator"], match["rest"]
    if operator is None:
        return _value(name, variables)
    value = variables.lookup(name)
    is_there = value is not None and not (operator.startswith(":") and not value)
    if operator.endswith("+"):
        return substitute(rest, variables, depth + 1) if is_there else value or ""
    if is_there:
        return value or ""
    if operator.endswith("-"):
        return substitute(rest, variables, depth + 1)
    message = substitute(rest, variables, depth + 1)
    said = f": {message}" if message else ""
    raise DevenvError(f"required variable {name} is missing a value{said}", f"set {name}")


def _closing(template: str, start: int) -> int:
    """Find the brace that closes ``${`` at ``start``: braces inside it count, where they match."""
    is_open = 0
    for match in _BRACE.finditer(template, start):
        is_open += 1 if match[0] == "{" else -1
        if not is_open:
            return match.start()
    last = template.rfind("}", start)
    if last < 0:
        raise _invalid(template[start + 2 :], closed=False)
    return last


def _invalid(inside: str, *, closed: bool = True) -> DevenvError:
    shown = inside if len(inside) <= 40 else f"{inside[:40]}…"
    written = f"${{{shown}}}" if closed else f"${{{shown}"
    return DevenvError(f"invalid variable `{written}`", "write `$$` for a dollar sign")
