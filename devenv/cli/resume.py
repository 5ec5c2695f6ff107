"""``devenv resume``: let services that were paused go on."""

from __future__ import annotations

from devenv.cli import pause
from devenv.cli.result import Result

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


def run(arguments: Arguments, session: Session) -> Result:
    return pause.run(arguments, session, paused=False)
