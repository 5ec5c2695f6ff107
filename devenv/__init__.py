"""devenv brings up the development environment that a repository's profile describes."""

__version__ = "0.1.0"
