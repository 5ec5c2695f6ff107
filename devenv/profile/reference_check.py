"""Checks every ``${{ … }}`` where it is written: that it names something, and goes not round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from devenv.errors import DevenvError, did_you_mean, one_of
from devenv.model.environment import Environment, Manifest, Template
from devenv.model.origin import Origin
from devenv.model.service import Service
from devenv.profile import schema
from devenv.profile.graph import cycles
from devenv.profile.interpolate import LENGTH_LIMIT
from devenv.profile.place import section_of
from devenv.profile.problems import Problems
from devenv.profile.references import (
    Reference,
    holds_secret,
    leads_to_secret,
    parse,
    port_named,
    url_template,
    variables_of,
)
from devenv.profile.schema_container import ContainerKeys
from devenv.profile.tree import Path, Scalar, Table, Tree, child_table, origin_of, scalars

DEPTH_LIMIT = 50
"""How many references may lead from one to the next."""

_RESOLVED = frozenset(
    {
        "command",
        "environment",
        "healthcheck",
        "labels",
        "process",
        "ready",
        "url",
        "working_dir",
    }
) | frozenset(ContainerKeys.model_fields)

_Node = tuple[str, str]
"""A value that others can refer to: service, and variable ("" is its address)."""


def check_references(
    environment: Environment, declared: frozenset[str], tree: Table, problems: Problems
) -> bool:
    """Check all references, also those of services that could not be built.

    True: each one can be resolved.
    """
    checker = _Checker(environment, declared, problems)
    good = True
    for section in ("services", "tasks"):
        for name, service in child_table(tree, section).entries.items():
            for path, scalar in _templates(service):
                good = checker.check(_Reader(section, name), path, scalar) and good
    for manifest in environment.resources.manifests:
        for template in manifest.templates:
            good = checker.check_manifest(template) and good
    return (
        good
        and _check_chains(environment, tree, problems)
        and _check_secrets(environment, problems)
    )


def _check_secrets(environment: Environment, problems: Problems) -> bool:
    """Check that of a cluster's objects only a Secret holds one: all else in them is shown."""
    shown = [
        (manifest, template.origin)
        for manifest in environment.resources.manifests
        for template in manifest.templates
        if not _is_held(manifest, template) and leads_to_secret(environment, template.text)
    ]
    for manifest, origin in shown:
        if manifest.body.get("kind") == "Secret":
            problems.error("a secret may only be under `stringData` or `data`", origin)
        else:
            problems.error("a secret may only be in a Secret", origin, "refer to that by its name")
    return not shown


def _is_held(manifest: Manifest, template: Template) -> bool:
    """Tell whether it is a value of what a Secret holds."""
    match template.path:
        case ("stringData" | "data", str()):
            return manifest.body.get("kind") == "Secret"
        case _:
            return False


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who refers to something."""

    section: str
    name: str


@dataclass(frozen=True, slots=True)
class _Checker:
    environment: Environment
    declared: frozenset[str]
    problems: Problems

    def check(self, reader: _Reader, path: Path, scalar: Scalar) -> bool:
        if path and path[0] not in schema.Service.model_fields:  # which is told already
            return False
        about = f"{reader.section}.{reader.name}"
        try:
            parts = parse(str(scalar.value))
            references = [part for part in parts if isinstance(part, Reference)]
            if references and path and path[0] not in _RESOLVED:
                raise DevenvError(f"`{path[0]}` cannot hold a reference", "use ${VAR} there")
            leading = [self._leads_somewhere(reader, reference) for reference in references]
            return all(leading)
        except DevenvError as error:
            self.problems.add(error, scalar.origin, about)
            return False

    def check_manifest(self, template: Template) -> bool:
        """Check what one text of a cluster's object refers to: it is of no service itself."""
        try:
            references = [part for part in parse(template.text) if isinstance(part, Reference)]
            for one in references:
                if not one.service:
                    shown = f"`${{{{ {one.written} }}}}`"
                    raise DevenvError(f"{shown}: a manifest has no `self`", "name the service")
            leading = [self._leads_somewhere(_Reader("", ""), one) for one in references]
            return all(leading)
        except DevenvError as error:
            self.problems.add(error, template.origin)
            return False

    def _leads_somewhere(self, reader: _Reader, reference: Reference) -> bool:
        """Raise DevenvError where a reference leads nowhere; False: nobody can tell."""
        name = reference.service or reader.name
        shown = f"`${{{{ {reference.written} }}}}`"
        if name not in self.declared:
            hint = one_of(name, sorted(self.declared))
            raise DevenvError(f"{shown}: no service `{name}`", hint)
        service = self.environment.services.get(name)
        if service is None:  # it has problems of its own, which are told
            return False
        if reference.attribute == "port":
            _check_port(service, reference.name, shown)
        elif reference.attribute == "url" and not service.url and not service.ports:
            raise DevenvError(f"{shown}: {name} has no address", f"add `ports` or `url` to {name}")
        elif reference.attribute == "env":
            known = variables_of(service)
            if reference.name not in known:
                hint = did_you_mean(reference.name, known)
                raise DevenvError(f"{shown}: {name} has no variable {reference.name}", hint)
        return True


def _check_port(service: Service, port: str, shown: str) -> None:
    if port_named(service, port) is not None:
        return
    if not service.ports:
        hint = f'add `ports: ["{port or "web"}: auto"]` to {service.name}'
        raise DevenvError(f"{shown}: {service.name} has no ports", hint)
    known = [found.name for found in service.ports]
    hint = did_you_mean(port, known) or f"it has: {', '.join(known)}"
    raise DevenvError(f"{shown}: {service.name} has no port `{port}`", hint)


def _templates(service: Tree) -> Iterator[tuple[Path, Scalar]]:
    """Find the values that hold references, with the way to each."""
    for path, scalar in scalars(service):
        is_extension = path and str(path[0]).startswith("x-")
        if isinstance(scalar.value, str) and "${{" in scalar.value and not is_extension:
            yield path, scalar


def _check_chains(environment: Environment, tree: Table, problems: Problems) -> bool:
    """Check that values which refer to values come to an end, soon, and stay small."""
    templates = dict(_nodes(environment))
    edges = {node: _targets(node, template) for node, template in templates.items()}
    found = cycles(edges)
    for cycle in found:
        names = " → ".join(_shown(node) for node in cycle)
        problems.error(f"references go round: {names}", _origin(cycle[0], environment, tree))
    if found:
        return False
    measures: dict[_Node, tuple[int, int]] = {}
    for node in _in_order(edges):
        below = [measures[target] for target in edges[node]]
        depth = 1 + max((depth for depth, _ in below), default=0)
        length = max(1, len(templates[node])) + sum(length for _, length in below)
        measures[node] = (depth, length)
        if depth > DEPTH_LIMIT or length > LENGTH_LIMIT:
            said = (
                f"references lead over more than {DEPTH_LIMIT} values"
                if depth > DEPTH_LIMIT
                else f"a value of more than {LENGTH_LIMIT // 1024} KiB, references replaced"
            )
            problems.error(f"{_shown(node)}: {said}", _origin(node, environment, tree))
            return False
    return True


def _in_order(edges: Mapping[_Node, list[_Node]]) -> Iterator[_Node]:
    """The nodes, each after those that it refers to (there are no cycles)."""
    done: set[_Node] = set()
    waiting = list(edges)
    while waiting:
        node = waiting[-1]
        missing = [target for target in edges[node] if target not in done]
        if missing and node not in done:
            waiting.extend(missing)
            continue
        waiting.pop()
        if node not in done:
            done.add(node)
            yield node


def _nodes(environment: Environment) -> Iterator[tuple[_Node, str]]:
    for service in environment.services.values():
        yield (service.name, ""), url_template(service)
        for name, value in variables_of(service).items():
            yield (service.name, name), value


def _targets(node: _Node, template: str) -> list[_Node]:
    return [
        (part.service or node[0], part.name)
        for part in parse(template)
        if isinstance(part, Reference) and part.attribute in {"url", "env"}
    ]


def _shown(node: _Node) -> str:
    service, name = node
    return f"{service}.env.{name}" if name else f"{service}.url"


def _origin(node: _Node, environment: Environment, tree: Table) -> Origin:
    name, variable = node
    path = (section_of(environment.services[name].kind), name)
    return origin_of(tree, (*path, *(("environment", variable) if variable else ("url",))))


def warn_of_shown_secrets(environment: Environment, tree: Table, problems: Problems) -> None:
    """Warn of commands that hold a secret: every user of the machine can read them."""
    for service in environment.services.values():
        for word in service.process.command if service.process else ():
            if "${{" in word and holds_secret(environment, service, word):
                key = ("process",) if service.container else ("command",)
                problems.warn(
                    f"{service.name}: all users of this machine can see the secret in its command",
                    origin_of(tree, (section_of(service.kind), service.name, *key)),
                    "put it into `environment`",
                )
                break
