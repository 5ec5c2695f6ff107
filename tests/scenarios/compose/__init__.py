"""Compose projects as people write them, and how a user would check each of them."""
