"""The lab: a real Docker engine, images, a registry and Docker Compose. See `tests/lab/engine`."""
