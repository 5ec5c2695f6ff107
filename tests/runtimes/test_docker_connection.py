"""Engines that nobody can connect to."""

from __future__ import annotations

import asyncio
import gc
import socket
import warnings
from pathlib import Path

import pytest

from devenv.runtimes.docker.address import Address
from devenv.runtimes.docker.connection import AwayError, Connection


@pytest.mark.parametrize(
    ("there", "said"), [(False, "no engine listens"), (True, "refuses connections")]
)
def test_a_socket_that_leads_nowhere_is_told_and_leaves_none_open(
    tmp_path: Path, there: bool, said: str
) -> None:
    path = tmp_path / "docker.sock"
    if there:  # a file that nobody listens at any more
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(path))

    async def inside() -> None:
        connection = Connection(Address(f"unix://{path}"))
        try:
            with pytest.raises(AwayError, match=said):
                await connection.call(lambda engine: engine.version())
        finally:
            connection.close()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(inside())
        gc.collect()
    assert [str(one.message) for one in caught if one.category is ResourceWarning] == []
