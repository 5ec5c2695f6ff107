"""``devenv build``: build the images of services, and show how that goes."""

from __future__ import annotations

from devenv.cli.exec import joined
from devenv.cli.result import Result

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from devenv.cli.arguments import Arguments
    from devenv.cli.session import Session


def run(arguments: Arguments, session: Session) -> Result:
    return build(session, no_cache=arguments.no_cache, pull=arguments.pull)


def build(session: Session, *, no_cache: bool = False, pull: bool = False) -> Result:
    """Build what the services that the command line names are made from."""
    params = {
        "client": session.caller(),
        "services": session.arguments.services or None,
        "no_cache": no_cache,
        "pull": pull,
    }
    return joined(session, "build", params)
