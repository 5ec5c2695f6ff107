"""What all environments of this daemon share: runtimes, the user's key, folders, the journal."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devenv.daemon.desired import Home
from devenv.daemon.watching import Watching
from devenv.errors import DevenvError
from devenv.failpoints import failpoint
from devenv.model.environment import EnvironmentId
from devenv.runtimes.docker.runtime import DockerRuntime
from devenv.runtimes.kubernetes.runtime import KubernetesRuntime
from devenv.runtimes.process.runtime import ProcessRuntime
from devenv.runtimes.protocol import Runtime


@dataclass(frozen=True, slots=True)
class Folders:
    """Where things of an environment lie in the state folder."""

    state: Path

    @property
    def key(self) -> Path:
        return self.state / "key"

    @property
    def cookies(self) -> Path:
        return self.state / "cookies"

    def environment(self, environment: EnvironmentId) -> Path:
        return self.state / environment

    def desired(self, environment: EnvironmentId) -> Path:
        return self.environment(environment) / "desired.json"

    def journal(self, environment: EnvironmentId) -> Path:
        return self.environment(environment) / "events.jsonl"

    def logs(self, environment: EnvironmentId) -> Path:
        return self.environment(environment) / "logs"

    def log(self, environment: EnvironmentId, service: str, index: int) -> Path:
        return self.logs(environment) / f"{service}.{index}"

    def records(self, environment: EnvironmentId) -> Path:
        return self.environment(environment) / "containers.json"

    def ledgers(self, environment: EnvironmentId) -> Path:
        return self.environment(environment) / "sync"

    def data(self, environment: EnvironmentId, service: str) -> Path:
        return self.environment(environment) / "data" / service

    def known(self) -> list[EnvironmentId]:
        """List the environments that have a desired state on disk."""
        return sorted(EnvironmentId(path.parent.name) for path in self.state.glob("*/desired.json"))

    def named(self) -> set[str]:
        """The names of all folders here: whatever has one may be an environment."""
        return {path.name for path in self.state.iterdir()}

    def remove(self, environment: EnvironmentId) -> None:
        """Remove all that an environment left: data, logs, and last its desired state.

        Whoever is killed midway finds in that what is still to be done. DevenvError where data
        cannot be removed.
        """
        folder = self.environment(environment)
        data = folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        if data.exists():
            raise DevenvError(f"cannot remove {data}", "remove it by hand, then try again")
        failpoint("data.removed")
        shutil.rmtree(self.logs(environment), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Taken:
    """Ports and names of containers that others have, and who."""

    ports: Mapping[int, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Host:
    """``taken`` tells what the other environments that are up hold."""

    processes: ProcessRuntime
    docker: DockerRuntime
    kubernetes: KubernetesRuntime
    home: Home
    folders: Folders
    taken: Callable[[EnvironmentId], Taken]
    watching: Watching

    @property
    def runtimes(self) -> Mapping[str, Runtime]:
        known: tuple[Runtime, ...] = (self.processes, self.docker, self.kubernetes)
        return {runtime.name: runtime for runtime in known}
