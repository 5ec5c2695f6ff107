"""The pod of a service: its one container, and what that has from its surroundings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from devenv.errors import DevenvError
from devenv.model.secret import mask_addresses
from devenv.model.service import Service
from devenv.runtimes.kubernetes.names import OURS
from devenv.runtimes.kubernetes.objects.probes import container_port, probes
from devenv.runtimes.kubernetes.objects.quantities import resources
from devenv.runtimes.kubernetes.objects.storage import mounts
from devenv.runtimes.kubernetes.objects.supervisor import is_supervised, supervised

Definition = Mapping[str, Any]
_PULL = {"always": "Always", "never": "Never"}
GATEWAY = "host-gateway"


def secret_name(service: str) -> str:
    """The Secret that holds the variables of a service which are never shown."""
    return f"{service}-variables"


def is_secret(service: Service, name: str, value: str) -> bool:
    """Tell whether a variable is never shown: by its name, or for the password in an address."""
    return name in service.secrets or mask_addresses(value) != value


def pod(service: Service, *, ends: bool) -> dict[str, Any]:
    """Make a pod's specification; ``ends``: it runs to its end. DevenvError: cannot be said."""
    definition = service.definition
    mounted = mounts(service)
    volumes = {mount.name: {"name": mount.name, **mount.volume} for mount in mounted}
    container = {**_container(service, definition), **(probes(service) if not ends else {})}
    if is_supervised(service) and not ends:
        container |= {"command": _supervised(service, definition)}
        container.pop("args", None)
    if mounted:
        container["volumeMounts"] = [{"name": mount.name, **mount.place} for mount in mounted]
    spec: dict[str, Any] = {
        "serviceAccountName": OURS,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": max(0, math.ceil(service.stop.grace)),
        "containers": [container],
        "volumes": list(volumes.values()),
        "restartPolicy": "Never" if ends else "Always",
        "hostname": definition.get("hostname"),
        "hostAliases": _aliases(definition),
        "dnsConfig": _names(definition),
        "securityContext": _groups(definition),
    }
    return {key: value for key, value in spec.items() if value not in (None, {}, [])}


def _container(service: Service, definition: Definition) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": service.name,
        "image": definition.get("image"),
        "imagePullPolicy": _PULL.get(str(definition.get("pull_policy")), "IfNotPresent"),
        "command": _words(definition.get("entrypoint")),
        "args": _words(definition.get("command")),
        "workingDir": definition.get("working_dir"),
        "env": _variables(service, definition),
        "ports": _ports(service),
        "resources": resources(definition),
        "stdin": definition.get("stdin_open") or None,
        "tty": definition.get("tty") or None,
        "securityContext": _security(service, definition),
    }
    return {key: value for key, value in made.items() if value not in (None, {}, [])}


def _supervised(service: Service, definition: Definition) -> list[str] | None:
    words = [*definition["entrypoint"], *(definition.get("command") or ())]
    return _words(supervised(words, service.stop.grace))


def _words(written: Any) -> list[str] | None:
    return None if written is None else [_literal(word) for word in written]


def _literal(text: str) -> str:
    """A cluster would replace ``$(NAME)``."""
    return text.replace("$(", "$$(")


def _variables(service: Service, definition: Definition) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, value in (definition.get("environment") or {}).items():
        if value is None:
            continue
        if is_secret(service, name, str(value)):
            source = {"secretKeyRef": {"name": secret_name(service.name), "key": name}}
            found.append({"name": name, "valueFrom": source})
        else:
            found.append({"name": name, "value": _literal(str(value))})
    return found


def _ports(service: Service) -> list[dict[str, Any]]:
    found = dict.fromkeys((container_port(port), port.protocol.upper()) for port in service.ports)
    return [{"containerPort": number, "protocol": protocol} for number, protocol in found]


def _security(service: Service, definition: Definition) -> dict[str, Any]:
    written = _written_security(definition)
    return {**written, **_given_up(written)} if service.preview.restricted else written


def _given_up(written: Mapping[str, Any]) -> dict[str, Any]:
    """What `restricted` asks for and no profile has a word for; whoever writes root, is told."""
    capabilities = {**written.get("capabilities", {}), "drop": ["ALL"]}
    return {
        "capabilities": capabilities,
        "allowPrivilegeEscalation": False,
        "seccompProfile": {"type": "RuntimeDefault"},
        **({"runAsNonRoot": True} if written.get("runAsUser") != 0 else {}),
    }


def _written_security(definition: Definition) -> dict[str, Any]:
    added, dropped = definition.get("cap_add") or [], definition.get("cap_drop") or []
    options = [str(one).replace("=", ":") for one in definition.get("security_opt") or ()]
    found: dict[str, Any] = {**_user(str(definition.get("user") or ""))}
    if added or dropped:
        pairs = (("add", added), ("drop", dropped))
        found["capabilities"] = {
            key: [str(one).removeprefix("CAP_") for one in names] for key, names in pairs if names
        }
    if definition.get("privileged"):
        found["privileged"] = True
    if definition.get("read_only"):
        found["readOnlyRootFilesystem"] = True
    if {"no-new-privileges", "no-new-privileges:true"} & set(options):
        found["allowPrivilegeEscalation"] = False
    return found


def _user(written: str) -> dict[str, int]:
    user, _, group = written.partition(":")
    if any(part and not part.isdecimal() for part in (user, group)):
        raise DevenvError(
            f"`user: {written}` is a name, and a cluster needs numbers", "write it like 1000:1000"
        )
    named = (("runAsUser", user), ("runAsGroup", group))
    return {key: int(part) for key, part in named if part}


def _groups(definition: Definition) -> dict[str, Any]:
    groups = [str(one) for one in definition.get("group_add") or ()]
    if any(not one.isdecimal() for one in groups):
        raise DevenvError(
            f"`group_add: {', '.join(groups)}` has a name, and a cluster needs numbers"
        )
    return {"supplementalGroups": [int(one) for one in groups]} if groups else {}


def _aliases(definition: Definition) -> list[dict[str, Any]]:
    written = definition.get("extra_hosts") or {}
    pairs = (
        written.items()
        if isinstance(written, Mapping)
        else [tuple(str(one).replace("=", ":", 1).split(":", 1)) for one in written]
    )
    found = []
    for name, addresses in pairs:
        for address in [addresses] if isinstance(addresses, str) else addresses:
            if address == GATEWAY:
                raise DevenvError(
                    f"`extra_hosts: {name}` means this machine, which a cluster cannot reach"
                )
            found.append({"ip": address, "hostnames": [name]})
    return found


def _names(definition: Definition) -> dict[str, Any]:
    def many(key: str) -> list[str]:
        written = definition.get(key) or []
        return [written] if isinstance(written, str) else list(written)

    options = [_option(one) for one in many("dns_opt")]
    found = {"nameservers": many("dns"), "searches": many("dns_search"), "options": options}
    return {key: value for key, value in found.items() if value}


def _option(written: str) -> dict[str, str]:
    name, colon, value = written.partition(":")
    return {"name": name, "value": value} if colon else {"name": name}
