"""Why a cluster gave no answer, as its user is told: what is wrong, with which one, what to do."""

from __future__ import annotations

import ssl

import aiohttp

from devenv.errors import DevenvError
from devenv.model.preview import Cluster
from devenv.runtimes.kubernetes.errors import AwayError, RefusedError

_NETWORK = "is the network up, and the VPN if it needs one?"
_REFUSALS = {
    400: "its container does not run now",
    401: "it does not take our credentials",
    403: "you may not",
    404: "the pod is gone",
}


def away(cluster: Cluster, error: Exception) -> AwayError:
    """What became of a question to it. An error that is one of ours has its words already."""
    hint = f"devenv cluster check {cluster.name} says more"
    if isinstance(error, DevenvError):
        return AwayError(error.message, error.hint or hint, getattr(error, "after", 0.0))
    if isinstance(error, KeyError | ValueError) and not isinstance(error, OSError):
        text = f"an answer of the cluster {cluster.name} makes no sense: {error!r}"
        return AwayError(text, f"is it a cluster that answers at {cluster.server}? {hint}")
    return AwayError(f"the cluster {cluster.name} does not answer: {_why(cluster, error)}", hint)


def refused(cluster: Cluster, path: str, status: int) -> RefusedError:
    """What became of a connection into a pod: a refusal has a number, and no words."""
    *_, pod, what = path.split("/")
    why = _REFUSALS.get(status, f"the server says {status}")
    return RefusedError(
        status,
        "",
        f"the cluster {cluster.name} refuses {what} for the pod {pod}: {why}",
        f"devenv cluster check {cluster.name} says which rights are missing",
    )


def _why(cluster: Cluster, error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return f"nobody knows the name {error.host}; {_NETWORK}"
        case aiohttp.ClientProxyConnectionError():
            return f"the proxy at {error.host} cannot be reached; is it right in the kubeconfig?"
        case ssl.SSLCertVerificationError():
            return (
                f"its certificate at {cluster.server} is not the one that the kubeconfig trusts; "
                "get a new kubeconfig"
            )
        case ssl.SSLError():
            return f"{cluster.server} does not speak TLS as the kubeconfig says"
        case TimeoutError():
            return f"{cluster.server} says nothing; {_NETWORK}"
        case aiohttp.ClientConnectorError(os_error=ConnectionRefusedError()):
            return f"nothing listens at {cluster.server}; does it run?"
        case aiohttp.ClientConnectorError():
            said = error.os_error.strerror or error.os_error
            return f"{cluster.server} cannot be reached ({said}); {_NETWORK}"
        case aiohttp.ClientConnectionError() | aiohttp.ClientPayloadError() | ConnectionError():
            return f"{cluster.server} closed the connection; it may be starting anew"
    return str(error) or type(error).__name__
