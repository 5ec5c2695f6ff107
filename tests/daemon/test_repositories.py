"""What git says of a checkout."""

from __future__ import annotations

import asyncio
import os
import pwd
import subprocess
from pathlib import Path

from devenv.daemon.repositories import Repository
from devenv.runtimes.protocol import Client


def test_who_has_told_git_no_address_is_named_by_the_machine(tmp_path: Path) -> None:
    subprocess.run(("git", "init", "-q", tmp_path), check=True)
    alone = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    repository = Repository(str(tmp_path), Client(str(tmp_path), environment=alone))
    assert asyncio.run(repository.owner()) == pwd.getpwuid(os.getuid()).pw_name
    subprocess.run(("git", "-C", tmp_path, "config", "user.email", "a@example.com"), check=True)
    assert asyncio.run(repository.owner()) == "a@example.com"
