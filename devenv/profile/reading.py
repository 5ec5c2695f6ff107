"""What one load shares: the injected reader, all that was read or looked up, and the problems."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from devenv.errors import DevenvError
from devenv.model.origin import Origin
from devenv.profile import dotenv
from devenv.profile.dotenv import EnvFile
from devenv.profile.interpolate import Lookup
from devenv.profile.problems import Problems
from devenv.profile.sources import Reader, Request, Source
from devenv.profile.tree import Table

VALUE_LIMIT = 200_000
"""How many values a load may read: included files can multiply as aliases can."""

FILE_COST = 10
_BYTES_OF_A_VALUE = 100


@dataclass(frozen=True, slots=True)
class Scope:
    """What a file's text is read against: its folder and its variables."""

    folder: str
    lookup: Lookup

    def path(self, relative: str) -> str:
        return posixpath.normpath(posixpath.join(self.folder, relative))


class Reading:
    """Grows while a profile is loaded; passes take it where they need another file."""

    def __init__(self, request: Request, read: Reader) -> None:
        self.request = request
        self.problems = Problems()
        self.sources: dict[str, Source] = {}
        self.variables: dict[str, str | None] = {}
        self.trees: dict[str, tuple[Table, ...]] = {}
        self._read = read
        self._spent = 0

    def file(self, path: str, named_at: Origin, *, secret: bool = False) -> bytes | None:
        """Read a file, each one once; a failure is noted as a problem and gives None."""
        if not self.spend(FILE_COST, named_at):
            return None
        known = self.sources.get(path)
        if known is not None:
            self.sources[path] = Source(known.content, known.secret or secret)
            return known.content
        try:
            content = self._read(path)
        except DevenvError as error:
            self.problems.add(error, named_at)
            return None
        self.sources[path] = Source(content, secret)
        return content

    def spend(self, values: int, named_at: Origin) -> bool:
        """Count values that are read, also again; False once there were too many."""
        if self._spent <= VALUE_LIMIT < self._spent + values:
            self.problems.error(f"more than {VALUE_LIMIT} values in all files together", named_at)
        self._spent += values
        return self._spent <= VALUE_LIMIT

    def env_file(self, path: str, named_at: Origin, lookup: Lookup) -> Mapping[str, str] | None:
        """Read an env file with quotes and variables; None where it is absent."""
        content = self.file(path, named_at, secret=True)
        if content is None:
            return None
        return self.parsed_env(EnvFile(content, self.shown(path)), named_at, lookup)

    def parsed_env(self, file: EnvFile, named_at: Origin, lookup: Lookup) -> Mapping[str, str]:
        if not self.spend(len(file.content) // _BYTES_OF_A_VALUE, named_at):
            return {}
        try:
            return dotenv.parse(file, lookup)
        except DevenvError as error:
            self.problems.add(error, named_at)
            return {}

    def shown(self, path: str) -> str:
        """A path as messages show it: relative to the root where it lies below."""
        prefix = self.request.root.rstrip("/") + "/"
        return path.removeprefix(prefix)

    def variable(self, name: str) -> str | None:
        """Look a variable up in our own and in the client's, and remember that."""
        if name in self.request.builtin:
            return self.request.builtin[name]
        value = self.request.environment.get(name)
        value = value.replace("\0", "") if value else value
        self.variables[name] = value
        return value


def scope_of(reading: Reading, folder: str, named_at: Origin) -> Scope:
    """The variables of a folder's files: the client's, then those of the ``.env`` beside them."""
    disabled = (reading.variable("COMPOSE_DISABLE_ENV_FILE") or "").lower() in {"1", "true"}
    path = posixpath.join(folder, ".env")
    values = None if disabled else reading.env_file(path, named_at, reading.variable)
    return Scope(folder, layered(reading.variable, (values or {}).get))


def layered(first: Lookup, then: Lookup) -> Lookup:
    """Look a variable up in ``first``, then in ``then``."""

    def lookup(name: str) -> str | None:
        value = first(name)
        return then(name) if value is None else value

    return lookup
