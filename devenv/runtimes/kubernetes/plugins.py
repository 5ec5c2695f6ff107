"""Exec plugins of a kubeconfig: programs that give credentials, some of them only to a person."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from devenv.errors import DevenvError
from devenv.runtimes.programs import NOT_FOUND, answer

WITHIN = 30.0
"""Seconds for a plugin that nobody can answer."""
INFO = "KUBERNETES_EXEC_INFO"
KIND = "ExecCredential"


class Mode(StrEnum):
    """Whether a plugin uses a terminal (its ``interactiveMode``)."""

    NEVER = "Never"
    IF_AVAILABLE = "IfAvailable"
    ALWAYS = "Always"


@dataclass(frozen=True, slots=True)
class Plugin:
    """``environment`` is what the kubeconfig adds to that of whoever runs it; it may be secret.

    ``cluster`` is what it is told of its cluster, where it wants to be.
    """

    command: tuple[str, ...]
    version: str
    mode: Mode
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    hint: str = ""
    cluster: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return os.path.basename(self.command[0])

    def variables(self, *, interactive: bool) -> dict[str, str]:
        """What it is told by its environment (client-go's credential plugins)."""
        spec = {"interactive": interactive, **({"cluster": self.cluster} if self.cluster else {})}
        info = {"apiVersion": self.version, "kind": KIND, "spec": spec}
        return {**self.environment, INFO: json.dumps(info, default=str)}


@dataclass(frozen=True, slots=True)
class Credential:
    """A token, or a certificate with its key, both as PEM."""

    token: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)


def plugin_of(written: Mapping[str, Any], folder: str, cluster: Mapping[str, Any]) -> Plugin:
    """The plugin of a user of a kubeconfig in a folder. DevenvError: it makes no sense.

    ``cluster`` is what it may be told of the cluster.
    """
    command, version = written.get("command"), written.get("apiVersion")
    mode = written.get("interactiveMode") or Mode.IF_AVAILABLE
    if not (command and version) or mode not in set(Mode):
        raise DevenvError("the exec plugin of the kubeconfig makes no sense", "see its user")
    program = str(command)
    if "/" in program:  # a plain name is looked for in PATH
        program = os.path.join(folder, program)
    added = {str(one["name"]): str(one["value"]) for one in written.get("env") or ()}
    words = (program, *map(str, written.get("args") or ()))
    hint = str(written.get("installHint") or "")
    told = cluster if written.get("provideClusterInfo") else None
    return Plugin(words, str(version), Mode(mode), added, hint, told)


def credential(plugin: Plugin, output: str) -> Credential:
    """What a plugin has printed. DevenvError: that is none; nothing of it is repeated."""
    try:
        said = json.loads(output)
    except ValueError as error:
        raise DevenvError(f"{plugin.name} prints no JSON") from error
    said = said if isinstance(said, dict) else {}
    status = said.get("status")
    if said.get("kind") != KIND or not isinstance(status, dict):
        raise DevenvError(f"{plugin.name} prints no {KIND} with a status")
    if said.get("apiVersion") != plugin.version:
        raise DevenvError(f"{plugin.name} answers another version than {plugin.version}")
    keys = ("token", "clientCertificateData", "clientKeyData")
    token, certificate, key = (str(status.get(one) or "") for one in keys)
    if not token and not (certificate and key):
        raise DevenvError(f"{plugin.name} gives neither a token nor a certificate with its key")
    return Credential(token, certificate, key)


async def run(plugin: Plugin) -> Credential:
    """Run a plugin without a terminal. DevenvError: it gives nothing."""
    environment = {**os.environ, **plugin.variables(interactive=False)}
    found = await answer(plugin.command, environment=environment, timeout=WITHIN)
    if found.code is None:
        raise DevenvError(f"{plugin.name} has not ended within {WITHIN:g} s")
    if found.code:
        last = found.complaint.rpartition("\n")[2]
        hint = plugin.hint if found.code == NOT_FOUND else ""
        raise DevenvError(last or f"{plugin.name} ends with {found.code}", hint)
    return credential(plugin, found.output)
