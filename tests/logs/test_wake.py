"""The kernel tells once that something was written, and is not asked in vain."""

from __future__ import annotations

import os
import select
from pathlib import Path

from devenv.logs.segment import STDOUT, Writer
from devenv.logs.source import Source
from devenv.logs.wake import Wake


def is_awake(wake: Wake) -> bool:
    return bool(select.select([wake.descriptor], [], [], 0)[0])


def test_a_write_wakes_once_for_each_arming(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), 1 << 30)
    writer.write(STDOUT, 1, b"a\n")
    folder = os.open(tmp_path, os.O_RDONLY)
    wake = Wake()
    assert wake.arm([Source("web", folder)])
    assert not is_awake(wake)
    writer.write(STDOUT, 2, b"b\n")
    assert is_awake(wake)
    wake.clear()
    writer.write(STDOUT, 3, b"c\n")
    assert not is_awake(wake)
    assert wake.arm([Source("web", str(tmp_path))])
    writer.close()
    writer.write(STDOUT, 4, b"a segment of its own\n")
    assert is_awake(wake)
    wake.close()
    writer.close()
    os.close(folder)


def test_a_folder_that_is_not_there_cannot_be_watched(tmp_path: Path) -> None:
    wake = Wake()
    assert not wake.arm([Source("web", str(tmp_path / "none"))])
    wake.close()
    assert not wake.arm([Source("web", str(tmp_path))])
