"""``devenv open``: print a service's address, and show it in the browser where there is one."""

from __future__ import annotations

import os

from devenv.api.addresses import page_of
from devenv.cli.result import Result
from devenv.cli.services import chosen
from devenv.errors import DevenvError
from devenv.model.secret import usable

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Mapping

    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


def run(arguments: Arguments, session: Session) -> Result:
    names = [arguments.service] if arguments.service else []
    services = chosen(session.call("status"), names)
    url = page_of(port["url"] for one in services for port in one["ports"])
    if not url:
        what = arguments.service or "this environment"
        raise DevenvError(f"{what} has no page to open", "`devenv ports` shows what there is.")
    opened = not arguments.json and show_page(usable(url), session.environ)
    return Result({"url": url, "opened": opened}, url)


def show_page(url: str, environ: Mapping[str, str]) -> bool:
    """Show a page in the browser; False where there is none."""
    if not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        return False
    quiet = [(os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_RDWR, 0) for n in range(3)]
    try:
        os.posix_spawnp("xdg-open", ["xdg-open", url], environ, file_actions=quiet)
    except OSError:
        return False
    return True
