"""Which paths below a source a rule takes, and why. Paths are relative, with "/" between names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from devenv.sync.tree import Entry, Folder, above

HOME = "stays at home unless a rule names it"
OURS = ".devenv-sync"
"""The folder within a target in which files are staged; never taken from a source."""
PASSING = (
    "**/*___jb_tmp___",
    "**/*___jb_old___",
    "**/.idea/**",
    "**/.~lock.*",
    "**/.#*",
    "**/#*#",
    "**/*~",
    "**/.*.swp",
    "**/.*.swx",
    "**/.*.swo",
    "**/4913",
    "**/*-go-tmp-umask",
    "**/.DS_Store",
    "**/*.kate-swp",
    "**/.goutputstream-*",
    "**/.nfs*",
)
"""What editors leave for a moment (dockerignore's syntax)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    taken: bool
    because: str


TAKEN = Verdict(True, "no pattern ignores it")


@dataclass(frozen=True, slots=True)
class Match:
    """The pattern that decides about a path in one list of them."""

    ignored: bool
    pattern: str


class Patterns(Protocol):
    """An ordered list of patterns: the last that matches decides; None: none does."""

    def match(self, path: str, *, folder: bool) -> Match | None: ...

    def may_return_below(self, folder: str, *, by_wildcard: bool) -> bool:
        """Tell whether something below an ignored folder may be taken nevertheless."""
        ...


@dataclass(frozen=True, slots=True)
class Layer:
    """A list of patterns, and where it was written.

    ``prefix``: the source's path, seen from where they count; ``below``: the folder within the
    source ("a/b/") that they are about.
    """

    name: str
    patterns: Patterns
    prefix: str = ""
    below: str = ""

    def seen(self, path: str) -> str | None:
        """A path as the patterns see it; None: it is elsewhere."""
        if self.below:
            return path[len(self.below) :] if path.startswith(self.below) else None
        return posixpath.join(self.prefix, path) if self.prefix else path


Written = tuple[str, tuple[str, ...]]
"""An ignore file: its path and its lines."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a filter was made of: when that changes, it is to be made anew.

    ``names``: of ignore files within the source; ``above``: folders outside of it that may have
    some; ``files``: those that there were.
    """

    names: frozenset[str] = frozenset()
    above: frozenset[str] = frozenset()
    files: tuple[Written, ...] = ()


class Filter:
    """Layers in their order: a later one overrules an earlier one.

    ``include``: only what matches one of them is taken (none given: everything).
    """

    def __init__(
        self, layers: Sequence[Layer], include: Sequence[str] = (), origin: Origin = Origin()
    ) -> None:
        self.origin = origin
        self._layers = layers
        self._include = DockerPatterns(include) if include else None
        self._named = DockerPatterns([one for one in include if not _is_wild(one)])

    def concerns(self, path: str) -> bool:
        """Tell whether something may be there that is taken, or that says what is."""
        return (
            self.is_written_in(path)
            or self.verdict(path).taken
            or self.verdict(path, folder=True).taken
        )

    def is_written_in(self, path: str) -> bool:
        """Tell whether a file of this name says what is ignored."""
        return posixpath.basename(path) in self.origin.names

    def verdict(self, path: str, *, folder: bool = False) -> Verdict:
        """Say whether a path is taken, and the pattern that decides."""
        decided = TAKEN
        if OURS in path and OURS in path.split("/"):
            return Verdict(False, f"{OURS} is the folder that files are staged in")
        for layer in self._layers:
            seen = layer.seen(path)
            found = layer.patterns.match(seen, folder=folder) if seen is not None else None
            if found is not None:
                decided = Verdict(not found.ignored, f"{layer.name}: {found.pattern}")
                if found.ignored and layer.name == HOME and self._is_named(path, folder=folder):
                    decided = Verdict(True, "include names it")
        if decided.taken and not folder and self._include is not None:
            found = self._include.match(path, folder=False)
            if found is None or not found.ignored:
                return Verdict(False, "no include pattern matches it")
            return Verdict(True, f"include: {found.pattern}")
        return decided

    def decisive(self, path: str, *, folder: bool) -> Verdict:
        """The verdict that counts for a path: that on a folder above it, where nothing is taken."""
        for one in above(path):
            if self.prunes(one):
                return self.verdict(one, folder=True)
        return self.verdict(path, folder=folder)

    def prunes(self, folder: str) -> bool:
        """Tell whether nothing in a folder is taken, so that it need not be looked into."""
        verdict = self.verdict(folder, folder=True)
        if verdict.taken:
            return False
        wild = not verdict.because.startswith(HOME)
        return not any(
            layer.patterns.may_return_below(seen, by_wildcard=wild)
            for layer in self._layers
            if (seen := layer.seen(folder)) is not None
        )

    def _is_named(self, path: str, *, folder: bool) -> bool:
        return self._named.match(path, folder=folder) is not None


def kept(tree: Folder, rule: Filter, path: str = "") -> Folder:
    """A tree without what a filter ignores."""
    entries: dict[str, Entry] = {}
    for name, entry in tree.entries.items():
        below = f"{path}/{name}" if path else name
        if isinstance(entry, Folder):
            if not rule.prunes(below):
                entries[name] = kept(entry, rule, below)
        elif rule.verdict(below).taken:
            entries[name] = entry
    return Folder(tree.mode, tree.inode, entries)


def _is_wild(pattern: str) -> bool:
    return any(sign in posixpath.basename(pattern.rstrip("/")) for sign in "*?[")


class GitPatterns:
    """.gitignore's syntax and meaning."""

    def __init__(self, lines: Iterable[str]) -> None:
        from pathspec import GitIgnoreSpec

        self._lines = [line for line in lines if line.strip() and not line.startswith("#")]
        self._spec = GitIgnoreSpec.from_lines(self._lines)

    def match(self, path: str, *, folder: bool) -> Match | None:
        found = self._spec.check_file(f"{path}/" if folder else path)
        if found.include is None or found.index is None:
            return None
        return Match(found.include, self._lines[found.index])

    def may_return_below(self, folder: str, *, by_wildcard: bool) -> bool:
        return False  # git: nothing returns from below an ignored folder


class DockerPatterns:
    """.dockerignore's syntax and meaning: anchored, and what matches a folder matches all in it."""

    def __init__(self, lines: Iterable[str]) -> None:
        rules = [rule for line in lines if (rule := _rule(line)) is not None]
        self._rules = rules
        self._any = _any_of([pattern for _, _, pattern in rules])

    def match(self, path: str, *, folder: bool) -> Match | None:
        if self._any.fullmatch(path) is None:
            return None
        for ignored, text, pattern in reversed(self._rules):
            if _compiled(pattern).fullmatch(path):
                return Match(ignored, text)
        return None

    def may_return_below(self, folder: str, *, by_wildcard: bool) -> bool:
        return any(
            pattern.startswith(f"{folder}/")
            or (by_wildcard and _is_wild(pattern.partition("/")[0]))
            for ignored, _, pattern in self._rules
            if not ignored
        )


class HomePatterns:
    """What stays at home: git's own, keys, and what holds secrets."""

    _REGEX = re.compile(
        r"(?:.*/)?"
        r"(\.git|\.env(?!\.(?:example|sample|template)$)[^/]*"
        r"|[^/]*\.(?:pem|key|p12|pfx|jks|keystore)|id_(?:rsa|dsa|ecdsa|ed25519)[^/]*"
        r"|\.ssh|\.gnupg|\.aws|\.kube|\.docker/config\.json"
        r"|\.netrc|\.npmrc|\.pypirc|\.pgpass|\.git-credentials)"
        r"(?:/.*)?",
        re.DOTALL,
    )

    def match(self, path: str, *, folder: bool) -> Match | None:
        found = self._REGEX.fullmatch(path)
        return Match(True, found[1]) if found else None

    def may_return_below(self, folder: str, *, by_wildcard: bool) -> bool:
        return False


def _rule(line: str) -> tuple[bool, str, str] | None:
    text = line.strip()
    if not text or text.startswith("#"):
        return None
    negative = text.startswith("!")
    cleaned = posixpath.normpath(text.removeprefix("!").strip()).lstrip("/")
    if cleaned in {"", "."}:
        return None
    return not negative, text, cleaned


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return _any_of([pattern])


def _any_of(patterns: Sequence[str]) -> re.Pattern[str]:
    each = "|".join("".join(_pieces(pattern)) for pattern in patterns)
    return re.compile(f"(?:{each})(?:/.*)?" if patterns else "(?!)", re.DOTALL)


def _pieces(pattern: str) -> Iterable[str]:
    rest = pattern
    while rest:
        token = _TOKEN.match(rest)
        assert token is not None
        text = token[0]
        rest = rest[len(text) :]
        if text.startswith("**"):
            yield "(?:.*/)?" if text.endswith("/") else ".*"
        elif text == "*":
            yield "[^/]*"
        elif text == "?":
            yield "[^/]"
        elif text.startswith("[") and len(text) > 1:
            yield text.replace("[!", "[^", 1)
        else:
            yield re.escape(text.removeprefix("\\") or "\\")


_TOKEN = re.compile(r"\*\*+/?|\*|\?|\[[^\]]+\]|\\.|.|\\", re.DOTALL)
