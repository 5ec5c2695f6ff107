"""The local contract between the front ends and the daemon: places, messages, methods, client."""
