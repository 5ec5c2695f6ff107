"""YAML bytes to a tree, within limits: size, depth, values after aliases are expanded.

Built from the parser's events and not from its nodes: a bomb is refused before it is built.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

from devenv.model.origin import Origin, Problem, ProfileError
from devenv.profile.problems import Problems
from devenv.profile.sources import SIZE_LIMIT
from devenv.profile.tree import Items, Scalar, Table, Tree, empty, text

DEPTH_LIMIT = 40
NODE_LIMIT = 50_000
TEXT_LIMIT = 4 * 1024 * 1024
"""Characters after aliases are expanded."""

MERGE_TAGS = frozenset({"!reset", "!override"})
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STRING_TAGS = frozenset({None, "!", "tag:yaml.org,2002:str"})
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(
    ("false", "False", "FALSE"), False
)
# Only what reads back as it was written: 010, 0x1f, 1_000, 1.10 and 22:22 stay strings.
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")


def parse(content: bytes, file: str, problems: Problems) -> Table:
    """Read one YAML document whose top is a mapping; of keys that are there twice, the first.

    Raises ProfileError where it cannot be read any further.
    """
    first, *others = parse_all(content, file, problems)
    if others:
        where = others[0].origin
        raise _refusal("a second document in one file", where, "keep one; remove the `---`")
    return first


def parse_all(content: bytes, file: str, problems: Problems) -> tuple[Table, ...]:
    """Read all documents of a file, at least one."""
    builder = _Builder(file, problems)
    try:
        for event in yaml.parse(_decoded(content, file), Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Origin(file, mark.line + 1, mark.column + 1) if mark else Origin(file)
        if "nesting depth" in (error.problem or ""):  # the parser's own limit, far over ours
            raise _too_deep(where) from error
        raise _refusal(f"not YAML: {error.problem}", where, _hint(error)) from error
    except yaml.YAMLError as error:
        raise _refusal(f"not YAML: {error}", Origin(file)) from error
    found = tuple(_top(root) for root in builder.roots)
    return found or (empty(Origin(file, 1, 1)),)


def _top(root: Tree) -> Table:
    if isinstance(root, Scalar) and root.value is None:
        return empty(root.origin)
    if not isinstance(root, Table):
        raise _refusal("expected a mapping at the top, such as `services:`", root.origin)
    return root


@dataclass(frozen=True, slots=True)
class _Cost:
    nodes: int
    characters: int


@dataclass(frozen=True, slots=True)
class _Anchored:
    """A tree with a name, and what each alias of it costs."""

    tree: Tree
    cost: _Cost
    height: int


class _Frame:
    """A list or mapping whose end has not come yet."""

    def __init__(self, event: yaml.CollectionStartEvent, origin: Origin, before: _Cost) -> None:
        self.anchor: str | None = event.anchor
        self.tag: str = event.tag or ""
        self.is_table = isinstance(event, yaml.MappingStartEvent)
        self.origin = origin
        self.children: list[Tree] = []
        self.height = 1
        self.before = before


class _Builder:
    """Takes the parser's events one by one; ``roots`` are the finished trees."""

    def __init__(self, file: str, problems: Problems) -> None:
        self.roots: list[Tree] = []
        self.nodes = 0
        self.characters = 0
        self._file = file
        self._problems = problems
        self._open: list[_Frame] = []
        self._anchors: dict[str, _Anchored] = {}

    def take(self, event: yaml.Event) -> None:
        origin = self._origin(event)
        if isinstance(event, yaml.ScalarEvent):
            before = _Cost(self.nodes, self.characters)
            self._count(origin, nodes=1, characters=len(event.value))
            self._finish(self._scalar(event, origin), event.anchor, 0, before)
        elif isinstance(event, yaml.CollectionStartEvent):
            before = _Cost(self.nodes, self.characters)
            self._count(origin, nodes=1)
            self._check_depth(len(self._open) + 1, origin)
            self._check_tag(event.tag, origin)
            self._open.append(_Frame(event, origin, before))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close(self._open.pop())
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event, origin)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._anchors.clear()

    def _scalar(self, event: yaml.ScalarEvent, origin: Origin) -> Scalar:
        if "\0" in event.value:
            raise _refusal("a NUL character in a value", origin)
        if event.tag in MERGE_TAGS:
            return Scalar(event.value or None, origin, event.tag)
        self._check_tag(event.tag, origin)
        is_plain = event.tag is None and event.style in (None, "")
        return Scalar(_resolved(event.value) if is_plain else event.value, origin)

    def _close(self, frame: _Frame) -> None:
        tag = frame.tag if frame.tag in MERGE_TAGS else ""
        tree: Tree
        if frame.is_table:
            tree = self._table(frame, tag)
        else:
            tree = Items(tuple(frame.children), frame.origin, tag)
        self._finish(tree, frame.anchor, frame.height, frame.before)

    def _finish(self, tree: Tree, anchor: str | None, height: int, before: _Cost) -> None:
        """Put a whole tree where it belongs; ``before`` was counted when it began."""
        if anchor is not None:
            nodes, characters = self.nodes - before.nodes, self.characters - before.characters
            self._anchors[anchor] = _Anchored(tree, _Cost(nodes, characters), height)
        self._place(tree, height)

    def _place(self, tree: Tree, height: int) -> None:
        if not self._open:
            self.roots.append(tree)
            return
        parent = self._open[-1]
        parent.children.append(tree)
        parent.height = max(parent.height, height + 1)

    def _alias(self, event: yaml.AliasEvent, origin: Origin) -> None:
        found = self._anchors.get(event.anchor or "")
        if found is None:
            raise _refusal(
                f"unknown alias `*{event.anchor}`", origin, "its anchor must come before it, whole"
            )
        self._count(origin, nodes=found.cost.nodes, characters=found.cost.characters)
        self._check_depth(len(self._open) + found.height, origin)
        self._place(found.tree, found.height)

    def _table(self, frame: _Frame, tag: str) -> Table:
        entries: dict[str, Tree] = {}
        keys: dict[str, Origin] = {}
        merged: list[Table] = []
        for key, value in zip(frame.children[::2], frame.children[1::2], strict=True):
            name = text(key)
            if name is None:
                raise _refusal("a key must be a plain word", key.origin)
            if name == "<<":
                merged.extend(_merged_tables(value))
                continue
            if name in entries:
                hint = f"it is already on line {keys[name].line}"
                self._problems.error(f"duplicate key `{name}`", key.origin, hint)
                continue
            entries[name], keys[name] = value, key.origin
        for table in merged:
            for name, value in table.entries.items():
                entries.setdefault(name, value)
                keys.setdefault(name, table.keys[name])
        return Table(entries, keys, frame.origin, tag)

    def _count(self, origin: Origin, *, nodes: int, characters: int = 0) -> None:
        self.nodes += nodes
        self.characters += characters
        if self.nodes > NODE_LIMIT:
            raise _refusal(f"more than {NODE_LIMIT} values, aliases expanded", origin)
        if self.characters > TEXT_LIMIT:
            raise _refusal(f"more than {TEXT_LIMIT} characters, aliases expanded", origin)

    def _check_depth(self, depth: int, origin: Origin) -> None:
        if depth > DEPTH_LIMIT:
            raise _too_deep(origin)

    def _check_tag(self, tag: str | None, origin: Origin) -> None:
        core = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
        if tag not in _STRING_TAGS | MERGE_TAGS | core:
            raise _refusal(
                f"the tag `{tag}` is not read", origin, "only `!reset` and `!override` are"
            )

    def _origin(self, event: yaml.Event) -> Origin:
        mark = event.start_mark
        return Origin(self._file, mark.line + 1, mark.column + 1) if mark else Origin(self._file)


def _merged_tables(value: Tree) -> list[Table]:
    tables = list(value.items) if isinstance(value, Items) else [value]
    for table in tables:
        if not isinstance(table, Table):
            raise _refusal("`<<` takes a mapping, or a list of them", table.origin)
    return [table for table in tables if isinstance(table, Table)]


def _resolved(word: str) -> str | int | bool | None:
    """Give a plain word its YAML 1.2 type, as Compose does: `no` and `on` are strings."""
    if word in _NULLS:
        return None
    if word in _BOOLEANS:
        return _BOOLEANS[word]
    return int(word) if _INTEGER.fullmatch(word) else word


def _decoded(content: bytes, file: str) -> str:
    if len(content) > SIZE_LIMIT:
        raise _refusal(f"larger than {SIZE_LIMIT // 1024} KiB", Origin(file))
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        where = Origin(file, before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        raise _refusal("not UTF-8 text", where) from error
    odd = re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", decoded)
    if odd:
        head = decoded[: odd.start()]
        where = Origin(file, head.count("\n") + 1, odd.start() - head.rfind("\n"))
        raise _refusal(f"the control character U+{ord(odd[0]):04X}", where)
    return decoded


def _hint(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or ""
    if "cannot start any token" in problem:
        return "indent with spaces, not tabs; quote a value that starts with @ or `"
    if "mapping values are not allowed" in problem:
        return "quote a value that holds `: `"
    return ""


def _too_deep(origin: Origin) -> ProfileError:
    return _refusal(f"nested deeper than {DEPTH_LIMIT} levels", origin)


def _refusal(message: str, origin: Origin, hint: str = "") -> ProfileError:
    return ProfileError((Problem(message, origin, hint),))
