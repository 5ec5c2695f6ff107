"""A service as objects of a cluster: each thing that a profile says, as a cluster says it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from devenv.daemon.desired import placed
from devenv.model.environment import Resources
from devenv.model.preview import Cluster, Preview
from devenv.model.service import Kind
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.objects.namespace import guards, namespace
from devenv.runtimes.kubernetes.objects.service import objects
from devenv.runtimes.kubernetes.objects.storage import shared_objects
from devenv.runtimes.kubernetes.objects.text import difference, text
from tests.runtimes.kubernetes.services import PREVIEW, environment, service, services

CLUSTER = Cluster("team", "team-admin", "https://10.0.0.1:6443", "ab12", "/home/me/.kube/config")
SHOP = Preview(CLUSTER, PREVIEW, "https://x/shop.git", "feature/a", "me", 3600.0)


def made(keys: str) -> dict[str, Any]:
    """The objects of a service with these keys, by kind."""
    return {one["kind"]: one for one in objects(PREVIEW, service(keys))}


def workload(keys: str) -> dict[str, Any]:
    found: dict[str, Any] = objects(PREVIEW, service(keys))[-1]
    return found


def pod(keys: str) -> dict[str, Any]:
    found: dict[str, Any] = workload(keys)["spec"]["template"]["spec"]
    return found


def container(keys: str) -> dict[str, Any]:
    found: dict[str, Any] = pod(keys)["containers"][0]
    return found


def test_a_service_is_a_deployment_and_a_name() -> None:
    assert list(made("ports: ['8080:80']")) == ["Service", "Deployment"]


def test_what_keeps_data_is_a_stateful_set() -> None:
    text = "services: {db: {image: postgres, volumes: ['data:/d']}}\nvolumes: {data: {}}"
    workload = objects(PREVIEW, services(text)["db"])[-1]
    assert workload["kind"] == "StatefulSet"
    template = workload["spec"]["template"]["spec"]
    claim = {"name": "volume-data", "persistentVolumeClaim": {"claimName": "volume-data"}}
    assert template["volumes"] == [claim]
    assert template["containers"][0]["volumeMounts"] == [{"name": "volume-data", "mountPath": "/d"}]


def test_a_task_is_a_job_that_is_tried_as_often_as_it_may_fail() -> None:
    text = "tasks: {seed: {image: x, restart: 'on-failure:3'}, once: {image: x}}"
    found = services(text, "devenv.profile.yaml")
    assert found["seed"].kind is Kind.TASK
    jobs = [objects(PREVIEW, found[name])[-1] for name in ("seed", "once")]
    assert [(one["kind"], one["spec"]["backoffLimit"]) for one in jobs] == [("Job", 3), ("Job", 0)]
    assert jobs[0]["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_words_and_folder_are_the_containers() -> None:
    found = container("entrypoint: [run], command: ['--to', $$(HOME)], working_dir: /app")
    assert (found["command"], found["workingDir"]) == (["run"], "/app")
    assert found["args"] == ["--to", "$$(HOME)"]


def test_a_secret_variable_is_held_by_a_secret_alone() -> None:
    keys = "environment: {DB_PASSWORD: hidden, MODE: fast}"
    found = made(keys)
    assert found["Secret"]["stringData"] == {"DB_PASSWORD": "hidden"}
    reference = {"secretKeyRef": {"name": "web-variables", "key": "DB_PASSWORD"}}
    assert container(keys)["env"] == [
        {"name": "DB_PASSWORD", "valueFrom": reference},
        {"name": "MODE", "value": "fast"},
    ]
    assert "hidden" not in str(found["Deployment"])


def test_an_address_with_a_password_is_secret_too() -> None:
    found = made("environment: {DB: 'postgres://me:hidden@db/shop'}")
    assert "hidden" in str(found["Secret"])
    assert "hidden" not in str(found["Deployment"])


def test_what_is_printed_hides_secrets_until_they_are_asked_for() -> None:
    found = objects(PREVIEW, service("environment: {DB_PASSWORD: hidden}"))
    assert "hidden" not in text(found)
    assert "hidden" in text(found, show_secrets=True)


def test_others_reach_the_ports_within_the_container() -> None:
    ports = made("ports: ['8080:80', '5353:53/udp'], expose: [9000]")["Service"]["spec"]["ports"]
    assert [(one["port"], one["protocol"]) for one in ports] == [
        (53, "UDP"),
        (80, "TCP"),
        (9000, "TCP"),
    ]


def test_a_service_without_ports_is_reached_at_its_own_address() -> None:
    assert made("")["Service"]["spec"] == {
        "selector": {names.SERVICE: "web"},
        "clusterIP": "None",
    }


def test_an_alias_is_one_more_name() -> None:
    found = objects(PREVIEW, service("networks: {default: {aliases: [shop]}}"))
    assert [one["metadata"]["name"] for one in found] == ["web", "shop", "web"]


def test_a_healthcheck_is_tried_each_second_until_it_passes_then_at_its_own_pace() -> None:
    times = "interval: 20s, timeout: 3s, retries: 4, start_period: 60s"
    found = container(f"healthcheck: {{test: [CMD, check], {times}}}")
    check = {"exec": {"command": ["check"]}, "timeoutSeconds": 3}
    assert found["startupProbe"] == {**check, "periodSeconds": 1, "failureThreshold": 140}
    assert found["readinessProbe"] == {**check, "periodSeconds": 20, "failureThreshold": 4}


def test_our_own_checks_are_probes_too() -> None:
    text = """
    services:
      web: {image: x, ports: ["web: auto:8080"], ready: {http: /up}}
      tcp: {image: x, ports: ["web: auto:8081"], ready: {tcp: web}}
      file: {image: x, ready: {file: /ready}}
    """
    found = services(text, "devenv.profile.yaml")

    def probe(name: str) -> dict[str, Any]:
        template = objects(PREVIEW, found[name])[-1]["spec"]["template"]["spec"]
        checked: dict[str, Any] = template["containers"][0]["readinessProbe"]
        return checked

    assert probe("web")["httpGet"] == {"path": "/up", "port": 8080}
    assert probe("tcp")["tcpSocket"] == {"port": 8081}
    assert probe("file")["exec"] == {"command": ["test", "-e", "/ready"]}


def test_limits_and_reservations_are_amounts_of_a_cluster() -> None:
    keys = (
        "mem_limit: 64m, deploy: {resources: {limits: {cpus: '0.5'}, reservations: {memory: 1g}}}"
    )
    assert container(keys)["resources"] == {
        "limits": {"cpu": "500m", "memory": "67108864"},
        "requests": {"memory": "1073741824"},
    }


def test_who_it_runs_as_and_what_it_may() -> None:
    found = container(
        "user: '1000:2000', cap_drop: [ALL], cap_add: [CAP_CHOWN], read_only: true, "
        "security_opt: ['no-new-privileges:true']"
    )
    assert found["securityContext"] == {
        "runAsUser": 1000,
        "runAsGroup": 2000,
        "capabilities": {"add": ["CHOWN"], "drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
    }


def test_no_pod_gets_a_token() -> None:
    found = pod("stop_grace_period: 3s")
    assert found["automountServiceAccountToken"] is False
    assert (found["serviceAccountName"], found["terminationGracePeriodSeconds"]) == (names.OURS, 3)


def test_memory_is_mounted_where_compose_has_it() -> None:
    found = pod("tmpfs: ['/run:size=1m'], shm_size: 2m, volumes: ['/cache']")
    volumes = {one["name"]: one["emptyDir"] for one in found["volumes"]}
    assert volumes == {
        "scratch-0": {},
        "tmpfs-0": {"medium": "Memory", "sizeLimit": "1048576"},
        "shm": {"medium": "Memory", "sizeLimit": "2097152"},
    }
    mounted = {one["mountPath"] for one in found["containers"][0]["volumeMounts"]}
    assert mounted == {"/run", "/dev/shm", "/cache"}


def test_a_config_is_a_file_with_its_content() -> None:
    text = """
    services: {web: {image: x, configs: [{source: page, target: /etc/page.conf}]}}
    configs: {page: {content: hello}}
    """
    found = environment(text)
    template = objects(PREVIEW, found.services["web"])[-1]["spec"]["template"]["spec"]
    mount = template["containers"][0]["volumeMounts"][0]
    assert (mount["mountPath"], mount["subPath"]) == ("/etc/page.conf", "content")
    held = shared_objects(found.resources, {"labels": {}})
    assert [(one["kind"], one["metadata"]["name"], one["data"]) for one in held] == [
        ("ConfigMap", "config-page", {"content": "hello"})
    ]
    assert template["volumes"][0]["configMap"]["name"] == "config-page"


def test_what_is_no_text_is_held_as_it_is() -> None:
    content = b"\x00\xff\xfe".decode("utf-8", "surrogateescape")
    resources = Resources(
        configs={"logo": {"content": content}}, secrets={"key": {"content": content}}
    )
    logo, key = shared_objects(resources, {})
    assert logo["binaryData"] == key["data"] == {"content": "AP/+"}
    assert "data" not in logo
    assert "stringData" not in key
    assert "AP/+" not in text([key])


def test_a_range_is_exposed_port_by_port() -> None:
    (made, _) = objects(PREVIEW, service("expose: ['4000-4001', '53/udp']"))
    ports = [(one["port"], one["protocol"]) for one in made["spec"]["ports"]]
    assert ports == [(53, "UDP"), (4000, "TCP"), (4001, "TCP")]


def test_an_external_volume_is_refused() -> None:
    text = "services: {web: {image: x}}\nvolumes: {data: {external: true}}"
    with pytest.raises(Exception, match="the volume data is external"):
        guards(SHOP, environment(text).resources)


def test_a_namespace_says_whose_it_is() -> None:
    found = namespace(SHOP, 2, now=0.0)["metadata"]
    assert found["name"] == f"{PREVIEW}-2"
    assert found["labels"][names.MANAGED_BY] == "devenv"
    assert found["labels"][names.PREVIEW] == PREVIEW
    assert found["annotations"][names.BRANCH] == "feature/a"
    assert found["annotations"][names.EXPIRES] == "1970-01-01T01:00:00Z"
    assert found["labels"][names.ENFORCE] == "baseline"


def test_a_namespace_is_guarded_before_anything_runs_in_it() -> None:
    kinds = [one["kind"] for one in guards(SHOP, Resources())]
    assert kinds == ["ServiceAccount", "ResourceQuota", "LimitRange", "NetworkPolicy"]


def test_a_namespace_that_is_lent_is_guarded_by_who_made_it() -> None:
    lent = replace(SHOP, cluster=replace(CLUSTER, namespaces=("preview-1",)))
    assert [one["kind"] for one in guards(lent, Resources())] == ["ServiceAccount"]


def test_what_is_printed_is_what_would_be_applied() -> None:
    found = objects(PREVIEW, service("ports: ['80']"))
    assert list(yaml.safe_load_all(text(found))) == found


def test_a_difference_shows_the_lines_that_change() -> None:
    before, after = workload(""), workload("command: [run]")
    assert difference(before, before) == []
    assert "+        - run" in difference(before, after)


WATCH = "develop: {watch: [{path: ., action: sync+restart, target: /app}]}"


def test_what_saves_restart_is_supervised_where_all_its_words_are_known() -> None:
    found = container(f"entrypoint: [run], command: ['$$(HOME)'], {WATCH}")
    assert found["command"][:2] == ["sh", "-c"]
    assert found["command"][3:] == ["sh", "10", "run", "$$(HOME)"]
    assert "args" not in found
    assert container(f"command: [run], {WATCH}")["args"] == ["run"]
    assert container("entrypoint: [run]")["command"] == ["run"]
    template = workload(f"entrypoint: [run], {WATCH}")["spec"]["template"]
    assert template["metadata"]["annotations"] == {names.SUPERVISED: "true"}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("hostname: x", ["entry", "image's"]),
        ("command: [own]", ["entry", "own"]),
        ("command: []", ["entry"]),
        ("entrypoint: [other]", ["other"]),
        ("entrypoint: [other], command: [own]", ["other", "own"]),
    ],
)
def test_the_words_of_an_image_are_written_out_as_it_would_run_them(
    keys: str, words: list[str]
) -> None:
    found = service(keys).running(["entry"], ["image's"]).definition
    assert [*found["entrypoint"], *(found.get("command") or ())] == words


def test_a_host_leads_to_the_first_port_with_the_certificate_of_the_domain() -> None:
    text = "services: {web: {image: x, ports: ['8080', '9090'], preview: {host: api}}}"
    written = services(text, "devenv.profile.yaml")["web"]
    cluster = replace(CLUSTER, domain="preview.example.com")
    placed_one = placed(written, replace(SHOP, cluster=cluster))
    (found,) = (one for one in objects(PREVIEW, placed_one) if one["kind"] == "Ingress")
    (rule,) = found["spec"]["rules"]
    label, _, domain = rule["host"].partition(".")
    assert domain == "preview.example.com"
    assert label.startswith("feature-a-")
    assert label.endswith("-api")
    assert rule["http"]["paths"][0]["backend"]["service"] == {
        "name": "web",
        "port": {"number": 8080},
    }
    assert found["spec"]["tls"] == [{"hosts": [rule["host"]]}]


def test_there_is_no_ingress_unless_asked_for_and_the_cluster_has_a_domain() -> None:
    text = "services: {web: {image: x, ports: ['80'], preview: {host: api}}}"
    asked = services(text, "devenv.profile.yaml")["web"]
    domain = replace(SHOP, cluster=replace(CLUSTER, domain="preview.example.com"))
    for one in (placed(asked, SHOP), placed(service("ports: ['80']"), domain)):
        assert "Ingress" not in [made["kind"] for made in objects(PREVIEW, one)]
