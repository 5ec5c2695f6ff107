"""Places where the tests kill the daemon or a keeper: ``DEVENV_FAILPOINT=NAME:kill``."""

import os
import signal

_NAME, _, _ACTION = os.environ.get("DEVENV_FAILPOINT", "").partition(":")


def failpoint(name: str) -> None:
    """Die here, without any clean-up, if the test asks for it."""
    if name == _NAME and _ACTION == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
