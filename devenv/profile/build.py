"""Checked keys to the model: one service at a time, each mistake at the key that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from devenv.errors import DevenvError
from devenv.model.service import (
    Condition,
    Container,
    Dependency,
    Kind,
    Port,
    PortRange,
    Process,
    Restart,
    RestartPolicy,
    Service,
    Stop,
)
from devenv.profile import ports, schema
from devenv.profile.environment import variables
from devenv.profile.interpolate import Lookup
from devenv.profile.probes import probe_of
from devenv.profile.reading import Reading
from devenv.profile.references import escape
from devenv.profile.schema_container import ContainerKeys
from devenv.profile.schema_types import pairs
from devenv.profile.tree import Path, Table, child_table, origin_of

_RESTARTS = {
    "none": RestartPolicy.NO,
    "on-failure": RestartPolicy.ON_FAILURE,
    "any": RestartPolicy.ALWAYS,
}


@dataclass(frozen=True, slots=True)
class Builder:
    """What every service of a profile is built with; ``active`` are Compose profiles."""

    tree: Table
    reading: Reading
    lookup: Lookup
    active: frozenset[str]

    def services(self, profile: schema.Profile) -> Mapping[str, Service]:
        """Build all services, then all tasks; those with problems are left out."""
        built: dict[str, Service] = {}
        sections = ((Kind.SERVICE, profile.services), (Kind.TASK, profile.tasks))
        for kind, section in sections:
            for name, written in section.items():
                one = _One(self, kind, name, written)
                if name in built:
                    one.error(f"`{name}` is a service too", (), "give the task another name")
                    continue
                service = one.build()
                if service is not None:
                    built[name] = service
        return built


@dataclass(frozen=True, slots=True)
class _One:
    """One service on its way into the model."""

    builder: Builder
    kind: Kind
    name: str
    written: schema.Service

    @property
    def section(self) -> str:
        return "services" if self.kind is Kind.SERVICE else "tasks"

    @property
    def tree(self) -> Table:
        return child_table(child_table(self.builder.tree, self.section), self.name)

    def error(self, message: str, path: Path, hint: str = "", *, key: bool = False) -> None:
        origin = origin_of(self.builder.tree, (self.section, self.name, *path), key=key)
        shown = f"{self.section}.{self.name}: {message}"
        self.builder.reading.problems.error(shown, origin, hint)

    def build(self) -> Service | None:
        written = self.written
        self._check_runnable()
        process = self._process()
        container = self._container()
        try:
            probe = probe_of(written, self._directory())
        except DevenvError as error:
            self.error(error.message, ("ready",) if written.ready else ("healthcheck",), error.hint)
            return None
        service = Service(
            name=self.name,
            origin=origin_of(self.builder.tree, (self.section, self.name)),
            kind=self.kind,
            process=process,
            container=container,
            runtime=written.runtime or "",
            ports=self._ports(),
            url=written.url,
            depends_on=self._dependencies(),
            probe=probe,
            restart=self._restart(),
            stop=Stop(written.stop_signal, written.stop_grace_period),
            replicas=self._replicas(),
            success_exit_codes=frozenset(written.success_exit_codes or (0,)),
            automatic=self._is_automatic(),
            labels={name: value or "" for name, value in pairs(written.labels or {}).items()},
        )
        service = _with_quota(service, written)
        self._check_replicas(service)
        return service if process or container else None

    def _process(self) -> Process | None:
        written = self.written
        is_container = written.image is not None or written.build is not None
        command = written.process.command if written.process else written.command
        if command is None or (is_container and not written.process):
            return None
        if not command:
            key = ("process", "command") if written.process else ("command",)
            self.error("the command is empty", key)
            return None
        return Process(
            command,
            self._directory(),
            variables(written, self.tree, self.builder.reading, self.builder.lookup),
            written.tty,
            written.stdin_open,
        )

    def _directory(self) -> str:
        own = self.written.process.working_dir if self.written.process else None
        return own or self.written.working_dir or escape(self.builder.reading.request.root)

    def _container(self) -> Container | None:
        written = self.written
        if written.image is None and written.build is None:
            return None
        build = written.build or ""
        context = build if isinstance(build, str) else str(build.get("context", "."))
        return Container(written.image or "", context)

    def _check_runnable(self) -> None:
        """Refuse what no runtime could run."""
        written = self.written
        if written.image is not None or written.build is not None:
            if written.runtime == "process" and not written.process:
                self.error(
                    "it cannot be a host process", ("runtime",), "add `process: {command: …}`"
                )
            return
        if written.command is None and written.process is None:
            self.error(
                "nothing says how to run it",
                (),
                "add `command` for a host process, `image` or `build` for a container, or `uses`",
            )
        if written.runtime == "docker":
            self.error("it cannot be a container", ("runtime",), "add `image` or `build`")
        for key in ContainerKeys.model_fields:
            if key in written.model_fields_set:
                self.error(
                    f"`{key}` needs a container, and this is a host process",
                    (key,),
                    "add `image` or `build`, or remove the key",
                    key=True,
                )

    def _ports(self) -> tuple[Port, ...]:
        written = self.written.ports or ()
        if isinstance(written, dict):
            entries = [((name,), self._named(name, value, (name,))) for name, value in written.items()]
        else:
            entries = [((n,), self._entry(entry, n)) for n, entry in enumerate(written)]
        found: dict[str, Port] = {}
        for path, group in entries:
            for port in group:
                if port.name in found:
                    self.error(f"two ports are called `{port.name}`", ("ports", *path))
                found[port.name] = port
        return tuple(found.values())

    def _entry(
        self, entry: tuple[Port, ...] | schema.PortTable | dict[str, str], number: int
    ) -> tuple[Port, ...]:
        if isinstance(entry, tuple):
            return entry
        if isinstance(entry, dict):
            groups = (self._named(name, value, (number, name)) for name, value in entry.items())
            return tuple(port for group in groups for port in group)
        spec = ports.Spec(entry.name, entry.host_ip, entry.published, entry.target, entry.protocol)
        return self._expanded(spec, (number,))

    def _named(self, name: str, value: str, path: Path) -> tuple[Port, ...]:
        try:
            return self._expanded(replace(ports.spec_of(value), name=name), path)
        except DevenvError as error:
            self.error(error.message, ("ports", *path), error.hint)
            return ()

    def _expanded(self, spec: ports.Spec, path: Path) -> tuple[Port, ...]:
        try:
            return ports.expanded(spec)
        except DevenvError as error:
            self.error(error.message, ("ports", *path), error.hint)
            return ()

    def _dependencies(self) -> tuple[Dependency, ...]:
        written = self.written.depends_on or ()
        if isinstance(written, tuple):
            return tuple(Dependency(name) for name in dict.fromkeys(written))
        return tuple(
            Dependency(name, Condition(table.condition), table.required, table.restart)
            for name, table in written.items()
        )

    def _restart(self) -> Restart:
        deploy = self.written.deploy.restart_policy if self.written.deploy else None
        restart = self.written.restart
        if restart is None and deploy:
            limit = Restart().limit if deploy.max_attempts is None else deploy.max_attempts
            restart = Restart(_RESTARTS[deploy.condition], limit)
        restart = restart or Restart()
        if self.kind is Kind.TASK and restart.policy in {
            RestartPolicy.ALWAYS,
            RestartPolicy.UNLESS_STOPPED,
        }:
            self.error(
                f"a task runs to its end, so `restart: {restart.policy}` is not possible",
                ("restart",),
                "write `on-failure`, or move it to `services`",
            )
        return restart

    def _replicas(self) -> int:
        scale = self.written.scale
        replicas = self.written.deploy.replicas if self.written.deploy else None
        if scale is not None and replicas is not None and scale != replicas:
            self.error(
                f"`scale` is {scale} and `deploy.replicas` is {replicas}",
                ("scale",),
                "keep one of them",
            )
        found = scale if scale is not None else replicas
        return 1 if found is None else found

    def _check_replicas(self, service: Service) -> None:
        for port in service.ports if service.replicas > 1 else ():
            wanted = port.wanted
            room = 1 if isinstance(wanted, int) else service.replicas
            if isinstance(wanted, PortRange):
                room = wanted.last - wanted.first + 1
            if room < service.replicas:
                self.error(
                    f"{service.replicas} replicas cannot share the port `{port.name}`",
                    ("ports",),
                    f"write `{port.name}: auto`",
                )

    def _is_automatic(self) -> bool:
        profiles = frozenset(self.written.profiles)
        is_active = not profiles or "*" in self.builder.active or bool(profiles & self.builder.active)
        return self.kind is Kind.SERVICE and is_active


def _with_quota(service: Service, written: schema.Service) -> Service:
    quota = written.logs.quota if written.logs else None
    return service if quota is None else replace(service, log_quota=quota)
