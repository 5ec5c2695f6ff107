"""``devenv init``: a first profile, guessed from what lies in the folder, with comments."""

from __future__ import annotations

import json
import os
import re

from devenv.cli.arguments import Arguments
from devenv.cli.result import Result
from devenv.cli.session import Session
from devenv.errors import DevenvError
from devenv.profile.filenames import COMPOSE, PROFILE
from devenv.profile.shipped import names as shipped_names

Guess = tuple[str, str, str]
"""Name, command, and what it was guessed from."""

_SCRIPTS = ("dev", "start", "serve")


def run(arguments: Arguments, session: Session) -> Result:
    folder = session.directory
    path = os.path.join(folder, PROFILE)
    guesses = [guess for look in _LOOKS for guess in look(folder)]
    notes = []
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(profile_text(guesses))
    except FileExistsError as error:
        raise DevenvError(f"{path} is there already", "It was left as it is.") from error
    except OSError as error:
        raise DevenvError(f"cannot write {path}: {error.strerror}") from error
    if any(os.path.exists(os.path.join(folder, name)) for name in COMPOSE):
        notes.append("There is a Compose file too: copy the services that you want from it.")
    if not guesses:
        notes.append("Nothing was recognised here, so it holds an example to change.")
    return Result(
        {"path": path, "services": [name for name, _, _ in _unique(guesses)]},
        f"Wrote {path}. Read it, then: devenv check, devenv up",
        notes=tuple(notes),
    )


def profile_text(guesses: list[Guess]) -> str:
    """The profile; without guesses an example."""
    lines = [
        "# What a developer of this repository needs running. `devenv up` brings it up.",
        "# The keys of a service are those of Compose, and a few more: ready, uses, process.",
        "services:",
    ]
    for name, command, origin in _unique(guesses) or [_EXAMPLE]:
        lines += [f"  {name}:  # from {origin}", f"    command: {_quoted(command)}"]
        if name in {"web", "app", "dev", "start", "serve"}:
            lines += _WEB
    databases = [name for name in shipped_names() if name in {"postgres", "redis"}]
    lines += [
        "",
        "  # Services that come with devenv need one line:",
        *(f"  # {name}:\n  #   uses: {name}" for name in databases or ["postgres"]),
        "  # and others say that they need them, and where they are:",
        "  #   depends_on: {postgres: {condition: service_healthy}}",
        "  #   environment: {DATABASE_URL: '${{ services.postgres.url }}'}",
    ]
    return "\n".join(lines) + "\n"


_EXAMPLE: Guess = ("web", "python3 -m http.server $PORT", "an example")
_WEB = [
    "    # ports: ['web: auto']  # a free port, always the same for this checkout",
    "    # environment: {PORT: '${{ self.port }}'}",
    "    # ready: {http: /}      # others can wait until it answers",
]


def _unique(guesses: list[Guess]) -> list[Guess]:
    found: dict[str, Guess] = {}
    for guess in guesses:
        found.setdefault(guess[0], guess)
    return list(found.values())


def _quoted(command: str) -> str:
    """As a command for a shell, since scripts are written for one."""
    escaped = command.replace("$", "$$")
    return f"[sh, -c, {json.dumps(escaped, ensure_ascii=False)}]"


def _read(folder: str, name: str) -> str:
    try:
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            return file.read(1_000_000)
    except OSError:
        return ""


def _procfile(folder: str) -> list[Guess]:
    matches = re.findall(r"^([A-Za-z0-9_-]+):\s*(\S.*)$", _read(folder, "Procfile"), re.MULTILINE)
    return [(_name(name), command.strip(), "Procfile") for name, command in matches]


def _package_json(folder: str) -> list[Guess]:
    try:
        scripts = json.loads(_read(folder, "package.json") or "{}").get("scripts", {})
        chosen = next(name for name in _SCRIPTS if name in scripts)
    except (ValueError, AttributeError, TypeError, StopIteration):
        return []
    runner = "npm"
    for lock, tool in (("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn"), ("bun.lockb", "bun")):
        if os.path.exists(os.path.join(folder, lock)):
            runner = tool
    return [("web", f"{runner} run {chosen}", f"package.json, script {chosen}")]


def _django(folder: str) -> list[Guess]:
    if not os.path.exists(os.path.join(folder, "manage.py")):
        return []
    return [("web", "python manage.py runserver", "manage.py")]


def _pyproject(folder: str) -> list[Guess]:
    text = _read(folder, "pyproject.toml") + _read(folder, "requirements.txt")
    for library, command in (
        ("fastapi", "python -m uvicorn main:app --reload"),
        ("flask", "python -m flask run --debug"),
    ):
        if re.search(rf"\b{library}\b", text, re.IGNORECASE):
            return [("web", command, f"{library} among the requirements")]
    return []


def _name(name: str) -> str:
    return name.lower()


_LOOKS = (_procfile, _package_json, _django, _pyproject)
