"""How long a file takes: counted from when it may go."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.sync.worlds import WEB, world


def test_the_time_in_which_nothing_may_be_sent_is_not_told_as_latency(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path) as one:
            await one.settled()
            one.session.pause(paused=True)
            await one.settled()
            (strand,), (mirror,) = one.session.strands, one.session.copies[WEB].mirrors.values()
            for name in ("a", "b"):
                (one.source / name).write_text(name)
            await one.settled()
            assert (mirror.waiting, strand.waiting) == (2, 2)
            (one.source / "b").unlink()
            await one.settled()
            assert mirror.waiting == 1
            strand.source.since -= 3600
            one.session.pause(paused=False)
            await one.same()
            assert mirror.waiting == 0
            assert mirror.target.tally.latencies[-1] < 3600

    asyncio.run(main())


def test_what_a_unit_gets_at_first_counts_from_its_own_beginning(tmp_path: Path) -> None:
    async def main() -> None:
        async with world(tmp_path, running=False, born=0.0) as one:
            (one.source / "a").write_text("1")
            await one.settled()
            (strand,) = one.session.strands
            strand.source.since -= 3600
            one.run(started=-1.0)
            await one.same()
            (mirror,) = one.session.copies[WEB].mirrors.values()
            assert mirror.target.tally.latencies[-1] < 3600

    asyncio.run(main())
