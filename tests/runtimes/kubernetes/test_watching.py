"""List and watch on bad days: each a fault that a real server makes only now and then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from devenv.errors import DevenvError
from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.errors import AwayError, RefusedError
from devenv.runtimes.kubernetes.kubeconfig import pin
from devenv.runtimes.kubernetes.pace import Pace
from devenv.runtimes.kubernetes.resources import NAMESPACE, name_of, watched
from devenv.runtimes.kubernetes.server import Server
from tests.fakes import clock
from tests.fakes.apiserver import CONTEXT, ApiServer, Fault

WITHIN = 45.0
QUICK = Pace(watch=1.0, margin=0.2, first_delay=0.01, longest_delay=0.1, borne=0.5)
PATIENT = Pace(watch=600.0, margin=600.0, first_delay=0.01, longest_delay=0.1)


@dataclass
class Day:
    """A server, and what is known of it."""

    fake: ApiServer
    server: Server

    def make(self, name: str) -> None:
        made = {"kind": "Namespace", "metadata": {"labels": names.labels(name)}}
        self.fake.store.put(("namespaces", "", name), made)

    def remove(self, name: str) -> None:
        self.fake.store.remove(("namespaces", "", name))

    @property
    def known(self) -> set[str]:
        return {name_of(one) for one in self.server.cache.all(NAMESPACE)}

    async def knows(self, *wanted: str) -> None:
        assert await self.server.cache.until(lambda: self.known == set(wanted), WITHIN), self.known

    def watches(self) -> int:
        return sum("watch=1" in path for _, path in self.fake.seen)

    def lists(self) -> int:
        paths = [path for method, path in self.fake.seen if "namespaces?" in path]
        return sum("watch=1" not in path for path in paths)


@asynccontextmanager
async def a_day(base: Path, pace: Pace) -> AsyncIterator[Day]:
    fake = ApiServer()
    async with fake.serving():
        cluster = pin("fake", CONTEXT, str(fake.kubeconfig(base)))
        server = Server(cluster, lambda _: None, pace)
        day = Day(fake, server)
        day.make("one")
        try:
            yield day
        finally:
            await server.close()


def on(
    base: Path, pace: Pace, test: Callable[[Day], Awaitable[None]], *, hurried: bool = True
) -> None:
    async def inside() -> None:
        async with a_day(base, pace) as day:
            await test(day)

    clock.run(inside(), hurried=hurried)


def test_what_comes_and_goes_is_known(tmp_path: Path) -> None:
    async def test(day: Day) -> None:
        assert await day.server.open() == ""
        day.make("two")
        await day.knows("one", "two")
        day.remove("one")
        await day.knows("two")
        assert day.lists() == 1

    on(tmp_path, PATIENT, test)


def test_one_watch_a_kind_is_all(tmp_path: Path) -> None:
    async def test(day: Day) -> None:
        await day.server.open()
        await day.server.open()
        await _until(lambda: day.watches() == len(watched(())))
        day.make("two")
        await day.knows("one", "two")
        assert day.watches() == len(watched(()))

    on(tmp_path, PATIENT, test)


@pytest.mark.parametrize("gone", ["answer", "event"])
def test_a_version_that_is_too_old_means_a_new_list(tmp_path: Path, gone: str) -> None:
    async def test(day: Day) -> None:
        await day.server.open()
        day.fake.half_open = True
        day.make("two")
        day.remove("one")
        day.fake.gone, day.fake.expired = gone, day.fake.store.version
        day.fake.half_open = False
        day.fake.cut()
        await day.knows("two")
        assert day.lists() == 2

    on(tmp_path, PATIENT, test)


def test_a_watch_that_fell_silent_is_given_up(tmp_path: Path) -> None:
    async def test(day: Day) -> None:
        await day.server.open()
        day.fake.half_open = True
        day.make("two")
        day.fake.cut()
        await _until(lambda: day.server.away != "")
        day.fake.half_open = False
        await day.knows("one", "two")

    on(tmp_path, QUICK, test)


async def _until(condition: Callable[[], bool]) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + WITHIN
    while not condition():
        assert loop.time() < deadline
        await asyncio.sleep(0.01)


def test_a_server_that_restarts_is_gone_on_with(tmp_path: Path) -> None:
    async def test(day: Day) -> None:
        await day.server.open()
        for name in ("two", "three"):
            day.fake.cut()
            day.make(name)
        await day.knows("one", "two", "three")
        assert day.lists() == 1

    on(tmp_path, PATIENT, test)


def test_bookmarks_move_on_what_is_asked_for_next(tmp_path: Path) -> None:
    async def test(day: Day) -> None:
        day.fake.bookmarks = True
        await day.server.open()
        day.fake.store.put(("configmaps", "one", "other"), {"metadata": {}})
        version = day.fake.store.version
        asked = f"resourceVersion={version}&"

        def moved() -> bool:
            day.fake.cut()
            return any(asked in path and "namespaces?" in path for _, path in day.fake.seen)

        await _until(moved)

    on(tmp_path, PATIENT, test)


def test_a_refused_list_is_asked_for_ever_more_slowly(tmp_path: Path) -> None:
    async def test(day: Day) -> None:
        day.fake.faults = [
            Fault("GET", r"namespaces\?", 403, message="forbidden: get namespaces")
        ] * 3
        assert "forbidden" in await day.server.open()
        await day.knows("one")
        assert day.lists() == 4

    on(tmp_path, PATIENT, test)


def test_a_server_that_wants_to_be_left_alone_is(tmp_path: Path) -> None:
    async def test(day: Day) -> None:
        day.fake.ill = Fault("GET", r"/namespaces\?", 429, {"Retry-After": "20"}, "too many")
        assert "too many" in await day.server.open()
        await asyncio.sleep(60.0)
        assert 2 <= day.lists() <= 4
        day.fake.ill = None
        await day.knows("one")

    on(tmp_path, PATIENT, test)


def test_an_answer_that_makes_no_sense_ends_no_watch(tmp_path: Path) -> None:
    async def test(day: Day) -> None:
        day.fake.ill = Fault("GET", r"/namespaces\?", 200, message="no list at all")
        assert "makes no sense" in await day.server.open()
        day.fake.ill = None
        await day.knows("one")
        await _until(lambda: day.server.away == "")

    on(tmp_path, PATIENT, test)


def test_a_long_list_is_asked_for_in_pages(tmp_path: Path) -> None:
    async def test(day: Day) -> None:
        for number in range(1200):
            day.make(f"many-{number}")
        await day.server.open()
        assert len(day.known) == 1201
        assert day.lists() == 3

    on(tmp_path, PATIENT, test)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_help_is_asked_again(tmp_path: Path, status: int) -> None:
    async def test(day: Day) -> None:
        day.fake.faults = [Fault("GET", "/version", status, {"Retry-After": "0"})] * 2
        found = await day.server.connection.call("GET", "/version")
        assert found["gitVersion"] == "v1.99.0"
        assert day.fake.count("GET", "/version") == 3

    on(tmp_path, PATIENT, test)


def test_a_server_that_stays_ill_is_given_up(tmp_path: Path) -> None:
    async def test(day: Day) -> None:
        day.fake.ill = Fault("GET", "/version", 500)
        with pytest.raises(AwayError, match="cannot answer now: a bad day"):
            await day.server.connection.call("GET", "/version")

    on(tmp_path, PATIENT, test)


def test_a_token_that_expired_is_got_anew(tmp_path: Path) -> None:
    async def test(day: Day) -> None:
        await day.server.connection.call("GET", "/version")
        for token in ("second", "third"):
            day.fake.token = token
            day.fake.kubeconfig(tmp_path, token)
            found = await asyncio.gather(
                *(day.server.connection.call("GET", "/version") for _ in range(3))
            )
            assert len(found) == 3

    on(tmp_path, PATIENT, test)


def test_tokens_that_expire_all_the_time_end_nothing_that_is_under_way(tmp_path: Path) -> None:
    async def test(day: Day) -> None:
        call = day.server.connection.call
        await day.server.open()
        await _until(lambda: day.watches() == len(watched(())))
        day.fake.silent = "/version"
        waiting = asyncio.create_task(call("GET", "/version", patience=0.0))
        await _until(lambda: day.fake.count("GET", "/version") > 0)
        for number in range(10):
            day.fake.token = f"token-{number}"
            day.fake.kubeconfig(tmp_path, day.fake.token)
            day.make(f"made-{number}")
            await asyncio.gather(*(call("GET", NAMESPACE.path(name="one")) for _ in range(3)))
            await day.knows("one", *(f"made-{one}" for one in range(number + 1)))
        day.fake.speak()
        assert (await waiting)["gitVersion"] == "v1.99.0"
        assert day.server.away == ""
        assert day.watches() == len(watched(()))

    on(tmp_path, PATIENT, test, hurried=False)


def test_a_socket_is_opened_with_a_new_token_and_outlives_it(tmp_path: Path) -> None:
    async def test(day: Day) -> None:
        connection = day.server.connection
        await connection.call("GET", "/version")

        def expire(token: str) -> None:
            day.fake.token = token
            day.fake.kubeconfig(tmp_path, token)

        expire("second")
        socket = await connection.socket("/portforward", (), "v4.channel.k8s.io")
        for token in ("third", "fourth", "fifth"):
            expire(token)
            await connection.call("GET", "/version")
            await socket.send_bytes(token.encode())
            assert (await socket.receive()).data == token.encode()
        await socket.close()

    on(tmp_path, PATIENT, test)


def test_many_open_streams_keep_no_request_waiting(tmp_path: Path) -> None:
    async def test(day: Day) -> None:
        connection = day.server.connection
        query = {"watch": "1", "resourceVersion": "0", "timeoutSeconds": "60"}
        async with AsyncExitStack() as streams:
            for _ in range(120):
                stream = connection.open("GET", NAMESPACE.path(), query=query)
                await streams.enter_async_context(stream)
            found = await connection.call("GET", "/version", patience=0.0)
        assert found["gitVersion"] == "v1.99.0"

    on(tmp_path, PATIENT, test)


def test_another_clock_is_known_and_kept_while_it_may_be_the_same(tmp_path: Path) -> None:
    async def test(day: Day) -> None:
        connection = day.server.connection
        day.fake.ahead = 3600.0
        await connection.call("GET", "/version")
        before = connection.clock.ahead
        assert before == pytest.approx(3600.0, abs=10.0)
        day.fake.ahead = 3603.0
        await connection.call("GET", "/version")
        assert connection.clock.ahead == before
        day.fake.ahead = 0.0
        await connection.call("GET", "/version")
        assert connection.clock.ahead == 0.0

    on(tmp_path, PATIENT, test)


def test_a_token_that_nobody_takes_is_told(tmp_path: Path) -> None:
    async def test(day: Day) -> None:
        day.fake.token = "another"
        with pytest.raises(AwayError, match="does not take our credentials: Unauthorized"):
            await day.server.connection.call("GET", "/version")

    on(tmp_path, PATIENT, test)


def test_a_server_that_is_not_there_is_away(tmp_path: Path) -> None:
    async def test() -> None:
        fake = ApiServer(address="http://127.0.0.1:1")
        cluster = pin("fake", CONTEXT, str(fake.kubeconfig(tmp_path)))
        server = Server(cluster, lambda _: None, QUICK)
        try:
            assert "does not answer" in await server.open()
            with pytest.raises(AwayError):
                server.need()
        finally:
            await server.close()

    asyncio.run(test())


def test_a_context_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    async def test(day: Day) -> None:
        await day.server.connection.call("GET", "/version")
        path = tmp_path / "kubeconfig"
        path.write_text(path.read_text().replace(day.fake.address, "http://127.0.0.1:1"))
        day.fake.token = "another"
        with pytest.raises(DevenvError, match="leads to http://127"):
            await day.server.connection.call("GET", "/version")

    on(tmp_path, PATIENT, test)


def test_what_is_forbidden_before_a_server_knows_all_rights_is_asked_again(
    tmp_path: Path,
) -> None:
    async def test(day: Day) -> None:
        day.fake.faults = [Fault("GET", "/version", 403), Fault("GET", "/readyz", 403)]
        answer = await day.server.connection.call("GET", "/version")
        assert answer["gitVersion"] == "v1.99.0"
        assert day.fake.faults == []
        day.fake.faults = [Fault("GET", "/version", 403)]
        with pytest.raises(RefusedError):
            await day.server.connection.call("GET", "/version")

    on(tmp_path, PATIENT, test)
