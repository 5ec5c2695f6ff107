"""Tells an end by the kernel's out-of-memory killer from any other SIGKILL."""

_seen = [0]


def killed_for_memory() -> bool:
    """Whether our control group counts more such kills than when last asked (cgroups(7))."""
    count = _count()
    grown = count > _seen[0]
    _seen[0] = count
    return grown


def remember() -> None:
    """Take the count as it is now for the start."""
    _seen[0] = _count()


def _count() -> int:
    try:
        with open("/proc/self/cgroup", encoding="ascii") as file:
            paths = dict(line.rstrip("\n").split(":", 2)[1:] for line in file)
    except (OSError, ValueError):
        return 0
    for path in (
        f"/sys/fs/cgroup{paths.get('', '/')}/memory.events",
        f"/sys/fs/cgroup/memory{paths.get('memory', '/')}/memory.oom_control",
    ):
        try:
            with open(path, encoding="ascii") as file:
                counts = dict(line.split() for line in file)
            return int(counts.get("oom_kill", 0))
        except (OSError, ValueError):
            continue
    return 0
