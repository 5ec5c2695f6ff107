"""Checked keys to the model: one service at a time, each mistake at the key that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devenv.errors import DevenvError
from devenv.model.service import (
    Condition,
    Container,
    Dependency,
    Kind,
    Probe,
    Process,
    Restart,
    RestartPolicy,
    Service,
    Stop,
)
from devenv.profile import schema
from devenv.profile.containers import Definitions
from devenv.profile.environment import variables
from devenv.profile.in_previews import in_preview
from devenv.profile.interpolate import Lookup
from devenv.profile.place import Place
from devenv.profile.port_list import check_room, ports_of
from devenv.profile.probes import probe_of, ready_probe
from devenv.profile.reading import Reading
from devenv.profile.references import escape
from devenv.profile.schema_container import ContainerKeys
from devenv.profile.schema_types import pairs
from devenv.profile.tree import Table
from devenv.profile.watching import sync_rules

LOG_QUOTA = 256 * 1024 * 1024
_DEPLOY_RESTARTS = {
    "none": RestartPolicy.NO,
    "on-failure": RestartPolicy.ON_FAILURE,
    "any": RestartPolicy.ALWAYS,
}
_ENDLESS = frozenset({RestartPolicy.ALWAYS, RestartPolicy.UNLESS_STOPPED})


@dataclass(frozen=True, slots=True)
class Builder:
    """What every service of a profile is built with.

    ``active`` are Compose profiles; ``definitions`` say how services are containers.
    """

    tree: Table
    reading: Reading
    lookup: Lookup
    active: frozenset[str]
    definitions: Definitions

    def services(self, profile: schema.Profile) -> Mapping[str, Service]:
        """Build all services, then all tasks; those that nothing could run are left out."""
        built: dict[str, Service] = {}
        for kind, section in ((Kind.SERVICE, profile.services), (Kind.TASK, profile.tasks)):
            for name, written in section.items():
                place = Place(self.tree, self.reading.problems, kind, name)
                if name in built:
                    place.error("there is a service of this name", (), "give the task another")
                    continue
                service = self._service(written, place)
                if service.process or service.container:
                    built[name] = service
        return built

    def _service(self, written: schema.Service, place: Place) -> Service:
        _check_runnable(written, place)
        directory = self._directory(written)
        ports = ports_of(written, place)
        replicas = _replicas(written, place)
        check_room(ports, replicas, place)
        quota = written.logs.quota if written.logs else None
        return Service(
            name=place.name,
            origin=place.origin(),
            kind=place.kind,
            process=self._process(written, directory, place),
            container=self._container(written, place),
            runtime=written.runtime or "",
            ports=ports,
            url=written.url,
            depends_on=_dependencies(written),
            probe=_probe(written, directory, place),
            restart=_restart(written, place),
            stop=Stop(written.stop_signal, written.stop_grace_period),
            replicas=replicas,
            success_exit_codes=frozenset(written.success_exit_codes or (0,)),
            automatic=place.kind is Kind.SERVICE and self._is_active(written),
            labels={name: value or "" for name, value in pairs(written.labels or {}).items()},
            sync=sync_rules(written, self.definitions.get(place.name), place),
            log_quota=LOG_QUOTA if quota is None else quota,
            preview=in_preview(written, place),
        )

    def _process(self, written: schema.Service, directory: str, place: Place) -> Process | None:
        command = written.process.command if written.process else written.command
        if command is None or (_is_container(written) and not written.process):
            return None
        if not command:
            path = ("process", "command") if written.process else ("command",)
            place.error("the command is empty", path)
            return None
        environment = variables(written, place.table, self.reading, self.lookup)
        ready = written.process.ready if written.process else None
        return Process(
            command,
            directory,
            environment,
            written.tty,
            written.stdin_open,
            ready_probe(ready, directory) if ready else None,
        )

    def _container(self, written: schema.Service, place: Place) -> Container | None:
        definition = self.definitions.get(place.name)
        if definition is None:
            return None
        own = written.model_copy(update={"process": None})
        environment = variables(own, place.table, self.reading, self.lookup)
        return Container({**definition, "environment": environment} if environment else definition)

    def _directory(self, written: schema.Service) -> str:
        own = written.process.working_dir if written.process else None
        return own or written.working_dir or escape(self.reading.request.root)

    def _is_active(self, written: schema.Service) -> bool:
        asked_for = frozenset(written.profiles)
        return not asked_for or "*" in self.active or not asked_for.isdisjoint(self.active)


def _is_container(written: schema.Service) -> bool:
    return written.image is not None or written.build is not None


def _check_runnable(written: schema.Service, place: Place) -> None:
    """Refuse what no runtime could run as it is written."""
    if written.uses is not None:  # what it should use could not be had, which is told already
        return
    if _is_container(written):
        if written.runtime == "process" and not written.process:
            hint = "add `process: {command: …}`"
            place.error("it cannot be a host process", ("runtime",), hint)
        return
    if written.command is None and written.process is None:
        place.error(
            "nothing says how to run it",
            (),
            "add `command` for a host process, `image` or `build` for a container, or `uses`",
        )
    if written.runtime == "docker":
        place.error("it cannot be a container", ("runtime",), "add `image` or `build`")
    for key in ContainerKeys.model_fields:
        if key in written.model_fields_set:
            place.error(
                f"`{key}` needs a container, and this is a host process",
                (key,),
                "add `image` or `build`, or remove the key",
                key=True,
            )


def _probe(written: schema.Service, directory: str, place: Place) -> Probe | None:
    try:
        return probe_of(written, directory)
    except DevenvError as error:
        place.error(error.message, ("ready" if written.ready else "healthcheck",), error.hint)
        return None


def _dependencies(written: schema.Service) -> tuple[Dependency, ...]:
    entries = written.depends_on or ()
    if isinstance(entries, tuple):
        return tuple(Dependency(name) for name in dict.fromkeys(entries))
    return tuple(
        Dependency(name, Condition(table.condition), table.required, table.restart)
        for name, table in entries.items()
    )


def _restart(written: schema.Service, place: Place) -> Restart:
    restart = written.restart or _deploy_restart(written) or Restart()
    if place.kind is Kind.TASK and restart.policy in _ENDLESS:
        place.error(
            f"a task runs to its end, so `restart: {restart.policy}` is not possible",
            ("restart",),
            "write `on-failure`, or move it to `services`",
        )
    return restart


def _deploy_restart(written: schema.Service) -> Restart | None:
    table = written.deploy.restart_policy if written.deploy else None
    if table is None:
        return None
    limit = Restart().limit if table.max_attempts is None else table.max_attempts
    return Restart(_DEPLOY_RESTARTS[table.condition], limit)


def _replicas(written: schema.Service, place: Place) -> int:
    replicas = written.deploy.replicas if written.deploy else None
    if None not in {written.scale, replicas} and written.scale != replicas:
        place.error(
            f"`scale` is {written.scale} and `deploy.replicas` is {replicas}",
            ("scale",),
            "keep one of them",
        )
    found = replicas if written.scale is None else written.scale
    return 1 if found is None else found
