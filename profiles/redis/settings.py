"""The settings of a Redis server, and its data folder."""

from __future__ import annotations

import os
from collections.abc import Mapping

from profiles.programs import UnmetError

_VERSION_FILE = "devenv.version"


def text(environ: Mapping[str, str]) -> str:
    """Write the settings that the environment asks for. Raises UnmetError."""
    names = ("REDIS_DATA", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD")
    missing = [name for name in names if not environ.get(name)]
    if missing:
        raise UnmetError(f"Redis needs a value for {' and '.join(missing)}")
    settings = {
        "bind": environ["REDIS_HOST"],
        "port": environ["REDIS_PORT"],
        "requirepass": environ["REDIS_PASSWORD"],
        "dir": environ["REDIS_DATA"],
        "appendonly": "yes",
        "daemonize": "no",
        "always-show-logo": "no",
    }
    return "".join(f"{name} {_quoted(value)}\n" for name, value in settings.items())


def version(folder: str) -> int:
    """The major version of the server that wrote the data last; 0: there is none yet."""
    try:
        with open(os.path.join(folder, _VERSION_FILE), encoding="ascii") as file:
            return int(file.read())
    except (FileNotFoundError, ValueError):
        return 0


def have_folder(folder: str, server: str) -> None:
    """Have the data folder, marked with the server's version; refuse what a newer one wrote.

    Raises UnmetError.
    """
    os.makedirs(folder, mode=0o700, exist_ok=True)
    existing, major = version(folder), int(server.split(".", maxsplit=1)[0])
    if existing > major:
        raise UnmetError(
            f"the data was written by version {existing}, and version {server} cannot read it\n"
            f"Ask for redis@{existing}; or begin with no data: devenv down --volumes"
        )
    if existing < major:
        path = os.path.join(folder, _VERSION_FILE)
        with open(f"{path}.new", "w", encoding="ascii") as file:
            file.write(str(major))
        os.rename(f"{path}.new", path)


def _quoted(value: str) -> str:
    """One word in the server's own notation, whatever is in it."""
    plain = "".join(
        character if character.isprintable() and character not in '"\\' else _escaped(character)
        for character in value
    )
    return f'"{plain}"'


def _escaped(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode())
