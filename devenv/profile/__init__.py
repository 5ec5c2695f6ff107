"""Text to Environment, in small named passes. Start with load.py: it lists them in their order."""
