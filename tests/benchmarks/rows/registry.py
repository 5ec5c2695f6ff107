"""All rows by name, in the order of the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.benchmarks.rounds import Run
from tests.benchmarks.rows import (
    chain,
    docker_chain,
    docker_config,
    docker_down,
    docker_lines,
    docker_pause,
    docker_status,
    docker_sync,
    docker_up,
    first_sync,
    idle,
    idle_files,
    killed,
    lines,
    log_frames,
    log_ingest,
    log_store,
    nothing,
    pod_sync,
    preview_again,
    preview_down,
    preview_list,
    preview_up,
    save_restart,
    spawn,
    status,
    thousand_previews,
    tui,
    watching,
)
from tests.benchmarks.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    measure: Callable[[Run], list[Table]]


ROWS: Mapping[str, Row] = {
    "status": Row(status.TITLE, status.measure),
    "nothing": Row(nothing.TITLE, nothing.measure),
    "spawn": Row(spawn.TITLE, spawn.measure),
    "chain": Row(chain.TITLE, chain.measure),
    "lines": Row(lines.TITLE, lines.measure),
    "log_ingest": Row(log_ingest.TITLE, log_ingest.measure),
    "log_store": Row(log_store.TITLE, log_store.measure),
    "log_frames": Row(log_frames.TITLE, log_frames.measure),
    "tui": Row(tui.TITLE, tui.measure),
    "idle": Row(idle.TITLE, idle.measure),
    "killed": Row(killed.TITLE, killed.measure),
    "docker_status": Row(docker_status.TITLE, docker_status.measure),
    "docker_up": Row(docker_up.TITLE, docker_up.measure),
    "docker_chain": Row(docker_chain.TITLE, docker_chain.measure),
    "docker_down": Row(docker_down.TITLE, docker_down.measure),
    "docker_pause": Row(docker_pause.TITLE, docker_pause.measure),
    "docker_lines": Row(docker_lines.TITLE, docker_lines.measure),
    "docker_sync": Row(docker_sync.TITLE, docker_sync.measure),
    "preview_up": Row(preview_up.TITLE, preview_up.measure),
    "preview_again": Row(preview_again.TITLE, preview_again.measure),
    "preview_list": Row(preview_list.TITLE, preview_list.measure),
    "preview_down": Row(preview_down.TITLE, preview_down.measure),
    "thousand_previews": Row(thousand_previews.TITLE, thousand_previews.measure),
    "pod_sync": Row(pod_sync.TITLE, pod_sync.measure),
    "watching": Row(watching.TITLE, watching.measure),
    "save_restart": Row(save_restart.TITLE, save_restart.measure),
    "idle_files": Row(idle_files.TITLE, idle_files.measure),
    "first_sync": Row(first_sync.TITLE, first_sync.measure),
    "docker_config": Row(docker_config.TITLE, docker_config.measure),
}
