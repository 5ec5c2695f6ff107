"""A PostgreSQL cluster as its environment wants it: made once, its login and database kept true."""

from __future__ import annotations

import ctypes
import hashlib
import hmac
import locale
import os
import shutil
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

from profiles.programs import Server, UnmetError, say

_NEW_USER_NAMESPACE = 0x10000000
_PLAIN_USER = 65534
_APPLIED = "devenv.applied"


class Wish(NamedTuple):
    """What the environment wants: where the server is, and what one logs in with."""

    data: str
    host: str
    port: str
    user: str
    password: str
    database: str


def wish(environ: Mapping[str, str]) -> Wish:
    """Read the wish. Raises UnmetError."""
    names = ("PGDATA", "PGHOST", "PGPORT", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB")
    values = [environ.get(name, "") for name in names]
    missing = [name for name, value in zip(names, values, strict=True) if not value]
    if missing:
        raise UnmetError(f"PostgreSQL needs a value for {' and '.join(missing)}")
    return Wish(*values)


def version(data: str) -> str:
    """The major version that the data is of; empty: there is none yet."""
    try:
        with open(os.path.join(data, "PG_VERSION"), encoding="ascii") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""


def clear_stale_lock(data: str) -> None:
    """Remove the lock of a server that is gone, should another process have its number now.

    Call it before ``leave_root``, after which other processes cannot be looked at. Raises
    UnmetError where the server is alive.
    """
    path = os.path.join(data, "postmaster.pid")
    try:
        with open(path, encoding="utf-8") as file:
            number = int(file.readline())
        folder = os.readlink(f"/proc/{number}/cwd")
    except PermissionError:
        if os.stat(f"/proc/{number}").st_uid == os.geteuid():
            return  # one that hides: the server will see whether it uses the data
        folder = ""  # somebody else's, and the data is ours
    except (OSError, ValueError):
        return  # nobody has the number, and the server sees this itself
    if folder == os.path.realpath(data):
        raise UnmetError(
            f"the process {number} is a PostgreSQL server with the same data already\n"
            f"End it (kill -INT {number}), and start this service again."
        )
    os.unlink(path)


def leave_root() -> None:
    """Be a plain user from here on where we are root, whom PostgreSQL refuses. Raises UnmetError.

    Files still belong to root: a user namespace only shows another number.
    """
    if os.geteuid() != 0:
        return
    user, group = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_USER_NAMESPACE) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise UnmetError(
            f"PostgreSQL refuses to run as root, and a user namespace is not allowed: {reason}\n"
            "Run devenv as another user, or allow them (sysctl user.max_user_namespaces)."
        )
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{_PLAIN_USER} {user} 1"),
        ("gid_map", f"{_PLAIN_USER} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def have(server: Server, wish: Wish) -> None:
    """Make the cluster where there is none, and see that its login and database are as wished.

    Safe to repeat, and to be ended anywhere. Raises UnmetError.
    """
    os.environ["LC_ALL"] = _locale()
    is_new = not version(wish.data)
    if is_new:
        _create(server, wish)
    _check_owner(wish.data)
    if not _is_applied(wish):
        _apply(server, wish, is_new=is_new)
        _write_applied(wish)


def _create(server: Server, wish: Wish) -> None:
    """Make the cluster in a folder beside, and rename it once it is whole."""
    say(f"making a new cluster of PostgreSQL {server.version}")
    os.makedirs(os.path.dirname(wish.data), mode=0o700, exist_ok=True)
    new = f"{wish.data}.new"
    shutil.rmtree(new, ignore_errors=True)
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as file:
        file.write(f"{wish.password}\n")
    options = ["--auth=scram-sha-256", "--encoding=UTF8", f"--locale={_locale()}"]
    options += [f"--username={wish.user}", f"--pwfile=/dev/fd/{reading}"]
    try:
        run = subprocess.run(
            [os.path.join(server.folder, "initdb"), "-D", new, *options],
            pass_fds=(reading,),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.close(reading)
    if run.returncode:
        raise UnmetError(f"no cluster can be made in {wish.data}:\n{run.stderr.strip()}")
    if os.path.isdir(wish.data) and not os.listdir(wish.data):
        os.rmdir(wish.data)
    os.rename(new, wish.data)


def _check_owner(data: str) -> None:
    owner = os.stat(data).st_uid
    if owner != os.geteuid():
        raise UnmetError(
            f"{data} belongs to the user with the number {owner}, and PostgreSQL wants its own\n"
            "Run devenv as that user, or begin with no data: devenv down --volumes"
        )


def _digest(wish: Wish, salt: bytes) -> str:
    login = "\0".join((wish.user, wish.password, wish.database))
    return hashlib.pbkdf2_hmac("sha256", login.encode(), salt, 2000).hex()


def _is_applied(wish: Wish) -> bool:
    try:
        with open(os.path.join(wish.data, _APPLIED), encoding="ascii") as file:
            salt, _, digest = file.read().partition(" ")
        return hmac.compare_digest(digest, _digest(wish, bytes.fromhex(salt)))
    except (FileNotFoundError, ValueError):
        return False


def _write_applied(wish: Wish) -> None:
    salt = os.urandom(16)
    path = os.path.join(wish.data, _APPLIED)
    with open(f"{path}.new", "w", encoding="ascii") as file:
        file.write(f"{salt.hex()} {_digest(wish, salt)}")
    os.rename(f"{path}.new", path)


def _apply(server: Server, wish: Wish, *, is_new: bool) -> None:
    """See that the login and the database are there, without a server that anybody can reach."""
    user, database = _name(wish.user), _name(wish.database)
    there = "role" if is_new else ""
    if not is_new:
        there = _alone(
            server,
            wish.data,
            f"SELECT 'role' FROM pg_roles WHERE rolname = {_text(wish.user)}",
            f"SELECT 'database' FROM pg_database WHERE datname = {_text(wish.database)}",
        )
    elif wish.database in {"postgres", "template1"}:
        there = "role database"
    statements = []
    if not is_new:
        verb = "ALTER" if "role" in there else "CREATE"
        password = f"PASSWORD {_text(wish.password)}"
        statements.append(f"{verb} ROLE {user} LOGIN SUPERUSER {password}")
    if "database" not in there:
        statements.append(f"CREATE DATABASE {database} OWNER {user}")
    if statements:
        _alone(server, wish.data, *statements)


def _alone(server: Server, data: str, *statements: str) -> str:
    """Run statements in PostgreSQL's single-user mode; returns the values that it prints."""
    settings = ("exit_on_error=on", "log_min_error_statement=panic", "log_checkpoints=off")
    words = [word for setting in settings for word in ("-c", setting)]
    run = subprocess.run(
        [
            os.path.join(server.folder, "postgres"),
            "--single",
            "-j",
            "-D",
            data,
            *words,
            "template1",
        ],
        input="".join(f"{statement};\n\n" for statement in statements),
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise UnmetError(f"the cluster in {data} cannot be set up:\n{run.stderr.strip()}")
    values = (line.partition(' = "')[2] for line in run.stdout.splitlines())
    return " ".join(value.partition('"')[0] for value in values if value)


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    """A string constant for any settings: quotes and backslashes are doubled."""
    return " E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _locale() -> str:
    """C.UTF-8 where this machine has it: orders by code point, knows all letters."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C.UTF-8"
