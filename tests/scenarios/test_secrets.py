"""No secret on disk, in an argument, or on a screen; the service itself has them all."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.sandbox import Sandbox, eventually

FILE, VARIABLE, CLIENT = "canary-of-a-file", "canary-of-a-variable", "canary-of-the-client"


def test_secrets_reach_the_service_and_nobody_else(sandbox: Sandbox) -> None:
    sandbox.write("secret.env", f"FROM_FILE_TOKEN={FILE}\n".replace("TOKEN=", "KEY="))
    sandbox.write(
        "devenv.profile.yaml",
        """
services:
  db:
    command: sleep TOKEN
    ports: ["sql: auto"]
    url: sql://user:${{ self.secret }}@${{ self.host }}:${{ self.port }}/
  web:
    command: ["sh", "-c", "env > seen; exec sleep TOKEN"]
    env_file: secret.env
    environment: {API_PASSWORD: "${API_PASSWORD}", DATABASE: "${{ services.db.url }}"}
""",
    )
    sandbox.extra.update(API_PASSWORD=VARIABLE, SOME_CLIENT_TOKEN=CLIENT)
    sandbox.run("up", "-d")
    eventually(lambda: "DATABASE" in read(sandbox.checkout / "seen"))
    seen = dict(line.split("=", 1) for line in read(sandbox.checkout / "seen").splitlines())
    assert (seen["API_PASSWORD"], seen["SOME_CLIENT_TOKEN"]) == (VARIABLE, CLIENT)
    assert FILE in seen.values()
    derived = seen["DATABASE"].split(":")[2].partition("@")[0]
    canaries = [FILE, VARIABLE, CLIENT, derived]

    verbs = (["status", "--json"], ["config"], ["plan"], ["env", "web"], ["why", "web"])
    shown = [sandbox.run(*verb) for verb in (*verbs, ["events"], ["ports"], ["list"])]
    assert_without(canaries, "".join(done.stdout + done.stderr for done in shown))
    sandbox.kill_daemon()
    assert set(sandbox.states().values()) == {"ready"}, "the next daemon knows them too"
    for path in sorted(sandbox.state.rglob("*")):
        if path.is_file():
            assert_without(canaries, read(path))
    assert_without(canaries, command_lines())


def assert_without(canaries: list[str], text: str) -> None:
    assert [canary for canary in canaries if canary in text] == []


def read(path: Path) -> str:
    """The text of a file that may go meanwhile, as those of a process do."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def command_lines() -> str:
    return "\n".join(read(path) for path in Path("/proc").glob("[0-9]*/cmdline"))
