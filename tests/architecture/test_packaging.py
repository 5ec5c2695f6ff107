"""What is installed: the lock file, and what is in the wheel."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from packaging.requirements import Requirement

from tests.architecture.code import ROOT

LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PINS = dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", LOCK, re.MULTILINE))


def test_the_lock_file_has_all_that_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    for requirement in map(Requirement, wanted):
        name = requirement.name.lower().replace("_", "-")
        assert requirement.specifier.contains(PINS[name]), f"{name}: run `make lock`"


def test_the_lock_file_pins_every_file_by_its_hash() -> None:
    entries = re.split(r"\n(?=[a-z])", LOCK.strip())
    assert [entry.split(" ")[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in LOCK


def test_the_wheel_holds_the_shipped_profiles(tmp_path: Path) -> None:
    build = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    subprocess.run(build, check=True, capture_output=True, cwd=ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    shipped = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "profiles").rglob("*")
        if path.suffix in {".py", ".yaml"}
    }
    assert shipped
    assert {f"devenv/shipped/{path}" for path in shipped} <= names
    assert {"devenv/profile/profile.schema.json", "devenv/cli/main.py"} <= names
    assert not {name for name in names if name.startswith("tests/") or "__pycache__" in name}
