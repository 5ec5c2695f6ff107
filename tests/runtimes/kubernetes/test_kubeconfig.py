"""A context leads where it led when it was named, or nowhere."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from devenv.errors import DevenvError
from devenv.model.preview import Cluster
from devenv.runtimes.kubernetes import kubeconfig
from devenv.runtimes.kubernetes.kubeconfig import open_client, pin

SERVER = "https://10.0.0.1:6443"
PROXY = "http://me:hidden@proxy.example.com"
ANOTHER = {
    "certificate-authority-data": base64.b64encode(b"another").decode(),
    "tls-server-name": "another.example.com",
    "insecure-skip-tls-verify": True,
    "proxy-url": PROXY,
}


def pinned(base: Path, **keys: Any) -> Cluster:
    """The cluster of a kubeconfig with these keys."""
    path = base / "kubeconfig"
    named = {"name": "c", "cluster": {"server": SERVER, **keys}}
    context = {"name": "team-admin", "context": {"cluster": "c", "user": "u"}}
    user = {"name": "u", "user": {"token": "good"}}
    path.write_text(json.dumps({"clusters": [named], "contexts": [context], "users": [user]}))
    return pin("team", "team-admin", str(path))


async def opened(cluster: Cluster) -> None:
    await (await open_client(cluster)).close()


def test_what_leads_where_it_did_is_opened(tmp_path: Path) -> None:
    asyncio.run(opened(pinned(tmp_path, **{"tls-server-name": "k8s.example.com"})))


@pytest.mark.parametrize("key", ANOTHER)
def test_what_changes_whom_we_talk_to_is_refused(tmp_path: Path, key: str) -> None:
    before = pinned(tmp_path)
    pinned(tmp_path, **{key: ANOTHER[key]})
    with pytest.raises(DevenvError, match=key.removesuffix("-data")):
        asyncio.run(opened(before))


def test_an_authority_is_a_file_beside_the_kubeconfig(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    (tmp_path / "ca.crt").write_bytes(b"another")
    found = pinned(tmp_path, **{"certificate-authority": "ca.crt"})
    key = "certificate-authority-data"
    assert found.authority == pinned(tmp_path, **{key: ANOTHER[key]}).authority
    with pytest.raises(DevenvError, match=f"authority .*{tmp_path}/gone"):
        pinned(tmp_path, **{"certificate-authority": "gone"})


def test_the_password_of_a_proxy_is_kept_nowhere(tmp_path: Path) -> None:
    found = pinned(tmp_path, **{"proxy-url": PROXY})
    assert found.proxy
    assert "hidden" not in str(found)


def test_what_takes_its_time_is_done_beside_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = pinned(tmp_path)
    at_work: list[threading.Thread] = []

    def noted(what: Any) -> Any:
        def make(*words: Any) -> Any:
            at_work.append(threading.current_thread())
            return what(*words)

        return make

    for name in ("KubeConfigMerger", "ApiClient"):
        monkeypatch.setattr(kubeconfig, name, noted(getattr(kubeconfig, name)))
    asyncio.run(opened(cluster))
    assert len(at_work) == 2
    assert threading.main_thread() not in at_work
