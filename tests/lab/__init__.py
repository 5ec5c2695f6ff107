"""The lab: a real Docker engine with images, a registry and Docker Compose. See `tests/lab/engine`."""
