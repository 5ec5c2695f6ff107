"""The example shop, whole: what `make demo` shows, and where its orders are kept."""

from __future__ import annotations

import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from tests.scenarios.sandbox import Sandbox, eventually

SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop"

# A first start installs packages, and makes a cluster.
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def shop(sandbox: Sandbox) -> Sandbox:
    """The shop, as a fresh clone has it."""
    unmade = shutil.ignore_patterns(".venv", "__pycache__")
    shutil.copytree(SHOP, sandbox.checkout, dirs_exist_ok=True, ignore=unmade)
    binaries = Path(sys.executable).parent
    sandbox.extra["PATH"] = f"{binaries}:{sandbox.environ['PATH']}"
    return sandbox


def test_the_demo_shows_an_order_in_the_database_and_leaves_nothing(shop: Sandbox) -> None:
    run = subprocess.run(
        [sys.executable, "demo.py"],
        cwd=shop.checkout,
        env=shop.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "The shelf and the orders are in PostgreSQL" in run.stdout
    assert "the order is packed" in run.stdout
    assert "\nAda: tea, packed\n" in run.stdout
    assert run.stdout.endswith("Nothing is left running, the daemon neither.\n")
    assert shop.keepers() == []


def test_orders_wait_for_the_worker_and_outlive_all_but_their_data(shop: Sandbox) -> None:
    shop.run("up", "-d", timeout=180)
    shop.run("stop", "worker")
    order(shop, "Grace")
    assert orders(shop) == ""
    shop.run("start", "worker")
    eventually(lambda: "Grace: coffee, packed" in orders(shop))
    shop.run("down")
    shop.run("up", "-d")
    assert orders(shop) == "Grace: coffee, packed\n"
    shop.run("down", "--volumes", "--yes")
    shop.run("up", "-d")
    assert orders(shop) == ""


def order(shop: Sandbox, customer: str) -> None:
    address = shop.service("web")["ports"][0]["url"]
    form = urllib.parse.urlencode({"customer": customer, "product": "coffee"}).encode()
    with urllib.request.urlopen(f"{address}/orders", form, timeout=10) as page:
        assert page.status == 200


def orders(shop: Sandbox) -> str:
    """What PostgreSQL says."""
    return shop.run("run", "orders").stdout
