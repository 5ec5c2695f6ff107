"""The Docker runtime. ``runtime.py`` is the door; ``engine.py`` holds one engine's connection."""
