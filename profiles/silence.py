"""What a probe says of a server that it could not ask."""

from __future__ import annotations


def words(host: str, port: int, error: OSError) -> str:
    """Why nobody answers at an address, without the numbers of an operating system."""
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens at {host}:{port}"
    if isinstance(error, TimeoutError):
        return f"what listens at {host}:{port} says nothing"
    if isinstance(error, ConnectionError):
        return f"what listens at {host}:{port} closed the connection"
    return f"{host}:{port} cannot be reached: {error.strerror or error}"
