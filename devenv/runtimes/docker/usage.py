"""What a container of this machine uses, read where the kernel counts it: no call to the engine."""

from __future__ import annotations

from pathlib import Path

from devenv.runtimes.protocol import Sample

GROUPS = Path("/sys/fs/cgroup")


def usage(container: str, pid: int | None) -> Sample | None:
    """Read the control groups of a container; None where they are not to be seen from here.

    ``pid`` is its first process, by the engine's numbers: on another machine, or in another
    namespace, that is nobody, or somebody else.
    """
    try:
        groups = _groups_of(pid or 0)
        if not any(container in path for path in groups.values()):
            return None
        return _second(groups[""]) if "memory" not in groups else _first(groups)
    except (OSError, ValueError, KeyError):
        return None


def _groups_of(pid: int) -> dict[str, str]:
    """The group of a process by controller; "": that of version 2."""
    lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    fields = (line.split(":", 2) for line in lines)
    return {name: path for _, names, path in fields for name in names.split(",")}


def _first(groups: dict[str, str]) -> Sample:
    """Version 1: a tree for each controller; times are nanoseconds."""
    memory = GROUPS / "memory" / groups["memory"].lstrip("/")
    spent = GROUPS / "cpuacct" / groups["cpuacct"].lstrip("/") / "cpuacct.usage"
    used = int((memory / "memory.usage_in_bytes").read_text())
    cached = _counts(memory / "memory.stat").get("total_inactive_file", 0)
    return Sample(int(spent.read_text()) / 1e9, max(0, used - cached))


def _second(path: str) -> Sample:
    """Version 2: one tree; times are microseconds."""
    group = GROUPS / path.lstrip("/")
    used = int((group / "memory.current").read_text())
    cached = _counts(group / "memory.stat").get("inactive_file", 0)
    return Sample(_counts(group / "cpu.stat")["usage_usec"] / 1e6, max(0, used - cached))


def _counts(file: Path) -> dict[str, int]:
    pairs = (line.split() for line in file.read_text().splitlines())
    return {name: int(count) for name, count in pairs}
