"""How much a container may have of the machine: the resolved keys, and those of ``deploy``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devenv.runtimes.docker.quantities import nanoseconds, size

NANOCPUS = 1_000_000_000


def limits(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Make the part of a HostConfig that limits; keys of the service win over ``deploy``."""
    deploy = definition.get("deploy") or {}
    resources = deploy.get("resources") or {}
    limited, reserved = resources.get("limits") or {}, resources.get("reservations") or {}
    cpus = definition.get("cpus") or limited.get("cpus") or 0
    memory = definition.get("mem_limit") or limited.get("memory")
    reservation = definition.get("mem_reservation") or reserved.get("memory")
    pids = definition.get("pids_limit") or limited.get("pids")
    return {
        "NanoCpus": int(float(cpus) * NANOCPUS),
        "CpuShares": int(float(definition.get("cpu_shares") or 0)),
        "CpuPeriod": _microseconds(definition.get("cpu_period")),
        "CpuQuota": _microseconds(definition.get("cpu_quota")),
        "CpuRealtimePeriod": _microseconds(definition.get("cpu_rt_period")),
        "CpuRealtimeRuntime": _microseconds(definition.get("cpu_rt_runtime")),
        "CpusetCpus": definition.get("cpuset"),
        "Memory": size(memory),
        "MemoryReservation": size(reservation),
        "MemorySwap": size(definition.get("memswap_limit")),
        "MemorySwappiness": definition.get("mem_swappiness"),
        "OomKillDisable": definition.get("oom_kill_disable") or None,
        "OomScoreAdj": definition.get("oom_score_adj") or None,
        "PidsLimit": int(pids) if pids else None,
        "ShmSize": size(definition.get("shm_size")) or None,
        "Ulimits": [_ulimit(*one) for one in (definition.get("ulimits") or {}).items()],
        **_block_io(definition.get("blkio_config") or {}),
    }


def _microseconds(written: object) -> int:
    """A number of them, or a duration."""
    text = str(written or 0)
    return int(text) if text.lstrip("-").isdecimal() else nanoseconds(text) // 1000


def _ulimit(name: str, written: Any) -> dict[str, Any]:
    if isinstance(written, Mapping):
        return {"Name": name, "Soft": int(written["soft"]), "Hard": int(written["hard"])}
    return {"Name": name, "Soft": int(written), "Hard": int(written)}


def _block_io(written: Mapping[str, Any]) -> dict[str, Any]:
    rates = {
        "BlkioDeviceReadBps": "device_read_bps",
        "BlkioDeviceWriteBps": "device_write_bps",
        "BlkioDeviceReadIOps": "device_read_iops",
        "BlkioDeviceWriteIOps": "device_write_iops",
    }
    made: dict[str, Any] = {
        theirs: [{"Path": one["path"], "Rate": size(one["rate"])} for one in written[ours]]
        for theirs, ours in rates.items()
        if written.get(ours)
    }
    if written.get("weight"):
        made["BlkioWeight"] = int(written["weight"])
    if written.get("weight_device"):
        made["BlkioWeightDevice"] = [
            {"Path": one["path"], "Weight": int(one["weight"])} for one in written["weight_device"]
        ]
    return made
