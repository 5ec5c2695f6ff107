"""Makes the pictures of README.md from the real UI, over the example shop: `make pictures`.

A copy of the shop is brought up in a state of its own, is left for a moment so that there is
something to see, and is taken down again.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from devenv.api.asynchronous import AsyncClient
from devenv.api.client import Client
from devenv.tui.app import DevenvApp
from devenv.tui.desk import Desk
from devenv.tui.settings import Settings

ROOT = Path(__file__).parents[1]
SHOP = ROOT / "examples" / "shop"
PICTURES = ROOT / "docs" / "pictures"
SIZE = (110, 32)
SHOWN = {"services": (), "detail": ("j", "enter"), "timeline": ("3",)}
SAMPLED = 9.0
"""Seconds after which the lines of history have something to show."""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dv") as folder:
        environ = {**os.environ, **_own(Path(folder))}
        shop = Path(folder) / "shop"
        shutil.copytree(SHOP, shop, ignore=shutil.ignore_patterns(".venv"))
        try:
            _devenv(shop, environ, "up", "-d")
            PICTURES.mkdir(exist_ok=True)
            for name, keys in SHOWN.items():
                asyncio.run(_take(shop, environ, name, keys))
        finally:
            _devenv(shop, environ, "down", "--volumes", "--yes")
            _devenv(shop, environ, "daemon", "stop")


def _own(folder: Path) -> dict[str, str]:
    """State of its own."""
    found = {name: folder / name.lower() for name in ("XDG_STATE_HOME", "XDG_RUNTIME_DIR")}
    for path in found.values():
        path.mkdir(mode=0o700)
    return {name: str(path) for name, path in found.items()}


def _devenv(shop: Path, environ: dict[str, str], *words: str) -> None:
    program = Path(sys.executable).with_name("devenv")
    subprocess.run([program, *words], cwd=shop, env=environ, check=True)


async def _take(shop: Path, environ: dict[str, str], name: str, keys: tuple[str, ...]) -> None:
    target: dict[str, object] = {
        "directory": str(shop),
        "files": [],
        "environment": None,
        "profiles": [],
    }
    with Client(environ) as asking:
        first = asking.call("status", {"target": target})
    desk = Desk(environ, {}, first, "", lambda environment, words: None, lambda url: False)
    app = DevenvApp(desk, AsyncClient(environ), Settings())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press(*keys)
        await pilot.pause(SAMPLED)
        picture = app.export_screenshot(title=f"devenv: {name}", simplify=True)
    (PICTURES / f"{name}.svg").write_text(picture, "utf-8")


if __name__ == "__main__":
    main()
