"""Raw manifests as objects of a preview: which may be, and what they are marked with. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from devenv.model.environment import Manifest
from devenv.model.origin import Problem
from devenv.model.preview import Preview
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.objects.security import faults
from devenv.runtimes.kubernetes.resources import BY_KIND

Object = dict[str, Any]
_KINDS = (
    "ConfigMap",
    "Secret",
    "Service",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
)
_METADATA = frozenset({"name", "labels", "annotations"})


def manifest_objects(preview: Preview, manifests: Sequence[Manifest]) -> list[Object]:
    """The objects as they are applied: with our labels, on what they make too."""
    return [_marked(one.body, names.labels(preview.name)) for one in manifests]


def manifest_problems(
    manifests: Sequence[Manifest], others: Collection[Mapping[str, Any]], enforced: str
) -> list[Problem]:
    """All that keeps manifests out of a preview.

    ``others``: the preview's own objects; ``enforced``: the level of Pod Security.
    """
    taken = {(str(one["kind"]), str(one["metadata"]["name"])) for one in others}
    found: list[Problem] = []
    for one in manifests:
        said = _said(one.body, enforced)
        if not said:
            key = (str(one.body["kind"]), str(one.body["metadata"]["name"]))
            if key in taken or key[1].startswith(names.OURS):
                said.append((f"{' '.join(key)} is the name of another object", "take another"))
            taken.add(key)
        found += [Problem(f"manifest: {why}", one.origin, hint) for why, hint in said]
    return found


def _said(body: Mapping[str, Any], enforced: str) -> list[tuple[str, str]]:
    """What is wrong with one, by itself, and what to do."""
    try:
        found = list(_faults(body)) or list(_pod_faults(body, enforced))
        if not found:
            _marked(body, {})
    except (AttributeError, TypeError):  # the whole form of a kind is the cluster's to know
        return [(f"it has not the form of a {body['kind']}", "see `kubectl explain`")]
    return found


def _faults(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with the object itself."""
    kind, metadata = body.get("kind"), body.get("metadata")
    if kind not in _KINDS or body.get("apiVersion") != BY_KIND[str(kind)].version:
        written = f"{body.get('apiVersion') or 'no apiVersion'} {kind or 'without a kind'}"
        kinds = ", ".join(f"{BY_KIND[one].version} {one}" for one in _KINDS)
        yield f"{written} cannot be in a preview", f"it may have {kinds}"
        return
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        yield f"this {kind} has no name", "add `metadata: {name: …}`"
        return
    if "namespace" in metadata:
        yield "it is in the preview's own namespace, and in no other", "remove `namespace`"
    for key in sorted(metadata.keys() - _METADATA - {"namespace"}):
        yield f"`metadata.{key}` is not for a manifest to say", "leave it out"
    spec = body.get("spec")
    makers = kind in {"Deployment", "StatefulSet"}
    if makers and not (isinstance(spec, dict) and _is_template(spec.get("template"))):
        yield f"this {kind} has no pods", "add `spec: {template: {spec: {containers: …}}}`"
        return
    for one in _marked_parts(body):
        held = {**(one.get("labels") or {}), **(one.get("annotations") or {})}
        for key in sorted(held):
            if key.startswith(names.PREFIX) or key == names.MANAGED_BY:
                yield f"the label {key} is ours", "leave it out"


def _is_template(template: Any) -> bool:
    """Tell whether it is of the form that the pods of services have."""
    spec = template.get("spec") if isinstance(template, dict) else None
    listed = spec.get("containers") if isinstance(spec, dict) else None
    return isinstance(listed, list) and all(isinstance(one, dict) for one in listed)


def _pod_faults(body: Mapping[str, Any], enforced: str) -> Iterator[tuple[str, str]]:
    template = (body.get("spec") or {}).get("template")
    if template:
        for fault in faults(template["spec"], enforced):
            yield f"Pod Security `{enforced}` forbids it: {fault}", "leave it out"


def _marked_parts(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The metadata of an object, and of all that is made by it."""
    yield body["metadata"]
    spec = body.get("spec") or {}
    for one in (spec.get("template"), *(spec.get("volumeClaimTemplates") or ())):
        if one:
            yield one.get("metadata") or {}


def _marked(body: Mapping[str, Any], labels: Mapping[str, str]) -> Object:
    metadata = body.get("metadata") or {}
    made = {
        **body,
        "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), **labels}},
    }
    spec = dict(body.get("spec") or {})
    if spec.get("template"):
        spec["template"] = _marked(spec["template"], labels)
    if spec.get("volumeClaimTemplates"):
        spec["volumeClaimTemplates"] = [
            _marked(one, labels) for one in spec["volumeClaimTemplates"]
        ]
    return {**made, "spec": spec} if spec else made
