"""Plugins of the kubeconfig that ask a person: they get the terminal of the client."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
import yaml

from tests.cli.desk import Desk
from tests.cli.terminal import Terminal
from tests.fakes.apiserver import TOKEN, ApiServer
from tests.fakes.thread import Beside
from tests.lab.cluster import Cluster
from tests.scenarios.sandbox import Sandbox, eventually
from tests.scenarios.test_previews import TWO, previews, shop

__all__ = ["shop"]
pytestmark = pytest.mark.timeout(120)
V1 = "client.authentication.k8s.io/v1"
ASKS = f"""#!/bin/sh
echo "$KUBERNETES_EXEC_INFO" >> "$0.told"
printf 'the code of today: ' > /dev/tty || exit 1
read -r code < /dev/tty
printf '{{"apiVersion": "{V1}", "kind": "ExecCredential", "status": {{"token": "%s"}}}}' "$code"
"""


@pytest.fixture(params=["Always", "IfAvailable"])
def asked(shop: Sandbox, request: pytest.FixtureRequest) -> Sandbox:
    """A repository, and a cluster that is reached with what a person types."""
    shop.write("compose.yaml", TWO)
    program = shop.base / "log-in"
    program.write_text(ASKS)
    program.chmod(0o700)
    kubeconfig = shop.base / "kubeconfig"
    written = json.loads(kubeconfig.read_text())
    plugin = {"apiVersion": V1, "command": "./log-in", "interactiveMode": request.param}
    written["users"] = [{"name": "u", "user": {"exec": plugin}}]
    kubeconfig.write_text(json.dumps(written))
    return shop


def expire(cluster: Beside, token: str) -> None:
    """Have the server take another token from now on, and none before."""

    def change(server: ApiServer) -> None:
        server.token = token
        server.cut()

    cluster.ask(change)


def terminal(shop: Sandbox, *words: str) -> Terminal:
    return Terminal(Desk(shop.checkout, shop.environ), *words)


def answered(shop: Sandbox, token: str, *words: str) -> tuple[int, str]:
    """Run the command line in a terminal where somebody types a token."""
    with terminal(shop, *words) as seen:
        seen.wait_for(b"the code of today: ")
        seen.type(f"{token}\n".encode())
        return seen.ended(), seen.shown.decode()


def test_the_plugin_asks_in_the_terminal_of_the_client(asked: Sandbox, cluster: Beside) -> None:
    code, shown = answered(asked, TOKEN, "preview", "up", "--wait", "--timeout", "60")
    assert code == 0, shown
    assert "log-in logs you in to fake." in shown
    told = (asked.base / "log-in.told").read_text().splitlines()
    assert json.loads(told[-1])["spec"] == {"interactive": True}
    assert [one["state"] for one in previews(asked)] == ["ready"]


def test_without_a_terminal_the_command_to_run_is_told(asked: Sandbox, cluster: Beside) -> None:
    done = asked.run("preview", "up", check=False)
    assert done.returncode == 1
    assert "needs a terminal" in done.stderr
    assert "devenv cluster check fake" in done.stderr
    listed = asked.run("preview", "list", check=False)
    assert listed.returncode == 1
    assert "devenv cluster check fake" in listed.stderr
    assert "it answers" in answered(asked, TOKEN, "cluster", "check", "fake")[1]
    asked.run("preview", "up", "--wait")


def test_what_a_person_types_is_written_nowhere(asked: Sandbox, cluster: Beside) -> None:
    secret = "hidden-code-of-today"
    expire(cluster, secret)
    assert "it answers" in answered(asked, secret, "cluster", "check", "fake")[1]
    asked.run("preview", "up", "--wait")
    asked.run("preview", "down", "--wait")
    found = [one for one in asked.base.rglob("*") if one.is_file() and _has(one, secret)]
    assert found == []


def test_what_is_refused_or_makes_no_sense_is_told(asked: Sandbox, cluster: Beside) -> None:
    code, shown = answered(asked, "wrong", "cluster", "check", "fake")
    assert code == 1
    assert "fake does not take what its plugin has given" in shown
    code, shown = answered(asked, '"', "cluster", "check", "fake")
    assert code == 1
    assert "prints no JSON" in shown


def test_credentials_that_have_expired_are_asked_for_again(asked: Sandbox, cluster: Beside) -> None:
    answered(asked, TOKEN, "preview", "up", "--wait")
    expire(cluster, "another")
    eventually(lambda: "needs a terminal" in asked.run("preview", "extend", check=False).stderr)
    code, shown = answered(asked, "another", "preview", "extend")
    assert code == 0, shown
    assert "lives for another" in shown
    assert [one["state"] for one in previews(asked)] == ["ready"]


def test_a_certificate_that_a_person_gets_opens_a_real_cluster(
    sandbox: Sandbox, real_cluster: Cluster
) -> None:
    written = yaml.safe_load(Path(real_cluster.kubeconfig).read_text())
    (user,) = written["users"]
    pem = {key: base64.b64decode(user["user"][key]).decode() for key in user["user"]}
    status = {
        "clientCertificateData": pem["client-certificate-data"],
        "clientKeyData": pem["client-key-data"],
    }
    given = json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": status})
    program = sandbox.base / "log-in"
    asks = "printf 'well? ' > /dev/tty\nread -r word < /dev/tty"
    program.write_text(f"#!/bin/sh\n{asks}\ncat <<'END'\n{given}\nEND\n")
    program.chmod(0o700)
    plugin = {"apiVersion": V1, "command": "./log-in", "interactiveMode": "Always"}
    user["user"] = {"exec": plugin}
    kubeconfig = sandbox.base / "kubeconfig"
    kubeconfig.write_text(json.dumps(written))
    sandbox.extra["KUBECONFIG"] = str(kubeconfig)
    sandbox.run("cluster", "add", "lab", "--context", real_cluster.context)
    with terminal(sandbox, "cluster", "check", "lab") as seen:
        seen.wait_for(b"well? ")
        seen.type(b"yes\n")
        seen.ended()
        assert b"it answers, as v1" in seen.shown
    assert "it answers" in sandbox.run("cluster", "check", "lab", check=False).stdout


def _has(path: Path, text: str) -> bool:
    return text.encode() in path.read_bytes()
