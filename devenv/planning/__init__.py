"""The decisions, pure: what to do, what waits and why. Start with plan.py."""
