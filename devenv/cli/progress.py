"""Waiting until the daemon has done it, and saying meanwhile what changes and what waits."""

from __future__ import annotations

from time import monotonic

from devenv.api.connection import LostError
from devenv.api.wording import duration, listed
from devenv.cli.layout import Style
from devenv.cli.render import Live
from devenv.cli.services import with_awaited
from devenv.errors import TimeLimitError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from devenv.cli.session import Session

    Document = dict[str, Any]
    Done = Callable[[Document], bool]
    Ask = Callable[[], Document]

_TERMINAL_TICK = 0.5
"""Seconds after which a terminal shows anew how long something takes."""

_QUIET_TICK = 10.0
"""Seconds after which a log gets another line about what still waits."""

_MOVING = frozenset({"waiting", "starting", "running", "stopping"})


class Wait:
    """What to wait for: ``ask`` requests it, ``done`` says whether a document shows it.

    ``again`` is asked instead of ``ask`` once that may have reached the daemon.
    ``timeout`` is in seconds.
    """

    __slots__ = ("again", "ask", "done", "end", "target", "timeout")

    def __init__(
        self,
        ask: Ask,
        done: Done,
        target: dict[str, Any],
        *,
        timeout: float | None = None,
        again: Ask | None = None,
    ) -> None:
        self.ask = ask
        self.done = done
        self.target = target
        self.timeout = timeout
        self.again = again or ask
        self.end = None if timeout is None else monotonic() + timeout


def follow(session: Session, wait: Wait, names: Sequence[str] = ()) -> Document:
    """The first document that shows what is waited for.

    ``names``: the services it is about; of the others no failure of before is told (none: all).
    TimeLimitError when the time is over. The first ^C says that the work goes on without us; the
    second one raises KeyboardInterrupt.
    """
    live = Live()
    watch = _Watch(live.style, names, tick=_TERMINAL_TICK if live.moves else _QUIET_TICK)
    try:
        return _until_done(session, wait, watch, live)
    except KeyboardInterrupt:
        live.update((_GOES_ON,))
        wait.ask = wait.again
        return _until_done(session, wait, watch, live)
    finally:
        live.close()


_GOES_ON = (
    "The work goes on in the daemon: `devenv status` shows it, `devenv down` ends it. "
    "^C again to leave."
)


def _until_done(session: Session, wait: Wait, watch: _Watch, live: Live) -> Document:
    document = watch.document or wait.ask()
    while True:
        watch.document = document
        live.update(watch.changes(document), watch.waiting(document))
        if wait.done(document):
            return document
        if wait.end is not None and monotonic() >= wait.end:
            raise _too_late(wait, document)
        document = _newer(session, wait, document, watch.pause(wait.end))


def _newer(session: Session, wait: Wait, document: Document, pause: float) -> Document:
    params = {"target": wait.target, "newer_than": document["revision"], "timeout": pause}
    try:
        return session.client.call("watch", params, within=pause + 30, tries=1)
    except LostError:
        return wait.again()


class _Watch:
    """What has been said so far, and since when each service is as it is."""

    def __init__(self, style: Style, names: Sequence[str], *, tick: float) -> None:
        self.document: Document | None = None
        self._names = names
        self._style = style
        self._tick = tick
        self._states: dict[str, tuple[str, str]] = {}
        self._since: dict[str, float] = {}
        self._notice: str | None = None
        self._said = monotonic()

    def pause(self, end: float | None) -> float:
        return self._tick if end is None else max(min(self._tick, end - monotonic()), 0.0)

    def changes(self, document: Document) -> list[str]:
        """A line for each service that is not as it was; at times one for what still waits."""
        now = monotonic()
        lines = self._noticed(document)
        concerned = with_awaited(document, self._names)
        for service in document["services"]:
            name, state = service["name"], (service["state"], service["reason"])
            before = self._states.get(name)
            if before is None or before[0] != state[0]:
                since = self._since.get(name)
                self._since[name] = now
                has_failed = state[0] == "failed" and name in concerned
                if before is not None or state[0] in _MOVING or has_failed:
                    lines.append(self._line(service, None if since is None else now - since))
            elif before != state and state[1] and state[0] != "running":
                lines.append(self._line(service, None))
            self._states[name] = state
        if lines:
            self._said = now
        elif now - self._said >= _QUIET_TICK and self._tick >= _QUIET_TICK:
            self._said = now
            lines = self.waiting(document)
        return lines

    def _noticed(self, document: Document) -> list[str]:
        """What the daemon has to say of the environment since we wait."""
        before, self._notice = self._notice, document["notice"]
        is_news = before is not None and self._notice not in {"", before}
        return [self._notice] if is_news else []

    def waiting(self, document: Document) -> list[str]:
        """Which services are on their way, what they wait for, and for how long."""
        now = monotonic()
        return [
            self._line(service, now - self._since.get(service["name"], now), still=True)
            for service in document["services"]
            if service["state"] in _MOVING and not document["settled"]
        ]

    def _line(self, service: Document, seconds: float | None, *, still: bool = False) -> str:
        state, reason = service["state"], service["reason"]
        if state == "waiting" and service["waits_for"] and not reason:
            reason = f"for {listed(service['waits_for'])}"
        text = f"{service['name']}: {self._style.state(state, state)}"
        if reason:
            text += f" {reason}" if reason.startswith("for ") else f" ({reason})"
        if seconds is not None and (still or seconds >= 0.1):
            text += self._style.paint(
                f" for {duration(seconds)}" if still else f" after {duration(seconds)}", "grey"
            )
        return text


def _too_late(wait: Wait, document: Document) -> TimeLimitError:
    waiting = [one["name"] for one in document["services"] if one["state"] in _MOVING]
    what = f": {listed(waiting)} not there yet" if waiting else ""
    return TimeLimitError(
        f"not done within {duration(wait.timeout or 0)}{what}",
        f"The daemon goes on. `devenv why {waiting[0]}` says more." if waiting else "",
    )
