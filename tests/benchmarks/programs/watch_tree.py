"""`python watch_tree.py WATCHER ROOT FILE`: watch ROOT, say how long that took, then see FILE.

WATCHER is `devenv`, `watchfiles` or `watchdog`; each runs in a Python that has it. Two lines come
out: the seconds until it is watching, and "seen" once FILE has changed.
"""

from __future__ import annotations

import os
import sys
import time


def say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def with_devenv(root: str, name: str) -> None:
    import asyncio

    from devenv.sync.ignore import Filter
    from devenv.sync.tree import at
    from devenv.sync.watch.source import Source
    from devenv.sync.watch.watcher import Watcher

    async def main() -> None:
        begun = time.perf_counter()
        source = Source(root, lambda _: Filter([]), Watcher(f"{root}.cookies"))
        task = asyncio.create_task(source.run())
        await source.newer_than(0)
        say(time.perf_counter() - begun)
        assert source.tree is not None
        before = at(source.tree, name)
        while source.tree is not None and at(source.tree, name) == before:
            await source.newer_than(source.revision)
        say("seen")
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(main())


def with_watchfiles(root: str, name: str) -> None:
    from watchfiles._rust_notify import RustNotify  # type: ignore[import-not-found]

    begun = time.perf_counter()
    watcher = RustNotify([root], False, False, 300, True, False)
    say(time.perf_counter() - begun)
    path = os.path.join(root, name)
    while path not in {one for _, one in watcher.watch(50, 5, 10_000, None)}:
        pass
    say("seen")


def with_watchdog(root: str, name: str) -> None:
    import threading

    from watchdog.events import FileSystemEventHandler  # type: ignore[import-not-found]
    from watchdog.observers import Observer  # type: ignore[import-not-found]

    path, seen = os.path.join(root, name), threading.Event()

    class Handler(FileSystemEventHandler):  # type: ignore[misc]
        def on_any_event(self, event: object) -> None:
            if getattr(event, "src_path", "") == path:
                seen.set()

    begun = time.perf_counter()
    observer = Observer()
    observer.schedule(Handler(), root, recursive=True)
    observer.start()
    say(time.perf_counter() - begun)
    seen.wait()
    say("seen")
    observer.stop()


WATCHERS = {"devenv": with_devenv, "watchfiles": with_watchfiles, "watchdog": with_watchdog}

if __name__ == "__main__":
    WATCHERS[sys.argv[1]](sys.argv[2], sys.argv[3])
