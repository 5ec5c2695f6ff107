"""Host processes start with the circumstances of the one who asked, and tell how they ended."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from devenv.errors import DevenvError
from devenv.keeper import tree
from devenv.model.environment import Replica, ReplicaId
from devenv.model.origin import Origin
from devenv.model.plan import Start
from devenv.model.service import Process, Service
from devenv.runtimes.protocol import Client, Preparation
from tests.runtimes.processes import HERE, Ground, eventually, lives, on_ground, report


async def shown(here: Ground, expression: str, like: Process | None = None) -> str:
    """Run Python in a service, and return what the expression is there."""
    code = f"import os, resource, signal, sys; print({expression})"
    await here.start("show", "python3", "-c", code, like=like)
    await here.ended("show")
    return here.said("show")[-1]


@on_ground
async def test_a_unit_carries_what_it_was_started_for(here: Ground) -> None:
    unit = await here.start("web", "sleep", "TOKEN")
    assert (unit.fingerprint, unit.generation, unit.exit) == ("print", 1, None)
    await here.settled(1)
    assert here.alive() == [unit.pid]


@on_ground
async def test_to_start_what_runs_as_asked_changes_nothing(here: Ground) -> None:
    first = await here.start("web", "sleep", "TOKEN")
    assert await here.start("web", "sleep", "TOKEN") == first


@on_ground
async def test_another_definition_cannot_be_started_over_one_that_runs(here: Ground) -> None:
    await here.start("web", "sleep", "TOKEN")
    service = Service("web", Origin("x"), process=Process(("true",), "/"))
    step = Start(Replica(service, 0, "another", 1), "process", "")
    with pytest.raises(DevenvError, match="web still runs"):
        await here.runtime.start(HERE, step, report)


@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 0", 0), ("exit 3", 3), ("kill -TERM $$", 143), ("kill -KILL $$", 137)],
)
def test_an_exit_code_is_as_a_shell_says_it(tmp_path: Path, script: str, code: int) -> None:
    async def ends(here: Ground) -> None:
        await here.shell("web", script)
        ended = (await here.ended("web")).exit
        assert ended is not None
        assert (ended.code, ended.requested, ended.out_of_memory) == (code, False, False)

    on_ground(ends)(tmp_path)


@pytest.mark.parametrize(
    ("command", "directory", "code", "words"),
    [
        ("no-such-program", "/", 127, "cannot run no-such-program: No such file or directory"),
        ("/etc/passwd", "/", 126, "cannot run /etc/passwd: Permission denied"),
        ("true", "/no/such", 126, "cannot enter /no/such: No such file or directory"),
    ],
)
def test_what_cannot_be_run_has_ended_and_says_why(
    tmp_path: Path, command: str, directory: str, code: int, words: str
) -> None:
    async def refused(here: Ground) -> None:
        unit = await here.start("web", command, like=Process((), directory))
        assert unit.exit is not None
        assert (unit.exit.code, unit.pid, unit.detail) == (code, None, words)
        assert here.said("web") == [f"devenv: {words}"]
        await here.runtime.remove(HERE, ReplicaId("web"))
        assert await here.units() == {}

    on_ground(refused)(tmp_path)


@on_ground
async def test_a_program_is_looked_up_in_the_path_of_its_own_environment(here: Ground) -> None:
    script = here.base / "bin" / "greet"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho hello from $0\n")
    script.chmod(0o755)
    like = Process((), str(here.base), {"PATH": "bin:/usr/bin:/bin"})
    await here.start("web", "greet", like=like)
    await here.ended("web")
    assert here.said("web") == ["hello from bin/greet"]


@on_ground
async def test_a_command_is_relative_to_the_working_directory(here: Ground) -> None:
    script = here.base / "greet"
    script.write_text("#!/bin/sh\npwd\n")
    script.chmod(0o755)
    await here.start("web", "./greet")
    await here.ended("web")
    assert here.said("web") == [str(here.base)]


@on_ground
async def test_umask_and_environment_are_the_clients(here: Ground) -> None:
    await here.prepare(CLIENT="client", BOTH="client")
    like = Process((), str(here.base), {"BOTH": "profile", "ODD": "\udcff"})
    wanted = "('%o' % os.umask(0), os.environ['CLIENT'], os.environ['BOTH'], os.environb[b'ODD'])"
    assert await shown(here, wanted, like) == "('27', 'client', 'profile', b'\\xff')"
    assert await shown(here, "'XDG_RUNTIME_DIR' in os.environ or 'HOME' in os.environ") == "False"


@on_ground
async def test_a_unit_knows_its_name(here: Ground) -> None:
    assert await shown(here, "os.environ['DEVENV_UNIT']") == f"{HERE}/show/0"


@pytest.fixture
def _background_job() -> Iterator[None]:
    """Ignore what a shell that is not interactive has its background jobs ignore."""
    numbers = (signal.SIGINT, signal.SIGQUIT)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.usefixtures("_background_job")
@on_ground
async def test_signals_have_their_default_meaning(here: Ground) -> None:
    await here.start("show", "grep", "-E", "Sig(Ign|Blk)", "/proc/self/status")
    await here.ended("show")
    standard = (1 << 31) - 1
    assert [int(line.split()[1], 16) & standard for line in here.said("show")] == [0, 0]


@on_ground
async def test_a_service_inherits_no_descriptor_and_no_raised_limit(here: Ground) -> None:
    await here.start("other", "sleep", "TOKEN")
    await here.start("show", "ls", "/proc/self/fd")
    await here.ended("show")
    assert here.said("show") == ["0", "1", "2", "3"]  # 3 is the folder that ls reads
    limits = str(resource.getrlimit(resource.RLIMIT_NOFILE))
    assert await shown(here, "resource.getrlimit(resource.RLIMIT_NOFILE)") == limits


@on_ground
async def test_standard_input_is_empty_unless_asked_for(here: Ground) -> None:
    await here.shell("web", "cat; echo end")
    await here.ended("web")
    assert here.said("web") == ["end"]


@on_ground
async def test_a_service_leads_a_session_of_its_own(here: Ground) -> None:
    assert await shown(here, "os.getsid(0) == os.getpgid(0) == os.getpid()") == "True"


@on_ground
async def test_it_can_be_started_again_under_its_own_name(here: Ground) -> None:
    first = await here.shell("web", "exit 1")
    await here.ended("web")
    second = await here.start("web", "sleep", "TOKEN")
    assert second.pid != first.pid
    assert second.exit is None


@on_ground
async def test_two_hundred_start_together(here: Ground) -> None:
    names = [f"s{number}" for number in range(200)]
    await asyncio.gather(*(here.start(name, "sleep", "TOKEN") for name in names))
    await here.settled(200)
    await asyncio.gather(*(here.stop(name) for name in names))
    assert here.alive() == []
    assert {unit.exit.code for unit in (await here.units()).values() if unit.exit} == {143}


@on_ground
async def test_no_zombie_is_left_whoever_was_its_parent(here: Ground) -> None:
    keeper = tree.read((await here.start("web", "sleep", "TOKEN")).pid or 0)
    assert keeper is not None
    await here.shell("forks", "for i in 1 2 3 4; do (sh -c 'exit 1' & ) & done; exit 0")
    await here.ended("forks")
    await eventually(lambda: not _zombies(keeper.parent))


def _zombies(parent: int) -> list[int]:
    processes = tree.read_all().values()
    return [process.pid for process in processes if process.parent == parent and process.zombie]


@on_ground
async def test_every_change_is_told(here: Ground) -> None:
    changes = here.runtime.changes()
    unit = await here.start("web", "sleep", "TOKEN")
    assert await anext(changes) == HERE
    assert unit.pid is not None
    os.kill(unit.pid, signal.SIGKILL)
    while (await here.unit("web")).exit is None:
        assert await anext(changes) == HERE


@on_ground
async def test_nothing_starts_before_it_is_prepared(here: Ground) -> None:
    await here.runtime.discard(HERE, data=False)
    with pytest.raises(DevenvError, match="no keeper"):
        await here.start("web", "sleep", "TOKEN")
    await here.prepare()
    await here.start("web", "sleep", "TOKEN")


@on_ground
async def test_a_new_preparation_counts_for_what_starts_after_it(here: Ground) -> None:
    await here.start("web", "sleep", "TOKEN")
    client = Client("/", 0o077, {"PATH": os.environ["PATH"], "NEW": "yes"})
    await here.runtime.prepare(HERE, Preparation("other", client), report)
    assert (await here.runtime.observe(HERE)).prepared == "other"
    assert await shown(here, "os.environ['NEW']") == "yes"


@on_ground
async def test_samples_count_the_whole_tree_and_its_ports(here: Ground) -> None:
    listen = (
        "import socket, time; s = socket.create_server(('127.0.0.1', 0)); "
        "print(s.getsockname()[1], flush=True); time.sleep(99)"
    )
    await here.start("web", "sh", "-c", f'python3 -c "{listen}" TOKEN & wait')
    await eventually(lambda: here.said("web"))
    found = (await here.runtime.samples(HERE))[ReplicaId("web")]
    assert found.ports == (int(here.said("web")[0]),)
    assert found.memory_bytes > 4 * 1024 * 1024
    assert found.cpu_seconds > 0


@on_ground
async def test_a_discard_leaves_neither_process_nor_keeper_nor_socket(here: Ground) -> None:
    unit = await here.shell("web", "trap '' TERM; setsid sleep TOKEN & while :; do sleep 9; done")
    keeper = tree.read(unit.pid or 0)
    await eventually(lambda: len(here.alive()) >= 2)
    await here.runtime.discard(HERE, data=False)
    assert here.alive() == []
    assert keeper is not None
    assert not lives(keeper.parent)
    assert list(here.base.glob("*keeper*")) == []
    assert await here.units() == {}
