from __future__ import annotations

import io
import os
import tarfile

from hypothesis import given
from hypothesis import strategies as st

from devenv.sync import archive
from devenv.sync.archive import END, Meta

NAMES = st.binary(min_size=1, max_size=255).filter(lambda raw: b"\0" not in raw and b"/" not in raw)


@given(NAMES, st.binary(max_size=2000), st.integers(0, 0o7777), st.integers(0, 2**33))
def test_others_read_what_we_write(raw: bytes, content: bytes, mode: int, mtime: int) -> None:
    name = os.fsdecode(raw)
    written = archive.file(name, content, Meta(mode, 1000, 3_000_000, mtime)) + END
    with tarfile.open(fileobj=io.BytesIO(written), errors="surrogateescape") as found:
        member = found.getmembers()[0]
        data = found.extractfile(member)
        assert data is not None
        assert data.read() == content
    assert (member.name, member.mode) == (name, mode)
    assert (member.uid, member.gid, member.mtime) == (1000, 3_000_000, mtime)


def test_a_link_keeps_a_long_target() -> None:
    written = archive.link("l", "t" * 300, Meta(0o777)) + END
    with tarfile.open(fileobj=io.BytesIO(written)) as found:
        assert found.getmembers()[0].linkname == "t" * 300


def test_a_folder_is_one() -> None:
    with tarfile.open(fileobj=io.BytesIO(archive.folder("a/b") + END)) as found:
        assert found.getmembers()[0].isdir()
