"""The mark of a unit: a number that every process of it carries, whatever it forks or wipes.

It is the soft limit of file locks (setrlimit(2), RLIMIT_LOCKS), which Linux has not enforced since
2.4. It is inherited over fork and exec, survives a new session and an empty environment, and anyone
may read it. Bits 40-61 stand for the runtime folder, 20-39 for the environment, 0-19 for the unit;
a keeper wears the mark of unit 0.
"""

import os
import resource

NONE = 0
VARIABLE = "DEVENV_UNIT"
"""ENVIRONMENT/SERVICE/INDEX, for people and for programs that want to know where they are."""

_RLIMIT_LOCKS = 10
_LINE = b"Max file locks"
_MAGIC = 1 << 62
_UNIT_BITS = 20
_PLACE_BITS = 40
_UNITS = (1 << _UNIT_BITS) - 1


def keeper_mark(folder: str, environment: str) -> int:
    """Make the mark of a keeper; with an empty ``environment``, that of the daemon itself."""
    place = _hash(os.path.realpath(folder), 22) << _PLACE_BITS
    return _MAGIC | place | (_hash(environment, 20) << _UNIT_BITS if environment else 0)


def unit_mark(keeper: int, number: int) -> int:
    """Make the mark of the unit that is started as the ``number``-th, counted from 0."""
    return keeper | (number % _UNITS + 1)


def keeper_of(mark: int) -> int:
    """Tell the mark of the keeper that started the one who wears ``mark``."""
    return mark & ~_UNITS


def is_holder(mark: int) -> bool:
    """Tell whether a keeper or a daemon wears ``mark``, and no process of a unit."""
    return mark != NONE and keeper_of(mark) == mark


def same_folder(one: int, other: int) -> bool:
    """Tell whether two marks were made for one runtime folder."""
    return one >> _PLACE_BITS == other >> _PLACE_BITS


def wear(mark: int) -> None:
    """Carry a mark from now on; where the limits leave no room for one, none."""
    _, hard = resource.getrlimit(_RLIMIT_LOCKS)
    if hard == resource.RLIM_INFINITY or hard >= mark:
        resource.setrlimit(_RLIMIT_LOCKS, (mark, hard))


def worn_by(pid: int) -> int:
    """Read the mark of a process; NONE if it has none or is gone (proc_pid_limits(5))."""
    try:
        with open(f"/proc/{pid}/limits", "rb", buffering=0) as file:
            text = file.read(4096)
    except OSError:
        return NONE
    soft = text[text.find(_LINE) + len(_LINE) :].split(maxsplit=1)[:1]
    number = int(soft[0]) if soft and soft[0].isdigit() else 0
    return number if number & _MAGIC else NONE


def _hash(text: str, bits: int) -> int:
    """Make a number of a text: the same in every process, unlike hash()."""
    number = 0
    for byte in os.fsencode(text):
        number = (number * 1000003 + byte + 1) % 2305843009213693951
    return number % ((1 << bits) - 1) + 1
