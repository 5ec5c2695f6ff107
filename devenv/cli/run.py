"""``devenv run TASK``: run a task now and show what it writes; or a command as a service."""

from __future__ import annotations

import time

from devenv.api.wording import duration
from devenv.cli.exec import as_service, in_terminal
from devenv.cli.outcome import bring_up_needs, failure_lines
from devenv.cli.render import notice, stdout_style
from devenv.cli.services import chosen
from devenv.errors import TimeLimitError, UsageError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from devenv.cli.arguments import Arguments
    from devenv.cli.result import Become, Output
    from devenv.cli.session import Session
    from devenv.logs.read import Reader

    Document = dict[str, Any]

_SHORTEST_PAUSE = 0.02
_LONGEST_PAUSE = 0.25


def run(arguments: Arguments, session: Session) -> Output | Become:
    command = arguments.command
    if arguments.service is not None:
        words = [arguments.task, *command] if arguments.task else command
        if not words:
            raise UsageError("which command?", "For example: devenv run --service web -- env")
        return _as_service(session, arguments.service, words)
    if arguments.task is None or command:
        raise UsageError(
            "which task?", "`devenv run TASK`, or `devenv run --service SERVICE -- COMMAND`."
        )
    return _run_task(arguments, session)


def _as_service(session: Session, name: str, command: list[str]) -> Become | Output:
    """A container of its own where the service is one, once what it depends on is up."""
    if _runtime(session.call("status"), name) == "process":
        return as_service(session, name, command)
    document = bring_up_needs(session, name)
    if _runtime(document, name) == "process":
        return as_service(session, name, command)
    return in_terminal(
        session,
        "run.once",
        {"client": session.caller(), "service": name, "command": command},
    )


def _runtime(document: Document, name: str) -> str:
    return next((one["runtime"] for one in document["services"] if one["name"] == name), "")


def _run_task(arguments: Arguments, session: Session) -> Output:
    try:
        return (yield from _until_over(arguments, session))
    except (KeyboardInterrupt, GeneratorExit):  # the latter: while its output was written
        notice(f"{arguments.task} goes on in the daemon: `devenv stop {arguments.task}` ends it.")
        raise


def _until_over(arguments: Arguments, session: Session) -> Output:
    task, limit = arguments.task, arguments.timeout
    since, end = time.time_ns(), None if limit is None else time.monotonic() + limit
    document = session.call("run", client=session.caller(), task=task)
    log = _Log(session, task, since)
    pause = _SHORTEST_PAUSE
    while True:
        over = _is_over(document, task)
        text = b"".join(log.news(last=over))
        if text:
            yield text
        if over:
            return _status(document, task)
        if end is not None and time.monotonic() >= end:
            raise TimeLimitError(
                f"{task} has not ended within {duration(limit)}", f"`devenv stop {task}` ends it."
            )
        pause = _SHORTEST_PAUSE if text else min(1.5 * pause, _LONGEST_PAUSE)
        params = {
            "target": session.target(),
            "newer_than": document["revision"],
            "timeout": pause,
        }
        document = session.client.call("watch", params)


def _is_over(document: Document, task: str) -> bool:
    (service,) = chosen(document, [task])
    return service["state"] in {"done", "failed", "stopped"} or document["settled"]


def _status(document: Document, task: str) -> int:
    """The task's own exit status; 1 where it did not come to run."""
    (service,) = chosen(document, [task])
    if service["state"] == "done":
        return int(service["exit_code"] or 0)
    for line in failure_lines({**service, "log_tail": ()}, document["environment"]):
        notice(line)
    return int(service["exit_code"] or 1)


class _Log:
    """What a task writes from now on. Its folder may come only when it starts."""

    def __init__(self, session: Session, task: str, since: int) -> None:
        self._session = session
        self._task = task
        self._since = since
        self._reader: Reader | None = None
        self._style = stdout_style()

    def news(self, *, last: bool) -> Iterator[bytes]:
        """The lines since the last call; with ``last`` an unfinished one too."""
        from devenv.logs.read import Query
        from devenv.logs.sanitise import sanitise

        reader = self._found()
        if reader is None:
            return
        query = Query(since=self._since)
        while blocks := reader.read():
            for _, _, data in query.narrow(blocks):
                yield sanitise(data, colours=self._style.colour).encode("utf-8", "replace")
        if last:
            for _, _, data in query.narrow(reader.rest()):
                yield sanitise(data, colours=self._style.colour).encode("utf-8", "replace")

    def _found(self) -> Reader | None:
        from devenv.cli.logs import sources_of
        from devenv.logs.read import Query, Reader

        if self._reader is None:
            sources = sources_of(self._session, [self._task])
            if sources:
                start = Query(since=self._since).start(sources[0])
                self._reader = Reader(sources[0], start)
        return self._reader
