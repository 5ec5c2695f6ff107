"""The lab: a real Docker engine, images, a registry, Docker Compose. See `tests/lab/engine`."""
