"""The Compose reader."""
